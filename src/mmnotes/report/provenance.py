"""Where a result came from: commit, date, data, machine, versions, time."""

import json
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from mmnotes import __version__
from mmnotes.report import hardware

_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "pillow")
_ROOT = Path(__file__).resolve().parents[3]


def provenance(
    *, data_sha256: str, wall_seconds: float, device: str = "auto", **more: Any
) -> dict[str, Any]:
    """Everything that one must know to compute a result again.

    Parameters
    ----------
    data_sha256 : str
        Fingerprint of the dataset's files.
    wall_seconds : float
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``, as the notebook was asked.
    **more
        What else the page knows, such as seed and n_seeds.

    Returns
    -------
    dict
        commit, date (UTC, YYYY-MM-DD), data_sha256, device, cpu, python, versions, wall_seconds,
        and what ``more`` holds.
    """
    return {
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "data_sha256": data_sha256,
        "device": hardware.device_name(device),
        "cpu": f"{hardware.cpu_name()}, {hardware.n_threads()} of {hardware.n_cores()} threads",
        "python": platform.python_version(),
        "versions": versions(),
        "wall_seconds": round(wall_seconds, 1),
        **more,
    }


def commit() -> str:
    """The commit of this code, with ``+`` if it was changed since, or ``"unknown"``."""
    return _commit_of_checkout() or _commit_of_install() or "unknown"


def versions() -> dict[str, str]:
    """Installed versions of what decides the numbers."""
    found = {"mmnotes": __version__}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _commit_of_checkout() -> str | None:
    if not (_ROOT / ".git").exists():
        return None
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--", "src", "notebooks")
    return head and head + ("+" if changed else "")


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _commit_of_install() -> str | None:
    """The commit that pip installed from, if it was told one."""
    try:
        origin = metadata.distribution("mmnotes").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    found = json.loads(origin or "{}").get("vcs_info", {}).get("commit_id", "")
    return found[:12] or None
