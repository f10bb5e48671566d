"""JSON documents that are read whole, strictly."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

from mmnotes.data.files import read_whole
from mmnotes.errors import InputError

MAX_BYTES = 2**28  # parsed, JSON takes about ten times its size


def read_json(file: Path) -> Any:
    """What does this JSON document hold?

    Raises
    ------
    InputError
        If there is no such file, it is too large, or it is not JSON to be trusted; see
        ``parse_json``.
    """
    return parse_json(read_whole(file, MAX_BYTES), str(file))


def parse_json(content: bytes, where: str) -> Any:
    """What does this JSON document hold?

    Unlike ``json.loads``, it refuses a key that comes twice (the first value would be lost) and
    the numbers that are none.

    Raises
    ------
    InputError
        If it is no JSON in UTF-8, or nested too deep; the message begins with ``where``.

    Examples
    --------
    >>> parse_json(b'{"0": [1, 2]}', "train.json")
    {'0': [1, 2]}
    >>> parse_json(b'{"0": [1], "0": [2]}', "train.json")
    Traceback (most recent call last):
    mmnotes.errors.InputError: train.json: not JSON to be trusted (key '0' comes twice); ...
    """
    try:
        return json.loads(content, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        fault = "nested too deep"
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError among them
        fault = str(error)
    raise InputError(f"{where}: not JSON to be trusted ({fault}); fetch it again")


def is_text(value: Any) -> TypeGuard[str]:
    """Is this a text that can be written? JSON can hold halves of characters, which no file can."""
    if type(value) is not str:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"key {twice[:40]!r} comes twice")
    return fields


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
