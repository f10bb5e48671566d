"""The weighted sum of late fusion, and how its weights are found."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from mmnotes.errors import InputError

_PULL = 1.0  # strength of the pull towards the prior, in units of log loss


def check_weights(weights: str | Mapping[str, float], modalities: Sequence[str]) -> None:
    """Refuse weights that are no known rule, or not one number from 0 up for each modality.

    Raises
    ------
    InputError
    """
    if not isinstance(weights, Mapping):
        if isinstance(weights, str) and weights in ("fitted", "equal"):
            return
        raise InputError(
            f"weights must be 'fitted', 'equal' or one number a modality, not {weights!r}"
        )
    if set(weights) != set(modalities):
        raise InputError(
            f"weights must name exactly the modalities {[*modalities]}, not {[*weights]}"
        )
    values = np.array([weights[name] for name in modalities], dtype=float)
    if not np.isfinite(values).all() or values.min() < 0 or not values.any():
        raise InputError(f"weights must be finite, from 0 up and not all 0, not {dict(weights)}")


def fuse(
    scores: np.ndarray, there: np.ndarray, weights: np.ndarray, base_score: float
) -> np.ndarray:
    """What do the modalities say together?

    ``Σ w·s`` over the modalities that are there, times ``Σ w`` over all by ``Σ w`` over those
    there: what is left speaks for what is missing, so a row does not sink for lack of a term.

    Parameters
    ----------
    scores : (n_rows, n_modalities)
        Log-odds of each modality; ignored where it is missing.
    there : (n_rows, n_modalities) bool
    weights : (n_modalities,) or (n_rows, n_modalities)
        From 0 up.
    base_score : float
        Stands for the weighted mean where nothing that has a weight is there.

    Returns
    -------
    (n_rows,) float64
    """
    weights = np.broadcast_to(weights, scores.shape)
    kept = np.where(there, weights, 0.0)
    total, left = weights.sum(axis=1), kept.sum(axis=1)
    mean = np.full(len(scores), base_score)
    np.divide((kept * np.where(there, scores, 0)).sum(axis=1), left, out=mean, where=left > 0)
    return total * mean


def fit_weights(
    scores: np.ndarray,
    there: np.ndarray,
    y: np.ndarray,
    base_score: float,
    prior: np.ndarray,
    sample_weight: np.ndarray | None = None,
) -> np.ndarray:
    """Which intercept and weights make the fused score best predict the clicks?

    Minimises the log loss of what :func:`fuse` will serve, missing terms and all, with weights
    from 0 up and a weak pull towards the prior. So few rows, or rows that say nothing, end near it.

    Parameters
    ----------
    scores, there : (n_rows, n_modalities)
    y : (n_rows,) 0 or 1
    base_score : float
    prior : (1 + n_modalities,)
        Intercept, then weights.
    sample_weight : (n_rows,), optional

    Returns
    -------
    (1 + n_modalities,) float64
        Intercept, then weights.
    """
    shown = np.where(there, scores, 0.0)
    there = there.astype(np.float64)
    times = np.ones(len(y)) if sample_weight is None else sample_weight

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights = parameters[1:]
        left = there @ weights  # (n_rows,)
        empty = left <= 0
        safe = np.where(empty, 1.0, left)
        mean = np.where(empty, base_score, shown @ weights / safe)
        total = weights.sum()
        margin = parameters[0] + total * mean
        error = times * (expit(margin) - y)
        slopes = (shown - mean[:, None] * there) * (total * ~empty / safe)[:, None] + mean[:, None]
        away = parameters - prior
        value = (times * np.logaddexp(0, margin)).sum() - (times * y) @ margin
        value += _PULL / 2 * (away @ away)
        gradient = np.append(error.sum(), error @ slopes) + _PULL * away
        return float(value), gradient

    bounds = [(None, None)] + [(0, None)] * scores.shape[1]
    return minimize(loss, prior, jac=True, bounds=bounds, method="L-BFGS-B").x
