"""Late fusion: a scorer for each modality, calibrated, and a weighted sum of what they say."""

from collections.abc import Mapping

import numpy as np
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin

from mmnotes.errors import InputError
from mmnotes.features.block import Layout
from mmnotes.fusion.base import Ranker, hold_out
from mmnotes.fusion.columns import (
    Context,
    check_layout,
    check_presence,
    context_columns,
    levels,
    present,
)
from mmnotes.fusion.learners import calibrated, finite_logit, gives_log_odds
from mmnotes.fusion.single import SingleModality
from mmnotes.fusion.weights import check_weights, fit_weights, fuse

MISSING = ("drop", "neutral", "zero-mask")


class LateFusion(Ranker):
    """``Σ w·s`` over modalities: each can be read, weighted and dropped, none meets another.

    Where something is fitted on validation, whole groups are held out from the modality models.

    Parameters
    ----------
    layout : mapping of ModalityColumns
        Where each modality lies in X.
    weights : {"fitted", "equal"} or mapping from modality to number
        ``"fitted"`` on the held-out groups, from 0 up; ``"equal"`` one over the number of
        modalities each; or your own.
    calibrate : bool
        Map each modality's scores to log-odds of a click on the held-out groups (Platt's sigmoid,
        by scikit-learn), so that a score of one means what it means of another.
        ``calibrate=False, weights="equal"`` is the naive sum, and holds nothing out.
    context : slice or list of int, optional
        One-hot columns of X, such as the device. Used by the gate alone: they are the same for all
        rows of an impression, so a term of their own could not change its order.
    gate : bool
        Fit weights for each context column; a row with none of them set gets those of all rows.
    missing : {"drop", "neutral", "zero-mask"}
        ``"drop"``: a missing modality gives no term, and the weights of the others are raised to
        the same total, as if it agreed with them. Right where modalities say much the same, too
        trusting of the rest where they do not. ``"neutral"``: its term is the log-odds of the
        click rate, as if it knew nothing. ``"zero-mask"``: each model also sees rows without its
        modality, as zeros beside a presence column, and always gives its term.
    ranker : {"logistic", "gbdt", "mlp"} or a scikit-learn classifier, or a mapping from modality
        The model of each modality. One whose scores are no log-odds needs ``calibrate=True``.
    validation : float
        Share of the groups held out.
    random_state : int or None
    device : str
        For MLPs.

    Attributes
    ----------
    modalities_ : list of str
    models_ : dict of SingleModality
    weights_ : dict of float
        What each modality's log-odds are multiplied by.
    intercept_ : float
    gate_weights_ : dict of (n_context,) float64
        With a gate: the weights for each context column.
    gate_intercepts_ : (n_context,) float64

    Raises
    ------
    InputError
        On fit, if the layout or context does not fit X, a name or weight is wrong, the context is
        not one-hot, or the held-out rows of a modality hold fewer than five clicks or non-clicks.

    Examples
    --------
    >>> from mmnotes.features.block import FeatureBlock, stack
    >>> rng = np.random.default_rng(0)
    >>> taste, noise = rng.normal(size=(2, 400, 1)).astype("float32")
    >>> there = np.ones(400, dtype=bool)
    >>> X, layout = stack({"text": FeatureBlock(taste, there), "image": FeatureBlock(noise, there)})
    >>> late = LateFusion(layout).fit(X, taste[:, 0] > rng.normal(size=400))
    >>> late.weights_["text"] > late.weights_["image"]
    True
    """

    def __init__(
        self,
        layout: Layout,
        weights: str | Mapping[str, float] = "fitted",
        calibrate: bool = True,
        context: Context = None,
        gate: bool = False,
        missing: str = "drop",
        ranker: str | BaseEstimator | Mapping[str, str | BaseEstimator] = "logistic",
        validation: float = 0.2,
        random_state: int | None = 0,
        device: str = "auto",
    ) -> None:
        self.layout = layout
        self.weights = weights
        self.calibrate = calibrate
        self.context = context
        self.gate = gate
        self.missing = missing
        self.ranker = ranker
        self.validation = validation
        self.random_state = random_state
        self.device = device

    def modality_scores(self, X: np.ndarray) -> dict[str, np.ndarray]:
        """What does each modality say alone? Log-odds by modality, (n_rows,) float64 each.

        NaN where the modality is missing, unless ``missing="zero-mask"``.
        """
        X = self._checked(X)
        scores = self._terms(X)[0].T
        return {
            name: np.where(self._rows_with(X, name), column, np.nan)
            for name, column in zip(self.modalities_, scores, strict=True)
        }

    def _fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray | None,
        sample_weight: np.ndarray | None,
    ) -> None:
        check_layout(self.layout, X)
        self.modalities_ = list(self.layout)
        self.context_columns_ = context_columns(self.context, self.layout, X.shape[1])
        self._check_parameters()
        self._levels(X)
        self.base_score_ = float(logit(np.average(y, weights=sample_weight)))
        held = np.zeros(len(X), dtype=bool)
        if self.calibrate or self._fits_weights:
            held = hold_out(y, groups, self.validation, self.random_state)
        kept, weight = (None if a is None else a[~held] for a in (groups, sample_weight))
        self.models_ = {
            name: self._model(name).fit(X[~held], y[~held], kept, weight)
            for name in self.modalities_
        }
        self._check_scales()
        weight = None if sample_weight is None else sample_weight[held]
        self.calibrated_ = {}
        if self.calibrate:
            self.calibrated_ = {
                name: self._calibrated(name, X[held], y[held], weight) for name in self.modalities_
            }
        self._set_weights(X[held], y[held], weight)

    def _score(self, X: np.ndarray) -> np.ndarray:
        for name, columns in self.layout.items():
            check_presence(X[:, columns.present], name)
        level = self._levels(X)  # (n_rows,), -1 picks the pooled weights
        intercepts = np.append(self.gate_intercepts_, self.intercept_)
        weights = np.column_stack(  # (n_context + 1, n_modalities), the pooled ones last
            [np.append(self.gate_weights_[name], self.weights_[name]) for name in self.modalities_]
        )
        return intercepts[level] + fuse(*self._terms(X), weights[level], self.base_score_)

    @property
    def _fits_weights(self) -> bool:
        return isinstance(self.weights, str) and self.weights == "fitted"

    def _check_parameters(self) -> None:
        if self.missing not in MISSING:
            raise InputError(f"missing must be one of {', '.join(MISSING)}, not {self.missing!r}")
        if self.gate and not (self._fits_weights and len(self.context_columns_)):
            raise InputError("gate=True fits weights by context: give context and weights='fitted'")
        check_weights(self.weights, self.modalities_)
        if isinstance(self.ranker, Mapping) and set(self.ranker) != set(self.modalities_):
            raise InputError(
                f"ranker must name exactly the modalities {self.modalities_}, not {[*self.ranker]}"
            )

    def _check_scales(self) -> None:
        odd = [name for name, model in self.models_.items() if not gives_log_odds(model)]
        if odd and not self.calibrate:
            raise InputError(
                f"calibrate=False adds scores as they are, but those of {odd} are no log-odds: use "
                "calibrate=True, or a ranker that learns row by row"
            )

    def _levels(self, X: np.ndarray) -> np.ndarray:
        """Which context column is set in each row, -1 for none and without a gate, (n_rows,)."""
        return levels(X[:, self.context_columns_]) if self.gate else np.full(len(X), -1)

    def _model(self, name: str) -> SingleModality:
        ranker = self.ranker[name] if isinstance(self.ranker, Mapping) else self.ranker
        missing = "zero-mask" if self.missing == "zero-mask" else "drop"
        return SingleModality(self.layout, name, ranker, missing, self.random_state, self.device)

    def _rows_with(self, X: np.ndarray, name: str) -> np.ndarray:
        """Rows in which the modality has a say, (n_rows,) bool."""
        if self.missing == "zero-mask":
            return np.ones(len(X), dtype=bool)
        return present(X, self.layout[name])

    def _calibrated(
        self, name: str, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None
    ) -> ClassifierMixin:
        rows = self._rows_with(X, name)
        weight = None if weight is None else weight[rows]
        return calibrated(self.models_[name], X[rows], y[rows], weight, name)

    def _terms(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds of each modality, and whether it has a say, both (n_rows, n_modalities)."""
        scores = np.empty((len(X), len(self.modalities_)))
        there = np.empty(scores.shape, dtype=bool)
        for column, name in enumerate(self.modalities_):
            there[:, column] = self._rows_with(X, name)
            if self.calibrate:
                click = self.calibrated_[name].predict_proba(X)[:, 1]
                scores[:, column] = finite_logit(click)
            else:
                scores[:, column] = self.models_[name].score_items(X)
        if self.missing == "neutral":
            return np.where(there, scores, self.base_score_), np.ones_like(there)
        return scores, there

    def _set_weights(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> None:
        """Set pooled and gated intercepts and weights, from the held-out rows if fitted."""
        n = len(self.modalities_)
        pooled = np.append(0.0, np.full(n, 1 / n))
        if isinstance(self.weights, Mapping):
            pooled[1:] = [self.weights[name] for name in self.modalities_]
        gated = np.empty((0, n + 1))
        if self._fits_weights:
            scores, there = self._terms(X)

            def fitted(rows: np.ndarray | slice, prior: np.ndarray) -> np.ndarray:
                own = None if weight is None else weight[rows]
                parts = scores[rows], there[rows], y[rows]
                return fit_weights(*parts, self.base_score_, prior, own)

            pooled = fitted(slice(None), pooled)
            if self.gate:
                level = self._levels(X)
                n_levels = len(self.context_columns_)
                gated = np.array([fitted(level == number, pooled) for number in range(n_levels)])
        self.intercept_ = float(pooled[0])
        self.weights_ = dict(zip(self.modalities_, pooled[1:].tolist(), strict=True))
        self.gate_intercepts_ = gated[:, 0]
        self.gate_weights_ = dict(zip(self.modalities_, gated[:, 1:].T, strict=True))
