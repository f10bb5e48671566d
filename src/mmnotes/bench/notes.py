"""Where values differ: is there a convention under which ours would be theirs?"""

from collections.abc import Callable, Iterable

from mmnotes.bench.works import Ranges, Values

Variants = Callable[[], Iterable[tuple[str, Ranges]]]
_DIGITS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def explain(ours: Values, theirs: Values, allowed: Values, variants: Variants) -> str:
    """Why do their values differ from ours?

    Parameters
    ----------
    ours, theirs : dict from name to float
    allowed : dict from name to float
        Differences that count as none.
    variants : function
        Pairs of words and the ranges in which ours is then. Called only if there is a difference.

    Returns
    -------
    str
        Empty if nothing differs and nothing is missing. A difference that no variant, nor rounding,
        accounts for is said to be unexplained.

    Examples
    --------
    >>> variants = lambda: [("empty groups count 0", {"ndcg": (0.41, 0.41)})]
    >>> explain({"ndcg": 0.52}, {"ndcg": 0.41}, {"ndcg": 1e-6}, variants)
    'ndcg 0.41, ours 0.52: empty groups count 0'
    >>> explain({"ndcg": 0.52121}, {"ndcg": 0.5212}, {"ndcg": 1e-6}, variants)
    'ndcg 0.5212, ours 0.52121: rounded to four digits'
    """
    said = []
    if any(name not in theirs for name in ours):
        said.append(f"gives only {', '.join(theirs)}")
    for name in theirs:
        if not _same(theirs[name], ours[name], allowed[name]):
            why = _why(name, ours[name], theirs[name], allowed[name], variants())
            said.append(f"{name} {theirs[name]:.6g}, ours {ours[name]:.6g}: {why}")
    return "; ".join(said)


def _why(
    name: str, ours: float, theirs: float, allowed: float, variants: Iterable[tuple[str, Ranges]]
) -> str:
    for digits, word in _DIGITS.items():
        if theirs == round(theirs, digits) and _same(theirs, ours, 0.51 * 10**-digits):
            return f"rounded to {word} digits"
    for words, ranges in variants:
        low, high = ranges.get(name, (float("inf"), float("-inf")))
        if low - allowed <= theirs <= high + allowed:
            return words
    return "unexplained"


def _same(a: float, b: float, allowed: float) -> bool:
    return abs(a - b) <= allowed  # False for NaN
