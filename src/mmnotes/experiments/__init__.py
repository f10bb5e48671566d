"""Grids of models and seeds: what is run, what is asked of it, and how sure the answer is.

A :class:`~mmnotes.experiments.collection.Collection` is what runs are about, a
:class:`~mmnotes.experiments.tasks.Task` one of them, and
:func:`~mmnotes.experiments.grid.grid` runs many;
:func:`~mmnotes.experiments.summary.summary` says how good they are.
"""
