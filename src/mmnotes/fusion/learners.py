"""The classifiers inside the rankers, by name or brought along."""

import warnings
from typing import Any

import numpy as np
from scipy.special import logit
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter

from mmnotes.errors import InputError
from mmnotes.fusion.base import Ranker

NAMES = ("logistic", "gbdt", "mlp")

_FEWEST_CLICKS = 5  # of each kind, below which scikit-learn's calibration refuses
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


def fit_learner(
    learner: Any,
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray | None,
    sample_weight: np.ndarray | None = None,
) -> Any:
    """Fit, handing on the groups to a learner that knows them, and the weights.

    In a pipeline every step that takes weights gets them: the mean and the scale of columns are
    those of the weighted rows.

    Raises
    ------
    InputError
        If there are weights, and the learner takes none.
    """
    if isinstance(learner, Ranker):
        return learner.fit(X, y, groups, sample_weight)
    if sample_weight is None:
        return learner.fit(X, y)
    steps = learner.steps if isinstance(learner, Pipeline) else [("", learner)]
    if not has_fit_parameter(steps[-1][1], "sample_weight"):
        raise InputError(
            f"{type(steps[-1][1]).__name__} takes no sample_weight: choose another ranker, or "
            "leave the weights out"
        )
    weights = {
        f"{name}__sample_weight" if name else "sample_weight": sample_weight
        for name, step in steps
        if has_fit_parameter(step, "sample_weight")
    }
    return learner.fit(X, y, **weights)


def gives_log_odds(learner: Any) -> bool:
    """Are the scores of this fitted classifier log-odds? All are but those of some rankers."""
    return learner.scores_are_log_odds if isinstance(learner, Ranker) else True


def calibrated(
    model: Ranker, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None, name: str
) -> CalibratedClassifierCV:
    """The same scores as log-odds of a click: Platt's sigmoid, fitted on rows held out from them.

    Raises
    ------
    InputError
        Naming the modality, if the rows hold fewer than five clicks or non-clicks.
    """
    fewest = int(np.bincount(y, minlength=2).min())
    if fewest < _FEWEST_CLICKS:
        raise InputError(
            f"too few held-out rows to calibrate {name!r}: of {len(y)} that have it, {fewest} are "
            f"of the rarer label, and {_FEWEST_CLICKS} are needed; give more rows or "
            "calibrate=False"
        )
    with warnings.catch_warnings():
        # A frozen estimator is not fitted again, so that it takes no weights does not matter.
        warnings.filterwarnings("ignore", message="Since FrozenEstimator")
        return CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid").fit(
            X, y, sample_weight
        )


def log_odds(learner: Any, X: np.ndarray) -> np.ndarray:
    """Scores of a fitted classifier, (n_rows,) float64: log-odds if it ``gives_log_odds``."""
    if hasattr(learner, "decision_function"):
        return np.asarray(learner.decision_function(X), dtype=np.float64)
    return finite_logit(learner.predict_proba(X)[:, 1])


def finite_logit(probability: np.ndarray) -> np.ndarray:
    """Log-odds of probabilities, those of 0 and 1 held at ±34.5 (one in 10¹⁵)."""
    return logit(np.clip(np.asarray(probability, dtype=np.float64), 1e-15, 1 - 1e-15))
