"""One modality alone: the part of late fusion, and the baseline beside every fused ranker."""

import numpy as np
from scipy.special import logit
from sklearn.base import BaseEstimator

from mmnotes.errors import InputError
from mmnotes.features.block import Layout
from mmnotes.fusion.base import Ranker
from mmnotes.fusion.columns import check_layout, check_presence, columns_of, present
from mmnotes.fusion.learners import fit_learner, gives_log_odds, log_odds, make_learner

MISSING = ("drop", "zero-mask")


class SingleModality(Ranker):
    """A scorer that sees one modality and nothing else.

    Parameters
    ----------
    layout : mapping of ModalityColumns
        Where each modality lies in X.
    modality : str
        The one to see.
    ranker : {"logistic", "gbdt", "mlp"} or a scikit-learn classifier
    missing : {"drop", "zero-mask"}
        ``"drop"``: learn from the rows that have the modality, and score the others by
        ``base_score_``. ``"zero-mask"``: learn from all rows, zeros where it is missing,
        beside the presence column.
    random_state : int or None
    device : str
        For the MLP.

    Attributes
    ----------
    ranker_ : the fitted classifier
    base_score_ : float
        What rows without the modality are scored by: log-odds of the training rows' click rate, or
        where the ranker's scores are no log-odds, their mean over the rows that have it.

    Raises
    ------
    InputError
        On fit, if the layout does not fit X, a name is unknown, or the rows that have the
        modality hold only one kind of label.
    """

    def __init__(
        self,
        layout: Layout,
        modality: str,
        ranker: str | BaseEstimator = "logistic",
        missing: str = "drop",
        random_state: int | None = 0,
        device: str = "auto",
    ) -> None:
        self.layout = layout
        self.modality = modality
        self.ranker = ranker
        self.missing = missing
        self.random_state = random_state
        self.device = device

    @property
    def scores_are_log_odds(self) -> bool:
        """Whether those of the classifier are."""
        return gives_log_odds(getattr(self, "ranker_", self.ranker))

    def _fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray | None,
        sample_weight: np.ndarray | None,
    ) -> None:
        if self.missing not in MISSING:
            raise InputError(f"missing must be one of {', '.join(MISSING)}, not {self.missing!r}")
        check_layout(self.layout, X)
        if self.modality not in self.layout:
            raise InputError(
                f"no modality {self.modality!r} in the layout, which has {sorted(self.layout)}"
            )
        inputs, there = self._inputs(X)
        rows = there if self.missing == "drop" else np.ones(len(X), dtype=bool)
        if len(np.unique(y[rows])) < 2:
            raise InputError(
                f"the {int(rows.sum())} training rows that have {self.modality!r} hold only one "
                "kind of label: leave the modality out, or give more rows"
            )
        learner = make_learner(self.ranker, inputs.shape[1], self.random_state, self.device)
        own = None if groups is None else groups[rows]
        weight = None if sample_weight is None else sample_weight[rows]
        self.ranker_ = fit_learner(learner, inputs[rows], y[rows], own, weight)
        self.base_score_ = float(logit(np.average(y, weights=sample_weight)))
        if not self.scores_are_log_odds:  # on another scale: an average row
            self.base_score_ = float(log_odds(self.ranker_, inputs[rows]).mean())

    def _score(self, X: np.ndarray) -> np.ndarray:
        check_presence(X[:, self.layout[self.modality].present], self.modality)
        inputs, there = self._inputs(X)
        scores = log_odds(self.ranker_, inputs)
        return np.where(there, scores, self.base_score_) if self.missing == "drop" else scores

    def _inputs(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the classifier sees (n_rows, d or d + 1), and which rows have it (n_rows,)."""
        columns = self.layout[self.modality]
        there = present(X, columns)
        taken = columns_of(columns)
        inputs = X[:, taken if self.missing == "zero-mask" else taken[:-1]]
        inputs[~there] = 0
        return inputs, there
