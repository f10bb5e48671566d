"""Models that are to be asked together: trained once under each seed, and kept as vectors."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np

from mmnotes.data.files import read_arrays
from mmnotes.data.writing import replaced
from mmnotes.errors import InputError
from mmnotes.evaluate.scorers import Vectors
from mmnotes.experiments.collection import Collection
from mmnotes.experiments.models import is_trained
from mmnotes.experiments.running import Keep, fit, prepared, run, torch_threads
from mmnotes.experiments.tasks import Task
from mmnotes.recommenders.base import Recommender
from mmnotes.recommenders.trained import TrainedRecommender


def members(
    task: Task,
    data: Collection | Sequence[Collection],
    seeds: Sequence[int],
    folder: str | Path | None = None,
    jobs: int = 1,
) -> list[Vectors]:
    """What does a model make of users and items, under each seed?

    :func:`~mmnotes.experiments.running.run` keeps what came of a model, and nothing that could
    still be asked. Here the vectors are kept whose inner products are the scores.

    Parameters
    ----------
    task : Task
        Of a trained model; its seed is not looked at.
    data : Collection, or one for each seed
    seeds : sequence of int
    folder : path, optional
        Where vectors are kept, on Amazon Baby some 7 MB a model of 64 dimensions, beside what
        :func:`~mmnotes.experiments.running.run` keeps of the same training. Those that are there
        are read; a training that was killed goes on from its checkpoint.
    jobs : int
        Trainings side by side, each in a process.

    Returns
    -------
    list of (user vectors (n_users, d), item vectors (n_items, d)), one a seed

    Raises
    ------
    InputError
        If there are not as many collections as seeds, the model has no vectors, a file that was
        kept is broken or of other data, or as the model's ``fit``.
    """
    each = [data] * len(seeds) if isinstance(data, Collection) else list(data)
    if len(each) != len(seeds):
        raise InputError(f"{len(each)} collections for {len(seeds)} seeds: give one for each")
    if not is_trained(task.model):
        raise InputError(f"{task.model} has no vectors: give its score function instead")
    if jobs < 1:
        raise InputError(f"jobs must be at least 1, not {jobs}")
    asked = (replace(task, seed=seed) for seed in seeds)
    with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        return joblib.Parallel(mmap_mode="c")(
            joblib.delayed(_vectors)(one, own, folder) for one, own in zip(asked, each, strict=True)
        )


def _vectors(task: Task, data: Collection, folder: str | Path | None) -> Vectors:
    if folder is None:
        model, cut, content = prepared(task, data)
        with torch_threads(1):
            fit(model, cut, content, None)
        return _of(model)
    kept = Path(folder) / f"{task.stem(data)}-vectors.npz"
    if not kept.exists():
        run(task, data, folder, keep=Keep(kept, _write))
    return _read(kept, data)


def _write(kept: Path, model: Recommender) -> None:
    users, items = _of(model)
    try:
        with replaced(kept) as part:
            np.savez(part, users=users, items=items)
    except OSError as error:
        raise InputError(f"{kept}: the vectors cannot be written ({error})") from error


def _of(model: Recommender) -> Vectors:
    assert isinstance(model, TrainedRecommender)
    return model.user_vectors_, model.item_vectors_


def _read(file: Path, data: Collection) -> Vectors:
    try:
        arrays = read_arrays(file, ("users", "items"))
    except InputError as error:
        raise InputError(f"{error}; delete the file and run it again") from error
    sizes = {"users": data.interactions.n_users, "items": data.interactions.n_items}
    for name, rows in sizes.items():
        if arrays[name].ndim != 2 or len(arrays[name]) != rows:
            raise InputError(
                f"{file}: {name} of shape {arrays[name].shape}, but {data.name} has {rows}: delete "
                "the file and run it again"
            )
    return arrays["users"], arrays["items"]
