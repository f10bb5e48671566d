"""How much processor time have this process and those that it started taken? In seconds."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

_PROCESSES = Path("/proc")
# Fields of /proc/PID/stat after the name, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
_PARENT, _TIMES = 1, slice(11, 15)  # the times: user and system, its own and of those it waited for


def cpu_seconds() -> float:
    """User and system time of all threads, and of the processes started, ended or living.

    Of processes that live on, a pool of workers say, only Linux tells.
    """
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system + sum(_living())


def _living() -> Iterator[float]:
    """Seconds that each living process took which this one started."""
    for stat in _PROCESSES.glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended since
            continue
        if int(fields[_PARENT]) == os.getpid():
            yield sum(map(int, fields[_TIMES])) / os.sysconf("SC_CLK_TCK")
