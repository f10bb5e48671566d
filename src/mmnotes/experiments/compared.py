"""Runs by name, each beside the others: what a page keeps of a grid."""

from collections.abc import Mapping, Sequence

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_interval, paired_interval
from mmnotes.experiments.runs import Run
from mmnotes.experiments.summary import CHANCE, of_users

Compared = dict[str, dict[str, Estimate]]


def compared(
    runs: Mapping[str, Sequence[Run]],
    over: Sequence[str],
    metric: str = "recall@20",
    track: str = "test",
) -> Compared:
    """How good is each, and by how much better than some of them?

    Parameters
    ----------
    runs : dict from name to runs
        One run a seed and in the same order for each name, with the values of users. A name may
        stand for the same model on other data, as where each seed has a market of its own; the
        seeds' runs are paired by place.
    over : sequence of str
        Whom to compare with; a name that is not there is passed over.
    metric, track : str

    Returns
    -------
    dict of dict of Estimate
        Under the metric the mean of each, ``"chance"`` among them; under each name of ``over``
        what all others, seed by seed and user by user, have more than it.

    Raises
    ------
    InputError
        If there is no run, one has no such track or metric, or runs are of other seeds or users
        than those that they are compared with.
    """
    if not runs:
        raise InputError("there are no runs to compare")
    values = {name: of_users(each, metric, track) for name, each in runs.items()}
    most = max(runs.values(), key=len)
    chance = of_users(most, metric, track, chance=True)
    found: Compared = {metric: {CHANCE: mean_interval(chance)}}
    found[metric] |= {name: mean_interval(each).within(0, 1) for name, each in values.items()}
    for base in over:
        if base in values:
            others = [name for name in values if name != base]
            for name in others:
                _check_order(name, runs[name], base, runs[base])
            found[base] = {name: paired_interval(values[name], values[base]) for name in others}
    return found


def _check_order(name: str, runs: Sequence[Run], base: str, others: Sequence[Run]) -> None:
    """Users have the same numbers under every seed, so that a wrong pair would go unseen."""
    for run, other in zip(runs, others, strict=False):
        if run.seed != other.seed and run.depends_on_seed and other.depends_on_seed:
            raise InputError(
                f"a run of {name!r} with the seed {run.seed} stands where {base!r} has the seed "
                f"{other.seed}: give each name its runs in the same order of seeds"
            )
