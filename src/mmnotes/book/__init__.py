"""From notebooks to a book: lint, run as is and with the effect switched off, judge, stage, render.

Each module is one step. ``checkout`` knows where things lie; ``lint`` reads the notebooks;
``runner`` executes them; ``ledger`` joins the claims with what the two runs recorded; ``staging``
and ``scoreboard`` write what Sphinx reads; ``sphinx`` renders it; ``pipeline`` is the whole way.

The packages of the ``book`` extra (papermill, jupyter-book and theirs) load when first needed.
"""
