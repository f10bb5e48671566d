"""A download under way: what has come so far, and of which file it is the beginning."""

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import requests
import tomli_w


@dataclass(frozen=True)
class Origin:
    """Which version of a file a server gave: its address and what the server called it.

    Parameters
    ----------
    url : str
    etag, last_modified : str
        As the server said; empty if it did not. Of two tags, only a strong one promises equal
        bytes (RFC 9110, section 8.8.1), so a weak one counts as none.
    """

    url: str
    etag: str = ""
    last_modified: str = ""

    @classmethod
    def of(cls, url: str, response: requests.Response) -> "Origin":
        """What this answer says of the file."""
        etag = response.headers.get("ETag", "")
        strong = "" if etag.startswith("W/") else etag
        return cls(url, strong, response.headers.get("Last-Modified", ""))

    @property
    def validator(self) -> str:
        """What ``If-Range`` takes: the server sends the rest only of this very version."""
        return self.etag or self.last_modified


class PartialFile:
    """The files ``NAME.part`` and ``NAME.part.toml`` beside the file that they are to become."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.toml")

    @property
    def size(self) -> int:
        """Bytes that have come so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def origin(self) -> Origin | None:
        """Where they came from; None where that is not known."""
        try:
            return Origin(**tomllib.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # absent, or cut short with its process
            return None

    def begin(self, origin: Origin) -> None:
        """Note where the bytes that follow come from."""
        self._note.write_text(tomli_w.dumps(asdict(origin)), encoding="utf-8")

    def discard(self) -> None:
        """Forget what has come."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the file its name: it is whole."""
        self.path.replace(self.target)
        self._note.unlink(missing_ok=True)
