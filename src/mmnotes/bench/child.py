"""One implementation, one time, in a process of its own.

``python -m mmnotes.bench.child MODULE WORK IMPLEMENTATION FOLDER``: the first three name what is
run, FOLDER holds arrays and files, and gets ``result.json``. Imports, reading the arrays and a
warm-up on small ones come before the clock.
"""

import importlib
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mmnotes import memory
from mmnotes.bench.clock import cpu_seconds
from mmnotes.bench.works import Arrays, Implementation, Values, Work, works_of

RESULT = "result.json"
WHOLE, WARM = "whole", "warm"
_MIB = 2**20


@dataclass(frozen=True)
class Measured:
    """What one run took.

    Parameters
    ----------
    seconds : float
        By the clock on the wall.
    cpu_seconds : float
        User and system time of all threads, and of processes that it started.
    peak_mib : float or None
        The most that was in memory at once, above what was in memory when the preparation started.
    process_mib : float or None
        The same with what was there before: the interpreter, libraries, arrays.
    values : dict from name to float
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float | None
    process_mib: float | None
    values: Values


def measure(implementation: Implementation, warm: Arrays, arrays: Arrays) -> Measured:
    """Time one implementation.

    Raises
    ------
    ValueError
        If a value is not finite; else whatever the implementation raises.

    Examples
    --------
    >>> total = Implementation("sum", lambda arrays: {"sum": arrays["x"].sum()}, "numpy")
    >>> measure(total, {"x": np.ones(1)}, {"x": np.ones(10)}).values
    {'sum': 10.0}
    """
    importlib.import_module(implementation.module)
    implementation.values(warm)
    clears = memory.forget_peak()
    before = memory.resident() if clears else None
    prepared = implementation.prepare(arrays)
    cpu, wall = cpu_seconds(), time.perf_counter()
    given = implementation.run(prepared)
    seconds, spent = time.perf_counter() - wall, cpu_seconds() - cpu
    most = memory.peak() if clears else None
    above = None if before is None or most is None else max(0, most - before) / _MIB
    whole = None if most is None else most / _MIB
    values = {name: float(value) for name, value in given.items()}
    if not np.isfinite(list(values.values())).all():
        raise ValueError(f"its values are {values}")
    return Measured(seconds, spent, above, whole, values)


def read_given(folder: Path) -> dict[str, np.ndarray]:
    """What an implementation is given: arrays, read into memory, and paths of files, by name."""
    paths = sorted(folder.iterdir())
    arrays = {path.stem: np.load(path) for path in paths if path.suffix == ".npy"}
    return arrays | {path.name: np.array(str(path)) for path in paths if path.suffix != ".npy"}


def write_given(folder: Path, work: Work, size: int) -> None:
    """The other way round: the arrays and files of so much of a work, into a new folder."""
    folder.mkdir()
    for name, array in work.make(size).items():
        np.save(folder / f"{name}.npy", array)
    for name, write in work.files.items():
        write(size, folder / name)


def main(module: str, work: str, implementation: str, folder: str) -> None:
    """Measure, and write down what came of it, an error included."""
    here = Path(folder)
    chosen = works_of(module)[int(work)].implementations[int(implementation)]
    try:
        measured = measure(chosen, read_given(here / WARM), read_given(here / WHOLE))
        said = asdict(measured)
    except Exception as error:  # whatever a peer does wrong is a line in the table
        first = (str(error).splitlines() or [""])[0]
        said = {"failed": f"{type(error).__name__}: {first}"}
    (here / RESULT).write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
