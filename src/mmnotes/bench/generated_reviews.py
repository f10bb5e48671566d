"""Reviews that nobody wrote, in the format and about the shape of Amazon's of 2023.

One JSON object a line (https://amazon-reviews-2023.github.io), in no order. A few users and items
have most of the reviews, texts are as long as real ones, two in a hundred review a product again,
and a product's variants have ASINs of their own. So whoever mistakes ``asin`` for ``parent_asin``
gets other counts.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

_USERS, _ITEMS = 0.9, 0.06  # for each review; not all of them are drawn
_USER_SKEW, _ITEM_SKEW = 2.5, 3.0
_AGAIN = 0.02
_RATINGS = {b"1.0": 0.1, b"2.0": 0.05, b"3.0": 0.08, b"4.0": 0.12, b"5.0": 0.65}
_FIRST_MS, _LAST_MS = 946_684_800_000, 1_694_000_000_000  # 2000 to September 2023
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MARKS = np.array([*[""] * 20, ",", ".", "!", ' "so"', " é", "<br />"])
_TITLE, _BODY = 3, 25  # words, of which half have fewer
_WORDS, _TEXTS = 5_000, 4_096  # texts repeat, too far apart for gzip's window of 32 KiB
_BLOCK = 100_000  # lines written at once
_DIGITS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "S1")
_LINE = (
    b'{"rating": %s, %s, "asin": "%s%s", "parent_asin": "%s0", "user_id": "%s", '
    b'"timestamp": %d, "helpful_vote": %d, "verified_purchase": true}\n'
)


def write_reviews(n: int, file: Path) -> None:
    """Write ``n`` reviews into a gzip file; the same bytes each time."""
    rng = np.random.default_rng(0)
    user, item = _pairs(rng, n)
    users, items = _ids(rng, b"A", user.max() + 1, 28), _ids(rng, b"B", item.max() + 1, 9)
    texts = _texts(rng)
    # Level 1: the file is read a few times and thrown away.
    with file.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as stream:
        for start in range(0, n, _BLOCK):
            rows = slice(start, start + _BLOCK)
            stream.write(b"".join(_lines(rng, users[user[rows]], items[item[rows]], texts)))


def _lines(
    rng: np.random.Generator, users: np.ndarray, items: np.ndarray, texts: list[bytes]
) -> Iterator[bytes]:
    n = len(users)
    ratings = rng.choice(list(_RATINGS), n, p=list(_RATINGS.values()))
    said = rng.integers(0, len(texts), n)
    variants = rng.choice(np.array([b"0", b"1", b"2"]), n)
    times = rng.integers(_FIRST_MS, _LAST_MS, n)
    votes = rng.geometric(0.6, n) - 1
    columns = (ratings, said, items, variants, users, times, votes)
    for rating, text, item, variant, user, time, vote in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        yield _LINE % (rating, texts[text], item, variant, item, user, time, vote)


def _pairs(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Who reviews what: user and item numbers, (n,) int64; the low ones come most often."""
    user = (rng.random(n) ** _USER_SKEW * int(n * _USERS)).astype(np.int64)
    item = (rng.random(n) ** _ITEM_SKEW * int(n * _ITEMS)).astype(np.int64)
    again = np.flatnonzero(rng.random(n) < _AGAIN)
    before = rng.integers(0, n, len(again))
    user[again], item[again] = user[before], item[before]
    return user, item


def _ids(rng: np.random.Generator, first: bytes, n: int, length: int) -> np.ndarray:
    """Random ids that begin with a letter, (n,) bytes."""
    digits = _DIGITS[rng.integers(0, len(_DIGITS), (n, length), np.uint8)]
    digits[:, 0] = first
    return digits.view(f"S{length}").ravel()


def _texts(rng: np.random.Generator) -> list[bytes]:
    """Parts of a line: title, text and images."""
    letters = rng.choice(list(_LETTERS), (_WORDS, 9))
    lengths = rng.integers(1, 10, _WORDS)
    words = np.array(["".join(row[:n]) for row, n in zip(letters, lengths, strict=True)])
    return [_text(rng, words).encode() for _ in range(_TEXTS)]


def _text(rng: np.random.Generator, words: np.ndarray) -> str:
    picture = {"small_image_url": "https://example.org/small.jpg", "attachment_type": "IMAGE"}
    said = {
        "title": _sentence(rng, words, _TITLE),
        "text": _sentence(rng, words, _BODY),
        "images": [picture] * int(rng.geometric(0.95) - 1),
    }
    return json.dumps(said)[1:-1]


def _sentence(rng: np.random.Generator, words: np.ndarray, median: int) -> str:
    n = round(rng.lognormal(np.log(median), 0.9))
    said = words[(rng.random(n) ** 3 * len(words)).astype(np.int64)]
    return " ".join(np.char.add(said, rng.choice(_MARKS, n)))
