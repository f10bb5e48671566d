"""One file from one address, taken up again where it stopped."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from requests import RequestException
from tqdm import tqdm
from urllib3.exceptions import HTTPError, MaxRetryError

from mmnotes.data.fetching.manners import Manners, blocks
from mmnotes.data.fetching.partial import Origin, PartialFile
from mmnotes.errors import InputError

_SPARE = 64 * 2**20  # bytes that a download leaves free on the disk
_HTML = ("text/html", "application/xhtml+xml")
_LONGEST_PAUSE = 30.0


class Refused(Exception):
    """The address does not give the file, another one may; why, in words to go after it."""


class _Cut(Exception):
    """The file stopped coming; the rest may be had by asking again."""


@dataclass(frozen=True)
class Wanted:
    """What is known of a file before it is fetched.

    Parameters
    ----------
    bytes : int or None
    sha256 : str or None
    """

    bytes: int | None = None
    sha256: str | None = None


def transfer(
    session: requests.Session, url: str, part: PartialFile, wanted: Wanted, manners: Manners
) -> bool:
    """Bring all bytes of a file from an address into its partial file.

    What has come before is kept if the server confirms (``If-Range``) that it still has the same
    version, or if the checksum is known beforehand and will tell.

    Returns
    -------
    bool
        Was something kept that had come before?

    Raises
    ------
    Refused
        If the address gives an error, another file, or no end of cuts.
    InputError
        If the disk is too small for it, or cannot be written.
    """
    kept, fruitless = False, 0
    for attempt in range(manners.cuts + 1):
        if attempt:
            time.sleep(min(manners.backoff * 2**fruitless, _LONGEST_PAUSE))
        before = part.size
        try:
            return _ask(session, url, part, wanted, manners) or kept
        except _Cut as cut:
            reason = str(cut)
        fruitless = 0 if part.size > before else fruitless + 1
        kept = kept or part.size > 0
    raise Refused(f"stopped short {manners.cuts + 1} times, at last with {reason}")


def _ask(
    session: requests.Session, url: str, part: PartialFile, wanted: Wanted, manners: Manners
) -> bool:
    known = part.origin
    same = known is not None and known.url == url and known.validator
    if not same and wanted.sha256 is None:
        part.discard()  # nothing could tell whether the rest belongs to it
    headers = {"Range": f"bytes={part.size}-"} if part.size else {}
    if headers and same and known:
        headers["If-Range"] = known.validator
    try:
        response = session.get(url, headers=headers, stream=True, timeout=manners.timeout)
    except (RequestException, HTTPError, ValueError) as error:  # the last: malformed redirects
        raise Refused(f"could not be reached ({_reason(error)})") from None
    with response:
        return _receive(response, url, part, wanted)


def _receive(response: requests.Response, url: str, part: PartialFile, wanted: Wanted) -> bool:
    if response.status_code == requests.codes.range_not_satisfiable:
        if _total(response) == part.size > 0:
            return True  # it was whole already
        part.discard()
        raise _Cut("what had come is longer than the file")
    _check_answer(response, part.target.name)
    start = _start(response, url, part)
    total = _total(response)
    if None not in (total, wanted.bytes) and total != wanted.bytes:
        raise Refused(f"has {total:,} bytes, not the {wanted.bytes:,} that are known of it")
    _check_space(part.path, (total or wanted.bytes or 0) - start)
    if start == 0:
        part.discard()
    part.begin(Origin.of(url, response))
    _copy(response, part, start, total, wanted.bytes or total)
    return start > 0


def _check_answer(response: requests.Response, name: str) -> None:
    """Is this an answer that holds the file, or a piece of it, as it is?"""
    if response.status_code not in (requests.codes.ok, requests.codes.partial_content):
        raise Refused(f"answered {response.status_code} {response.reason}".rstrip())
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in _HTML and not name.endswith((".html", ".htm")):
        raise Refused("gave an HTML page instead of the file")
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    # Some servers describe a .gz file so, and send it as it is on their disk.
    expected = ("identity", "gzip", "x-gzip") if name.endswith(".gz") else ("identity",)
    if encoding not in expected:
        raise Refused(f"sent it as {encoding}, though asked for it as it is")


def _start(response: requests.Response, url: str, part: PartialFile) -> int:
    """Where in the file the body of this answer begins."""
    if response.status_code == requests.codes.ok:
        return 0
    given = re.fullmatch(r"bytes (\d+)-\d+/(?:\d+|\*)", response.headers.get("Content-Range", ""))
    known, now = part.origin, Origin.of(url, response)
    changed = known is not None and known.url == url and known.etag and known.etag != now.etag
    if given is None or int(given[1]) != part.size or changed:
        part.discard()
        raise _Cut("the rest is of another version")
    return part.size


def _total(response: requests.Response) -> int | None:
    """Bytes of the whole file, where the answer says so."""
    ranged = re.fullmatch(r"bytes .*/(\d+)", response.headers.get("Content-Range", ""))
    if ranged:
        return int(ranged[1])
    length = response.headers.get("Content-Length", "")
    plain = response.status_code == requests.codes.ok and length.isdecimal()
    return int(length) if plain else None


def _check_space(file: Path, missing: int) -> None:
    free = shutil.disk_usage(file.parent).free
    if missing + _SPARE > free:
        raise InputError(
            f"{file.parent}: {missing:,} bytes are still to come, but only {free:,} are free; "
            "make room, or name another folder"
        )


def _copy(
    response: requests.Response, part: PartialFile, start: int, total: int | None, most: int | None
) -> None:
    """Append the body; the bar shows at a terminal only."""
    bar = tqdm(
        desc=part.target.name,
        total=total,
        initial=start,
        unit="B",
        unit_scale=True,
        leave=False,
        disable=None,
    )
    with bar, _disk(part.path), part.path.open("ab") as file:
        try:
            for block in blocks(response):
                file.write(block)
                bar.update(len(block))
                if most is not None and file.tell() > most:
                    break
        except (HTTPError, RequestException) as error:
            raise _Cut(_reason(error)) from None
        size = file.tell()
    if most is not None and size > most:
        part.discard()
        raise Refused(f"sent more than the {most:,} bytes that it should have")
    if total is not None and size < total:
        raise _Cut(f"{size:,} of {total:,} bytes")


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); make room, or name another folder"
        ) from None


def _reason(error: Exception) -> str:
    """Why a request came to nothing, without the layers that it passed through."""
    inner = error.args[0] if error.args else error
    if isinstance(inner, MaxRetryError) and inner.reason is not None:
        inner = inner.reason
    return re.sub(r"^.*(?:object at 0x\w+>|\)): ", "", str(inner)) or type(error).__name__
