"""Keep what ``mmnotes train`` found on a whole dataset, with where it came from."""

import re
from collections.abc import Sequence
from pathlib import Path

from mmnotes.data.prepared import Dataset
from mmnotes.errors import InputError
from mmnotes.experiments.runs import Run
from mmnotes.experiments.summary import CHANCE, Row
from mmnotes.report import results
from mmnotes.report.provenance import provenance
from mmnotes.report.values import freeze

SEEDS = range(5)
PREFIX = "train_"


def check_keepable(name: str, seeds: Sequence[int], protocol: str) -> None:
    """Refuse, before hours of training, what will not be kept.

    Raises
    ------
    InputError
        If the name is no lower-case word, the seeds are not 0 to 4, or items are held out.
    """
    if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name):
        raise InputError(f"--keep {name}: a name is lower case, such as bm3 or long_steps")
    if sorted(seeds) != list(SEEDS):
        given = " ".join(map(str, seeds))
        raise InputError(f"--seeds {given}: runs are kept of --seeds {' '.join(map(str, SEEDS))}")
    if protocol != "warm":
        raise InputError(f"--protocol {protocol}: runs are kept of the warm protocol")


def keep_trained(
    name: str,
    dataset: Dataset,
    runs: Sequence[Run],
    rows: Sequence[Row],
    command: str,
    device: str = "auto",
    folder: str | Path | None = None,
) -> Path:
    """Write the test part of a table below ``book/results``, as a result in full mode.

    What was kept of this name and dataset before is replaced. The commit and the date are those of
    now; finished runs that were only read may be older.

    Parameters
    ----------
    name : str
        Of the file, ``train_NAME.json``.
    runs, rows : sequences
        What was trained, and its summary. The times that are kept are what the runs took, whenever
        that was.
    command : str
        What to type to get the same.
    device : str
        As the runs were asked for.
    folder : path, optional
        Else ``results_folder()``.

    Returns
    -------
    Path
        The file.
    """
    test = [row for row in rows if row.track == "test" and row.label != CHANCE]
    metrics = {metric for row in test for metric in row.metrics}
    payload = {m: {row.label: row.metrics[m] for row in test} for m in sorted(metrics)}
    settings = {run.label: dict(run.settings) for run in runs}
    seconds = sum(run.seconds for run in runs)
    cpu_seconds = sum(run.cpu_seconds for run in runs)
    told = {"settings": settings, "command": command, "cpu_seconds": cpu_seconds}
    origin = provenance(
        data_sha256=dataset.fingerprint, wall_seconds=seconds, device=device, mode="full"
    )
    kept = results.Kept(
        dataset=dataset.name,
        mode="full",
        null=False,
        payload=freeze({**payload, **told}),
        provenance=origin,
    )
    return results.keep(PREFIX + name, [kept], folder)
