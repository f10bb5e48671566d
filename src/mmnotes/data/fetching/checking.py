"""Is a file that was fetched whole, and what its name promises?"""

import gzip
import hashlib
import re
import zipfile
import zlib
from pathlib import Path

from mmnotes.data.fetching.transfer import Refused, Wanted

_HEAD = 1024
_BLOCK = 2**20
_BEGINS = {
    ".gz": b"\x1f\x8b",
    ".zip": b"PK\x03\x04",
    ".pt": b"PK\x03\x04",  # since torch 1.6; what came before holds pickles only
    ".pkl": b"\x80",  # since protocol 2 of 2003
    ".npy": b"\x93NUMPY",
    ".npz": b"PK\x03\x04",
    ".parquet": b"PAR1",
}
_TEXTS = (".ascii", ".csv", ".inter", ".json", ".jsonl", ".tsv", ".txt")
_RECORD = 10 + 4 * 4096  # of image_features_*.b: an ASIN and its vector
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body)", re.IGNORECASE)


def examine(file: Path, name: str, wanted: Wanted) -> str:
    """What is the sha256 of this file, which is to be called ``name``?

    If the checksum is known beforehand, it decides. Else a gzip file is read to its end, a zip
    file to its list of members, and the records of image features are counted.

    Raises
    ------
    Refused
        If it is not what its name promises, not whole, or has another size or checksum.
    """
    with file.open("rb") as stream:
        _check_head(stream.read(_HEAD), Path(name).suffix)
        stream.seek(0)
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    size = file.stat().st_size
    if wanted.bytes not in (None, size):
        raise Refused(f"gave {size:,} bytes, not the {wanted.bytes:,} that are known of it")
    if wanted.sha256 is None:
        _check_end(file, Path(name).suffix, size)
    elif sha256 != wanted.sha256:
        raise Refused(f"gave a file with sha256 {sha256}, not {wanted.sha256}")
    return sha256


def _check_head(head: bytes, suffix: str) -> None:
    if not head:
        raise Refused("gave an empty file")
    if _PAGE.match(head) and suffix not in (".html", ".htm"):
        raise Refused("gave an HTML page instead of the file")
    if not head.startswith(_BEGINS.get(suffix, b"")):
        raise Refused(f"gave something that does not begin as a {suffix} file does")
    if suffix in _TEXTS and b"\0" in head:
        raise Refused(f"gave something that is no text, though it ends in {suffix}")


def _check_end(file: Path, suffix: str, size: int) -> None:
    if suffix == ".gz":
        try:
            with gzip.open(file) as stream:
                while stream.read(_BLOCK):
                    pass
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Refused(f"gave a gzip file that is not whole ({error})") from None
    if suffix == ".zip" and not zipfile.is_zipfile(file):
        raise Refused("gave a zip file that is not whole")
    if suffix == ".b" and size % _RECORD:
        raise Refused(f"gave {size:,} bytes, no whole number of records of {_RECORD:,} bytes")
