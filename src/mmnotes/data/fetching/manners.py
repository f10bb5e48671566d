"""How to ask another machine for something: who we are, how often, how long we wait."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.exceptions import MaxRetryError, ResponseError

from mmnotes import __version__

_BLOCK = 2**16
USER_AGENT = f"mmnotes/{__version__} (+https://github.com/mmnotes/mmnotes)"


@dataclass(frozen=True)
class Manners:
    """How patient to be with a server.

    Parameters
    ----------
    retries : int
        How often a request is repeated that was answered with "too many" or "try later" (429, 500,
        502, 503, 504).
    connects : int
        How often a connection is tried that does not come about.
    cuts : int
        How often a body that was cut short is taken up again.
    backoff : float
        Seconds before the first repetition; each further one doubles them.
    longest_wait : float
        Seconds: a server that asks to wait longer (``Retry-After``) is left alone.
    connect, read : float
        Seconds until silence counts as a failure.
    """

    retries: int = 4
    connects: int = 1
    cuts: int = 20
    backoff: float = 1.0
    longest_wait: float = 120.0
    connect: float = 10.0
    read: float = 60.0

    @property
    def timeout(self) -> tuple[float, float]:
        """As requests takes it."""
        return self.connect, self.read


class _Retry(Retry):
    """Waits as long as the server asks (``Retry-After``), or asks no more."""

    longest_wait = Manners.longest_wait

    def increment(self, method: Any = None, url: Any = None, *args: Any, **kwargs: Any) -> "_Retry":
        response = kwargs.get("response")
        if response is not None and (self.get_retry_after(response) or 0) > self.longest_wait:
            raise MaxRetryError(kwargs["_pool"], url, ResponseError("asks to wait too long"))
        again = super().increment(method, url, *args, **kwargs)
        again.longest_wait = self.longest_wait
        return again


def open_session(manners: Manners, adapter: type[HTTPAdapter] = HTTPAdapter) -> requests.Session:
    """A session that repeats what may be repeated, and says who it is.

    An answer that stays bad is returned as it is: whoever asked says what it means.

    Parameters
    ----------
    manners : Manners
    adapter : type
        How connections are made.
    """
    retry = _Retry(
        total=None,
        connect=manners.connects,
        read=manners.connects,
        status=manners.retries,
        other=0,
        status_forcelist=(429, 500, 502, 503, 504),
        backoff_factor=manners.backoff,
        raise_on_status=False,
    )
    retry.longest_wait = manners.longest_wait
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter(max_retries=retry))
    # Not compressed on the way: what is resumed in the middle must be the bytes of the file.
    session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
    return session


def blocks(response: requests.Response) -> Iterator[bytes]:
    """The body, byte for byte as it is sent, whenever some of it comes.

    Waiting for blocks of a given size, as ``iter_content`` does, would lose what had come of the
    last one when a connection breaks, and would not see that a server sends a byte a minute.
    """
    while block := response.raw.read1(_BLOCK, decode_content=False):
        yield block
