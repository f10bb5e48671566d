"""What this process runs on."""

import os
import platform
import sys
from pathlib import Path


def cpu_name() -> str:
    """The processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("model name"):
            return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine() or "an unknown processor"


def n_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def n_threads() -> int:
    """Threads that this process's arithmetic uses: ``OMP_NUM_THREADS``, else one a core."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(int(asked), n_cores()) if asked.isdigit() and int(asked) else n_cores()


def gpu_name(device: str = "auto") -> str | None:
    """The GPU that ``device`` means here, or None.

    Only asks torch if something has imported it already: what never did has used no GPU.
    """
    torch = sys.modules.get("torch")
    if torch is None or device == "cpu":
        return None
    if device != "mps" and torch.cuda.is_available():
        return torch.cuda.get_device_name(None if device == "auto" else device)
    if device in ("auto", "mps") and torch.backends.mps.is_available():
        return "the GPU of an Apple chip"
    return None


def device_name(device: str = "auto") -> str:
    """The GPU's name, or ``"CPU"``."""
    return gpu_name(device) or "CPU"


def sentence(device: str = "auto") -> str:
    """Threads, cores, processor and GPU, as ``1 thread on 2 cores of Intel Xeon, no GPU``."""
    threads, cores = _count(n_threads(), "thread"), _count(n_cores(), "core")
    gpu = gpu_name(device)
    return f"{threads} on {cores} of {cpu_name()}, {gpu if gpu else 'no GPU'}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
