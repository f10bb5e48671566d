"""Alt text that says what a figure shows."""

import re

from mmnotes.errors import InputError

_OPENINGS = re.compile(
    r"^\s*(an?|the|this)?\s*(figure|plot|chart|graph|diagram|image|picture|photo|bar chart|"
    r"line chart|scatter ?plot|histogram)s?\b\s*(of|showing|that shows|shows|which shows)\b",
    re.IGNORECASE,
)


def checked_alt(alt: str, title: str) -> str:
    """The alt text, if it says what the figure shows with the run's numbers.

    Raises
    ------
    InputError
        If it is empty, holds no digit, or begins by saying that it is a figure.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise InputError(
            f"figure {title!r} has no alt text: say in words what it shows, with its numbers"
        )
    if not re.search(r"\d", alt):
        raise InputError(
            f"figure {title!r}: its alt text holds no number; put the run's numbers into it "
            "with an f-string"
        )
    if _OPENINGS.match(alt):
        raise InputError(
            f"figure {title!r}: its alt text says that it is a figure ({alt.split()[0]} …); "
            "begin with what it shows"
        )
    return " ".join(alt.split())
