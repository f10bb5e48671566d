"""Photos of items, from the addresses in a catalogue: slowly, safely, each only once."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
from requests.exceptions import InvalidHeader, RequestException
from tqdm import tqdm
from urllib3.exceptions import HTTPError

from mmnotes.data.decode import Oversized, open_picture
from mmnotes.data.fetching.alone import Say, alone, silent
from mmnotes.data.fetching.manners import Manners, blocks, open_session
from mmnotes.data.fetching.photo_report import PhotoReport
from mmnotes.data.fetching.public import HTTPAdapter, NotPublic, PublicAdapter
from mmnotes.data.writing import replaced
from mmnotes.errors import InputError

_LOST = "not_to_be_had.tsv"
_FOR_GOOD = ("gone", "empty", "oversized")  # will not be otherwise tomorrow
_LONGEST_NAME = 200  # bytes; file systems take 255


@dataclass(frozen=True)
class Limits:
    """What one photo, and one host, may cost.

    Parameters
    ----------
    bytes : int
        Of a file; pixels are limited by ``mmnotes.data.decode``.
    seconds : float
        For one photo, from the answer to its last byte.
    pause : float
        Seconds between two requests to the same host.
    refusals : int
        In a row, after which a host is left alone.
    private : bool
        May an address lead to a machine that is not on the public internet?
    """

    bytes: int = 8 * 2**20
    seconds: float = 60.0
    pause: float = 0.2
    refusals: int = 10
    private: bool = False


def photo_name(item: str) -> str:
    """What is the photo of an item called in its folder? A plain name, another for each item.

    Examples
    --------
    >>> photo_name("B000F2A9E4"), photo_name("../etc/passwd")
    ('B000F2A9E4.jpg', '..%2Fetc%2Fpasswd.jpg')
    """
    return f"{quote(item, safe='', errors='surrogatepass')}.jpg"


def fetch_photos(
    items: Sequence[str],
    urls: Sequence[str | None],
    folder: str | Path,
    *,
    limits: Limits | None = None,
    manners: Manners | None = None,
    say: Say = silent,
) -> PhotoReport:
    """Bring the photo of each item that has an address.

    One request at a time. What is in the folder is not asked for again, nor what can never be had
    (``not_to_be_had.tsv`` remembers), so another call goes on where one stopped. Read them with
    ``FolderImages(folder, [photo_name(item) for item in items])``.

    Parameters
    ----------
    items : sequence of str, (n,)
        Ids, each once.
    urls : sequence of str or None, (n,)
        Their addresses; None, NaN or empty where there is none.
    folder : path
        Where ``ID.jpg`` is written, byte for byte as it came; it is made.
    limits : Limits, optional
    manners : Manners, optional
        How patient to be with the servers.
    say : callable
        Told if another process has to be waited for.

    Raises
    ------
    InputError
        If the lengths differ, an id is repeated or too long to be a file name, or the folder
        cannot be written.
    """
    limits, folder, report = limits or Limits(), Path(folder), PhotoReport()
    _check(items, urls)
    adapter = HTTPAdapter if limits.private else PublicAdapter
    with alone(folder, say), open_session(manners or Manners(retries=2), adapter) as session:
        visits = _Visits(session, manners or Manners(), limits, folder)
        asked = zip(items, urls, strict=True)
        for item, url in tqdm(asked, "photos", len(items), delay=5, leave=False, disable=None):
            report.outcomes[visits.bring(item, url)].append(item)
    report.hosts = tuple(visits.given_up)
    return report


def _check(items: Sequence[str], urls: Sequence[str | None]) -> None:
    if len(items) != len(urls):
        raise InputError(f"{len(items)} items but {len(urls)} addresses of photos")
    repeated = [item for item, n in Counter(items).items() if n > 1]
    if repeated:
        raise InputError(f"item {repeated[0]!r} is there twice: one photo would replace another")
    long = [item for item in items if len(photo_name(item)) > _LONGEST_NAME]
    if long:
        raise InputError(f"item {long[0][:40]!r}… has too long an id to be the name of a file")


class _Visits:
    """Which host was asked when, what it last said, and what can never be had."""

    def __init__(
        self, session: requests.Session, manners: Manners, limits: Limits, folder: Path
    ) -> None:
        self._session, self._manners, self._limits = session, manners, limits
        self._folder = folder
        self._lost = _read_lost(folder / _LOST)
        self._last: dict[str, float] = {}
        self._refusals: Counter[str] = Counter()
        self.given_up: list[str] = []

    def bring(self, item: str, url: str | None) -> str:
        """The outcome for one item."""
        file = self._folder / photo_name(item)
        if file.is_file():
            return "there"
        if not isinstance(url, str) or not url:
            return "no_address"
        host = _host(url)
        if host is None:
            return "bad_address"
        if url in self._lost:
            return self._lost[url]
        if host in self.given_up:
            return "given_up"
        self._wait(host)
        outcome, photo = self._ask(url)
        if photo is not None:
            with replaced(file) as part:
                part.write_bytes(photo)
        self._remember(host, url, outcome)
        return outcome

    def _wait(self, host: str) -> None:
        since = time.monotonic() - self._last.get(host, float("-inf"))
        time.sleep(max(0.0, self._limits.pause - since))
        self._last[host] = time.monotonic()

    def _ask(self, url: str) -> tuple[str, bytes | None]:
        try:
            with self._session.get(url, stream=True, timeout=self._manners.timeout) as response:
                if response.status_code in (requests.codes.not_found, requests.codes.gone):
                    return "gone", None
                if response.status_code != requests.codes.ok:
                    return "refused", None
                photo = _body(response, self._limits)
        except InvalidHeader:
            return "refused", None
        except (NotPublic, ValueError):  # of which there are a dozen kinds for malformed addresses
            return "bad_address", None
        except (RequestException, HTTPError):
            return "refused", None
        outcome = "oversized" if photo is None else _judge(photo)
        return outcome, photo if outcome == "fetched" else None

    def _remember(self, host: str, url: str, outcome: str) -> None:
        if outcome in _FOR_GOOD:
            self._lost[url] = outcome
            with (self._folder / _LOST).open("a", encoding="utf-8") as lost:
                lost.write(f"{outcome}\t{url}\n")
        if outcome not in ("refused", "unreadable"):  # a page that asks who we are is no photo
            self._refusals[host] = 0
            return
        self._refusals[host] += 1
        if self._refusals[host] >= self._limits.refusals:
            self.given_up.append(host)


def _host(url: str) -> str | None:
    """Which host does an address name? None if it is no plain address of the web."""
    try:
        parts = urlsplit(url)
        plain = url.isprintable() and " " not in url
        return parts.hostname if plain and parts.scheme in ("http", "https") else None
    except ValueError:
        return None


def _read_lost(file: Path) -> dict[str, str]:
    """Addresses that gave nothing for good; a last line that was cut short is left out."""
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    pairs = [line.split("\t") for line in lines]
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and pair[0] in _FOR_GOOD}


def _body(response: requests.Response, limits: Limits) -> bytes | None:
    """The bytes of a photo; None if they are too many."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > limits.bytes:
        return None
    photo, start = bytearray(), time.monotonic()
    for block in blocks(response):
        photo += block
        if len(photo) > limits.bytes:
            return None
        if time.monotonic() - start > limits.seconds:
            raise requests.Timeout
    return bytes(photo)


def _judge(photo: bytes) -> str:
    """Are these bytes a photo, as far as their header says?"""
    try:
        width, height = open_picture(photo).size
    except Oversized:
        return "oversized"
    except Exception:  # Pillow raises a dozen types for bytes that are not a picture
        return "unreadable"
    return "fetched" if width * height > 1 else "empty"
