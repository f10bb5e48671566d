"""Settings chosen on the validation part, and what the chosen ones come to under every seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sklearn.model_selection import ParameterGrid

from mmnotes.errors import InputError
from mmnotes.evaluate.users import PerUser
from mmnotes.experiments.collection import Collection
from mmnotes.experiments.grid import grid
from mmnotes.experiments.presets import LARGE_BATCHES
from mmnotes.experiments.running import run
from mmnotes.experiments.runs import Run
from mmnotes.experiments.summary import of_users
from mmnotes.experiments.tasks import Task
from mmnotes.experiments.tracks import METRICS

Grid = Mapping[str, Sequence[Any]]
Settings = Mapping[str, Any]

# What is tried on the validation part of Amazon Baby and Sports, by label: the model, and in words
# what is particular. Training ends 20 epochs after the best. BPR is also there as tables borrow it,
# with the one value that served somewhere else.
_STEPS: Grid = {"learning_rate": [1e-3], "batch_size": [2048], "evaluate_every": [2]}
GRIDS: Mapping[str, Grid] = {
    "MostPop": {},
    "ItemKNN": {"shrink": [0, 100, 500, 2000]},
    "EASE": {"regularisation": [200, 400, 800, 1600]},
    "BPR, borrowed": {**_STEPS, "regularisation": [1e-2]},
    "BPR": {**_STEPS, "regularisation": [3e-2, 1e-1, 3e-1]},
    "LightGCN": {**_STEPS, "n_layers": [2, 3], "regularisation": [1e-4, 1e-3]},
    "FREEDOM": {**_STEPS, "keep": [0.1, 0.2]},
}
# The same for Amazon Sports.
_LARGE: Grid = {name: [value] for name, value in LARGE_BATCHES.items()}
LARGE_GRIDS: Mapping[str, Grid] = {
    name: {**grid, **_LARGE} if "batch_size" in grid else grid for name, grid in GRIDS.items()
}


@dataclass(frozen=True)
class Tried:
    """Settings, and what they came to on the validation part under the first seed."""

    settings: Settings
    valid: float


@dataclass(frozen=True)
class Search:
    """What a search chose, and what came of it.

    Parameters
    ----------
    tried : list of Tried
        In the order of the grid.
    settings : dict
        The best of them.
    runs : list of Run
        With these settings, one a seed; the same one again where the seed changes nothing.
    """

    tried: list[Tried]
    settings: Settings
    runs: list[Run]

    def values(self, metric: str = "recall@20", track: str = "test") -> list[PerUser]:
        """The values of users, one entry a seed: ready for ``mean_interval``."""
        return of_users(self.runs, metric, track)

    def chance(self, metric: str = "recall@20", track: str = "test") -> list[PerUser]:
        """What a scorer that says the same of every candidate would come to."""
        return of_users(self.runs, metric, track, chance=True)

    def words(self) -> str:
        """What was chosen from what, for a table.

        Examples
        --------
        >>> tried = [Tried({"k": k, "shrink": 0}, valid) for k, valid in ((20, 0.1), (50, 0.2))]
        >>> Search(tried, tried[1].settings, []).words()
        'k 50 of 20, 50'
        """
        told = []
        for name, chosen in self.settings.items():
            values = list(
                {repr(one.settings[name]): one.settings[name] for one in self.tried}.values()
            )
            if len(values) > 1:
                told.append(f"{name} {chosen} of {', '.join(map(str, values))}")
        return "; ".join(told)


def search(
    task: Task,
    settings: Grid,
    data: Collection | Sequence[Collection],
    seeds: Sequence[int],
    folder: str | Path | None = None,
    jobs: int = 1,
    metric: str = "recall@20",
) -> Search:
    """Which settings are best on the validation part, and how good are they on the test part?

    Every combination is run under the first seed, and only its validation part is looked at. The
    best, the first of them where several are, is run under all seeds.

    Parameters
    ----------
    task : Task
        The model, and all that the combinations have in common; its seed is not looked at.
    settings : dict from name to values
        Empty to run the task's own settings.
    data : Collection, or one for each seed
        The choice is made on the first.
    seeds : sequence of int
        At least one.
    folder, jobs
        See :func:`~mmnotes.experiments.grid.grid`.
    metric : str

    Raises
    ------
    InputError
        If there is no seed or no such metric, there are not as many collections as seeds, the task
        has ``at_scoring``, or a run fails.
    """
    if metric not in METRICS:
        raise InputError(f"there is no metric {metric!r} of runs; choose from {', '.join(METRICS)}")
    if task.at_scoring:
        raise InputError("a search looks at models with the content that they have: no at_scoring")
    each = [data] * len(seeds) if isinstance(data, Collection) else list(data)
    if not seeds or len(each) != len(seeds):
        raise InputError(f"{len(each)} collections for {len(seeds)} seeds: give one seed or more")
    ways: list[Task] = []
    for way in ParameterGrid(dict(settings)):
        one = replace(task, seed=seeds[0], settings={**task.settings, **way})
        ways += [] if one in ways else [one]
    first = _run(ways, each[0], folder, jobs)
    tried = [Tried(way.settings, run.valid[metric]) for way, run in zip(ways, first, strict=True)]
    best = max(range(len(ways)), key=lambda place: tried[place].valid)
    more = [replace(ways[best], seed=seed) for seed in seeds[1:]]
    if not isinstance(data, Collection):
        others = [_run([one], own, folder, 1)[0] for one, own in zip(more, each[1:], strict=True)]
    elif ways[best].depends_on_seed:
        others = _run(more, data, folder, jobs)
    else:
        others = [first[best]] * len(more)
    return Search(tried, ways[best].settings, [first[best], *others])


def _run(
    tasks: Sequence[Task], data: Collection, folder: Path | str | None, jobs: int
) -> list[Run]:
    """Side by side where asked for; else here, and without a word, as on a page."""
    return grid(tasks, data, folder, jobs) if jobs > 1 else [run(t, data, folder)[0] for t in tasks]
