"""One run from start to end: cut the data, fit a model, ask it, and write down what came."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock

from mmnotes import memory
from mmnotes.device import as_device
from mmnotes.errors import InputError
from mmnotes.experiments.collection import Collection
from mmnotes.experiments.models import make
from mmnotes.experiments.runs import Outcome, Run, read_run, write_run
from mmnotes.experiments.tasks import KnockOut, Task
from mmnotes.experiments.tracks import Protocol, ask, protocol
from mmnotes.features.content import Content
from mmnotes.recommenders.base import Recommender
from mmnotes.recommenders.trained import TrainedRecommender

_MIB = 2**20


@dataclass(frozen=True)
class Keep:
    """A file that is to lie beside what came of a run: written from the fitted model."""

    file: Path
    write: Callable[[Path, Recommender], None]


def run(
    task: Task,
    data: Collection,
    folder: str | Path | None = None,
    threads: int = 1,
    keep: Keep | None = None,
) -> list[Run]:
    """Fit a model and ask it; and once more for each knock-out at scoring time.

    Parameters
    ----------
    task : Task
    data : Collection
    folder : path, optional
        Where finished runs and checkpoints are kept. Runs that are there are read; one that was
        killed goes on from its checkpoint, to the same end.
    threads : int
        Of the arithmetic.
    keep : Keep, optional
        Written before the model is asked. Where the runs lie in the folder without this file, the
        model is fitted once more.

    Raises
    ------
    InputError
        As the model's ``fit``, or if the folder cannot be made or written to.
    """
    asked = (None, *task.at_scoring)
    if folder is None:
        with torch_threads(threads):
            return _runs(task, data, asked, None, keep)
    stems = [_folder(folder) / task.stem(data, knocked_out) for knocked_out in asked]
    if _are_finished(stems, keep):
        return _finished(task, stems)
    with _alone_at(stems[0]):
        if _are_finished(stems, keep):  # by whoever was at it until now
            return _finished(task, stems)
        checkpoint = stems[0].with_suffix(".pt")
        with torch_threads(threads):
            runs = _runs(task, data, asked, checkpoint, keep)
        for stem, done in zip(stems, runs, strict=True):
            if not stem.with_suffix(".json").exists():
                write_run(stem, done)
        checkpoint.unlink(missing_ok=True)
    return runs


def prepared(task: Task, data: Collection) -> tuple[Recommender, Protocol, Content | None]:
    """What a task comes to on this data: a model not yet fitted, who took what, and content."""
    cut = protocol(task.protocol, data.interactions, task.seed, data.candidates)
    content = task.content(data)
    device = str(as_device(task.device))
    return make(task.model, task.settings, content, task.seed, device), cut, content


def fit(
    model: Recommender, cut: Protocol, content: Content | None, checkpoint: Path | None
) -> None:
    """Fit it; a trained one stops on the validation part, and goes on from its checkpoint."""
    if isinstance(model, TrainedRecommender):
        among = cut.tracks["valid"].candidates
        model.fit(cut.train, content, cut.valid, checkpoint, among)
    else:
        model.fit(cut.train)


def _are_finished(stems: Sequence[Path], keep: Keep | None) -> bool:
    files = [stem.with_suffix(".json") for stem in stems]
    return all(file.exists() for file in (files if keep is None else [*files, keep.file]))


def _finished(task: Task, stems: Sequence[Path]) -> list[Run]:
    """What lies in the folder, told in the words of this task."""
    return [
        replace(
            read_run(stem),
            preset=task.preset,
            variant=_words(task, knocked_out),
            depends_on_seed=task.depends_on_seed,
        )
        for stem, knocked_out in zip(stems, (None, *task.at_scoring), strict=True)
    ]


@contextmanager
def _alone_at(stem: Path) -> Iterator[None]:
    """Until another process that trains the same has finished: they would share a checkpoint."""
    file = stem.with_suffix(".lock")
    lock = FileLock(file)
    try:
        lock.acquire()
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error})") from error
    try:
        yield
        file.unlink(missing_ok=True)  # who waits for it finds the run finished
    finally:
        lock.release()


def _runs(
    task: Task,
    data: Collection,
    asked: tuple[KnockOut | None, ...],
    checkpoint: Path | None,
    keep: Keep | None,
) -> list[Run]:
    device = as_device(task.device)
    model, cut, content = prepared(task, data)
    meter = _Meter(device)
    fit(model, cut, content, checkpoint)
    spent = meter.read()
    if keep is not None:
        keep.write(keep.file, model)
    told = {
        "model": task.model,
        "data": data.name,
        "seed": task.seed,
        "device": device.type,
        "preset": task.preset,
        "protocol": task.protocol,
        "settings": dict(task.settings),
        "depends_on_seed": task.depends_on_seed,
        **spent,
        **_epochs(model, spent["cpu_seconds"]),  # of all epochs, also those before a checkpoint
    }
    runs = []
    for knocked_out in asked:
        shown = model if knocked_out is None else _shown(model, task, content, knocked_out)
        rankings = ask(shown, cut, str(device))
        runs.append(
            Run(
                **told,
                variant=_words(task, knocked_out),
                tracks={name: Outcome.of(ranking) for name, ranking in rankings.items()},
                per_user={name: ranking.metrics for name, ranking in rankings.items()},
                chance_per_user={name: ranking.chance for name, ranking in rankings.items()},
            )
        )
    return runs


def _shown(
    model: Recommender, task: Task, content: Content | None, knocked_out: KnockOut
) -> Recommender:
    """The trained model with other content in the place of its own."""
    if content is None or not isinstance(model, TrainedRecommender):
        raise InputError(f"{task.model} has no content that could be knocked out at scoring time")
    return model.with_content(knocked_out.of(content, task.seed))


def _words(task: Task, at_scoring: KnockOut | None) -> str:
    told = "" if at_scoring is None else f"{at_scoring} at scoring"
    return ", ".join(filter(None, [task.words, told]))


def _epochs(model: Recommender, cpu_seconds: float) -> dict[str, Any]:
    """How many epochs there were, which counts, and the processor time of one."""
    if not isinstance(model, TrainedRecommender):
        return {"epochs": 1, "best_epoch": 1, "epoch_cpu_seconds": cpu_seconds}
    epochs = model.state_.epochs
    trained = sum(epoch.cpu_seconds for epoch in epochs)
    return {
        "epochs": len(epochs),
        "best_epoch": model.state_.best_epoch,
        "epoch_cpu_seconds": trained / len(epochs),
        "cpu_seconds": trained + sum(epoch.evaluation_cpu_seconds for epoch in epochs),
        "seconds": sum(epoch.seconds for epoch in epochs),
    }


class _Meter:
    """Time and memory from now on."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            self._before: int | None = torch.cuda.memory_allocated(device)
        else:
            self._before = memory.resident() if memory.forget_peak() else None
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, Any]:
        """Fields of a run."""
        seconds, spent = time.perf_counter() - self._wall, time.process_time() - self._cpu
        cuda = self._device.type == "cuda"
        most = torch.cuda.max_memory_allocated(self._device) if cuda else memory.peak()
        known = self._before is not None and most is not None
        above = max(0, most - self._before) / _MIB if known else None  # type: ignore[operator]
        return {"seconds": seconds, "cpu_seconds": spent, "peak_mib": above}


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """So many threads for torch, which does the arithmetic of models and metrics."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _folder(folder: str | Path) -> Path:
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: the folder cannot be made ({error})") from error
    return path
