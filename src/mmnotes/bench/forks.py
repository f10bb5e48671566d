"""Quick runs, each a fork of one process that has imported what they need.

Importing PyTorch, and what comes with it, takes far longer than a quick work does. A fork has it
at once, and nothing that it changes is seen by the next. What a run takes above the start, CPU time
and memory, is that of a process of its own; how much the process holds in all is not.

``python -m mmnotes.bench.forks MODULE``: for each line of standard input, WORK, IMPLEMENTATION,
FOLDER and seconds as JSON, a fork does what :mod:`mmnotes.bench.child` does. Its exit code comes
back as a line, or ``null`` if it was stopped because the seconds were over.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from mmnotes.bench import child
from mmnotes.bench.works import works_of

_A_MOMENT = 0.005  # seconds


class Forks:
    """The process that is forked, from the caller's side; to be closed by ``with``.

    Parameters
    ----------
    module : str
        Lists the works; it is imported, and what is ours in each.
    environment : mapping from str to str
        All variables of that process.
    """

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        self._errors = TemporaryFile("a+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mmnotes.bench.forks", module],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,  # so that what it starts ends with it
        )

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *raised: object) -> None:
        with suppress(ProcessLookupError):  # it and all that it started may have ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
        self._errors.close()

    def run(self, work: str, turn: str, folder: Path, seconds: float) -> tuple[int | None, str]:
        """Run one implementation in a fork.

        Returns
        -------
        code : int or None
            With which it ended; None if it was stopped.
        errors : str
            What it wrote to the standard error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        before = self._errors.seek(0, os.SEEK_END)
        with suppress(BrokenPipeError):  # it may have ended: then it has no answer either
            print(json.dumps([work, turn, str(folder), seconds]), file=self._process.stdin)
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        code = json.loads(answer) if answer else self._process.wait()
        self._errors.seek(before)
        return code, self._errors.read()


def _ended(process: int, seconds: float) -> int | None:
    """The exit code of a fork, or None if it had to be stopped."""
    deadline = time.monotonic() + seconds
    late = False
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return None if late else os.waitstatus_to_exitcode(status)
        if not late and time.monotonic() > deadline:
            late = True
            os.kill(process, signal.SIGKILL)
        time.sleep(_A_MOMENT)


def _leave() -> None:
    """End at once: to take apart what was imported takes longer than a quick work, too.

    Not if a thread is to be waited for, such as that of a pool of processes.
    """
    others = set(threading.enumerate()) - {threading.main_thread()}
    if all(thread.daemon for thread in others):
        sys.stderr.flush()
        os._exit(0)


def main(module: str) -> None:
    """Import, then fork for each line, until there are no more."""
    for work in works_of(module):
        with suppress(Exception):  # the fork will say so
            importlib.import_module(work.implementations[0].module)
    for line in sys.stdin:
        number, turn, folder, seconds = json.loads(line)
        process = os.fork()
        if process == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)  # what it prints is no answer
            child.main(module, number, turn, folder)
            _leave()
            return
        print(json.dumps(_ended(process, seconds)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
