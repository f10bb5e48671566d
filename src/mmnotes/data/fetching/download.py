"""A file from the first of its addresses that gives it, whole and checked.

HTTP and the repetition of refused requests are those of requests and urllib3, and processes are
kept apart by filelock. What is written here is between them: taking up a download in the middle,
going on to a mirror, and looking at what came. No library that we know of does these three. Pooch,
which is the one for checksums of data files, begins again after a cut, knows one address a file,
and leaves it to its callers to keep processes apart (https://github.com/fatiando/pooch/issues/411).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from mmnotes.data.fetching.checking import examine
from mmnotes.data.fetching.manners import Manners, open_session
from mmnotes.data.fetching.partial import PartialFile
from mmnotes.data.fetching.transfer import Refused, Wanted, transfer
from mmnotes.errors import InputError


@dataclass(frozen=True)
class Fetched:
    """A file that came whole.

    Parameters
    ----------
    url : str
        The address that gave it.
    bytes : int
    sha256 : str
    refusals : tuple of str
        Addresses that were asked before, and why they did not give it.
    """

    url: str
    bytes: int
    sha256: str
    refusals: tuple[str, ...] = ()


def download(
    urls: Sequence[str],
    target: Path,
    wanted: Wanted | None = None,
    manners: Manners | None = None,
) -> Fetched:
    """Bring a file, or say why not.

    Until it is whole it is called ``target.part``; what came before a cut is kept there and used
    by the next call. Two processes must not fetch the same target at once.

    Parameters
    ----------
    urls : sequence of str
        Its addresses, the first to be tried first.
    target : Path
        Its name here; the folder is made. A file of this name is replaced.
    wanted : Wanted, optional
        What is known of it.
    manners : Manners, optional
        How patient to be.

    Raises
    ------
    InputError
        If no address gives it; the message says what each of them did, and the name ``target`` is
        as it was before. If the disk is too small.
    """
    wanted, manners = wanted or Wanted(), manners or Manners()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = PartialFile(target)
    refusals: list[str] = []
    with open_session(manners) as session:
        for url in urls:
            try:
                sha256 = _bring(session, url, part, wanted, manners)
            except Refused as refusal:
                refusals.append(f"{url} {refusal}")
                continue
            size = part.size
            part.finish()
            return Fetched(url, size, sha256, tuple(refusals))
    told = "\n".join(f"  {refusal}" for refusal in refusals) or "  it has no address"
    raise InputError(f"{target.name} did not come:\n{told}")


def _bring(
    session: requests.Session, url: str, part: PartialFile, wanted: Wanted, manners: Manners
) -> str:
    """The checksum of the file, which lies whole in ``part``."""
    kept = transfer(session, url, part, wanted, manners)
    try:
        return _examined(part, wanted)
    except Refused:
        if not kept:
            raise
    # The fault may be in what had come before.
    transfer(session, url, part, wanted, manners)
    return _examined(part, wanted)


def _examined(part: PartialFile, wanted: Wanted) -> str:
    try:
        sha256 = examine(part.path, part.target.name, wanted)
    except Refused:
        part.discard()
        raise
    with part.path.open("rb") as file:
        os.fsync(file.fileno())  # else a power cut could leave the name, and no bytes behind it
    return sha256
