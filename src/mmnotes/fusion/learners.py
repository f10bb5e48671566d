"""The classifiers inside the rankers, by name or brought along."""

from typing import Any

import numpy as np
from scipy.special import logit
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from mmnotes.errors import InputError
from mmnotes.fusion.base import Ranker

NAMES = ("logistic", "gbdt", "mlp")

_WIDE = 500  # columns above which a Hessian costs more than it saves


def logistic(C: float = 0.1, n_columns: int = 0) -> Pipeline:
    """A logistic ranker on standardised columns.

    Parameters
    ----------
    C : float
        Inverse strength of the L2 penalty. 0.1 holds weights of standardised columns near 0.3.
    n_columns : int
        Newton's method up to 500 columns, L-BFGS above. Both end at the same weights.
    """
    solver = "newton-cholesky" if n_columns <= _WIDE else "lbfgs"
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=C, solver=solver, max_iter=200, tol=1e-4)
    )


def gbdt(random_state: int | None = 0) -> HistGradientBoostingClassifier:
    """Boosted trees of eight leaves, shallow enough for the noise of clicks."""
    return HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.3,
        max_leaf_nodes=8,
        max_bins=31,  # coarse: faster than 255, and noisy clicks show no finer step
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=random_state,
    )


def make_learner(
    ranker: str | BaseEstimator, n_columns: int, random_state: int | None, device: str = "auto"
) -> Any:
    """An unfitted classifier: one of :data:`NAMES`, or a clone of the one given.

    Raises
    ------
    InputError
        If the name is unknown, or the object has neither decision_function nor predict_proba.
    """
    if isinstance(ranker, str):
        if ranker == "logistic":
            return logistic(n_columns=n_columns)
        if ranker == "gbdt":
            return gbdt(random_state)
        if ranker == "mlp":
            from mmnotes.fusion.mlp import MlpRanker  # loads torch

            return MlpRanker(random_state=random_state, device=device)
    elif hasattr(ranker, "decision_function") or hasattr(ranker, "predict_proba"):
        return clone(ranker)
    raise InputError(
        f"ranker must be one of {', '.join(NAMES)}, or a scikit-learn classifier, not {ranker!r}"
    )


def fit_learner(learner: Any, X: np.ndarray, y: np.ndarray, groups: np.ndarray | None) -> Any:
    """Fit, handing on the groups to a learner that knows them."""
    return learner.fit(X, y, groups) if isinstance(learner, Ranker) else learner.fit(X, y)


def log_odds(learner: Any, X: np.ndarray) -> np.ndarray:
    """Scores of a fitted classifier, (n_rows,) float64: log-odds where it can give them."""
    if hasattr(learner, "decision_function"):
        return np.asarray(learner.decision_function(X), dtype=np.float64)
    return finite_logit(learner.predict_proba(X)[:, 1])


def finite_logit(probability: np.ndarray) -> np.ndarray:
    """Log-odds of probabilities, those of 0 and 1 held at ±34.5 (one in 10¹⁵)."""
    return logit(np.clip(np.asarray(probability, dtype=np.float64), 1e-15, 1 - 1e-15))
