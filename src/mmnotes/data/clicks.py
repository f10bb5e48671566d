"""From what attracts to what is clicked: two models of how people read a list."""

import numpy as np

from mmnotes.errors import InputError


def examination(position: np.ndarray, power: float) -> np.ndarray:
    """How likely is each place looked at, if attention falls as 1 / position ** power?

    The shape that Joachims, Swaminathan and Schnabel (2017), https://doi.org/10.1145/3018661.3018699,
    simulate with.

    Parameters
    ----------
    position : (n_rows,) int
        From 1, the top.
    power : float
        0 looks everywhere.

    Returns
    -------
    (n_rows,) float

    Examples
    --------
    >>> examination(np.array([1, 2, 4]), power=1.0)
    array([1.  , 0.5 , 0.25])
    """
    position = np.asarray(position)
    if not (position >= 1).all():
        raise InputError("clicks: positions count from 1, the top of the slate")
    return position.astype(float) ** -power


def position_clicks(
    attraction: np.ndarray, examined: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Who clicks, if a row is clicked where it is looked at and attracts?

    The position-based model: whether a place is looked at does not depend on what lies there, nor
    on what was clicked before (Richardson, Dominowska and Ragno 2007,
    https://doi.org/10.1145/1242572.1242643).

    Parameters
    ----------
    attraction : (n_rows,) float
        Probability of a click on a row that is looked at.
    examined : (n_rows,) float
        Probability that it is; :func:`examination` gives it by place.
    rng : Generator

    Returns
    -------
    (n_rows,) bool

    Raises
    ------
    InputError
        If the lengths differ, or a probability is not in 0 … 1.
    """
    attraction = _probabilities(attraction, "attraction")
    examined = _probabilities(examined, "examined")
    if attraction.shape != examined.shape:
        raise InputError(
            f"clicks: {len(attraction)} rows of attraction, but {len(examined)} of examined"
        )
    return rng.random(len(attraction)) < attraction * examined


def cascade_clicks(
    attraction: np.ndarray,
    position: np.ndarray,
    impression: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Who clicks, if people read from the top and leave with the first thing they like?

    The cascade model (Craswell, Zoeter, Taylor and Ramsey 2008,
    https://doi.org/10.1145/1341531.1341545): at most one click a slate, and a place is seen only
    if nothing above it was clicked.

    Parameters
    ----------
    attraction : (n_rows,) float
        Probability of a click on a row that is looked at.
    position, impression : (n_rows,) int
        Place and slate of each row, in any order.
    rng : Generator

    Returns
    -------
    (n_rows,) bool

    Raises
    ------
    InputError
        If the lengths differ, or a probability is not in 0 … 1.
    """
    attraction = _probabilities(attraction, "attraction")
    position, impression = np.asarray(position), np.asarray(impression)
    if not attraction.shape == position.shape == impression.shape:
        raise InputError(
            f"clicks: attraction, position and impression differ in length: {len(attraction)}, "
            f"{len(position)} and {len(impression)}"
        )
    liked = np.flatnonzero(rng.random(len(attraction)) < attraction)
    top_first = liked[np.lexsort((position[liked], impression[liked]))]
    first = np.unique(impression[top_first], return_index=True)[1]
    clicked = np.zeros(len(attraction), dtype=bool)
    clicked[top_first[first]] = True
    return clicked


def _probabilities(values: np.ndarray, name: str) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    bad = ~((values >= 0) & (values <= 1))
    if values.ndim != 1 or bad.any():
        where = f"row {np.flatnonzero(bad)[0]}" if bad.any() else f"shape {values.shape}"
        raise InputError(f"clicks: {name} must be probabilities (n_rows,) in 0 … 1; see {where}")
    return values
