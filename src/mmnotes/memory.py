"""How much memory does this process hold, and how much did it hold at its worst? In bytes."""

import re
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_FORGET_PEAK = "5"  # https://docs.kernel.org/filesystems/proc.html


def resident() -> int | None:
    """Bytes that are in memory now; None where the system does not tell (only Linux does)."""
    return _status("VmRSS")


def forget_peak() -> bool:
    """Start the peak anew from what is in memory now; False where that cannot be done."""
    try:
        _CLEAR.write_text(_FORGET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def peak() -> int | None:
    """The most bytes that were in memory at once since :func:`forget_peak`."""
    return _status("VmHWM")


def _status(field: str) -> int | None:
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB", _STATUS.read_text(encoding="ascii"), re.M)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
