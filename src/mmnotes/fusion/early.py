"""Early fusion: put the modalities side by side, and learn one scorer on all of them."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator

from mmnotes.errors import InputError
from mmnotes.features.block import Layout, ModalityColumns
from mmnotes.fusion.base import Ranker
from mmnotes.fusion.columns import (
    Context,
    check_layout,
    check_presence,
    columns_of,
    context_columns,
    present,
)
from mmnotes.fusion.learners import fit_learner, gives_log_odds, log_odds, make_learner

MISSING = ("zero-mask", "mean", "token")


class EarlyFusion(Ranker):
    """One scorer on ``[text; image; metadata]``: it can learn what the modalities say together.

    Columns of X that belong neither to the layout nor to the context are not used, so a layout
    with fewer modalities gives a ranker on fewer.

    Parameters
    ----------
    layout : mapping of ModalityColumns
        Where each modality lies in X, as ``mmnotes.features`` returns it.
    ranker : {"logistic", "gbdt", "mlp"} or a scikit-learn classifier
        ``"logistic"`` is linear; boosted trees and the MLP learn interactions. All three learn row
        by row; ``MlpRanker("pairwise")`` and its like compare the rows of an impression.
    missing : {"zero-mask", "mean", "token"}
        What stands in the place of a missing modality: zeros, beside its presence column; the
        mean of the rows that have it, without the presence column; or a vector learned with the
        rest (MLP only).
    context : slice or list of int, optional
        Columns of X that say where the impression was shown, such as the device.
    random_state : int or None
    device : str
        For the MLP: ``"auto"`` takes a GPU if there is one.

    Attributes
    ----------
    ranker_ : the fitted classifier
    n_missing_ : dict of int
        Training rows without each modality.

    Raises
    ------
    InputError
        On fit, if the layout or context does not fit X, a name is unknown, or ``"token"`` is
        asked of a ranker that cannot learn one.

    Examples
    --------
    >>> from mmnotes.features.block import FeatureBlock, stack
    >>> values = np.array([[0.0], [1.0], [2.0], [3.0]], dtype=np.float32)
    >>> X, layout = stack({"text": FeatureBlock(values, np.ones(4, dtype=bool))})
    >>> ranker = EarlyFusion(layout).fit(X, [0, 0, 1, 1], groups=[0, 0, 1, 1])
    >>> ranker.score_items(X).argmax()
    np.int64(3)
    """

    def __init__(
        self,
        layout: Layout,
        ranker: str | BaseEstimator = "logistic",
        missing: str = "zero-mask",
        context: Context = None,
        random_state: int | None = 0,
        device: str = "auto",
    ) -> None:
        self.layout = layout
        self.ranker = ranker
        self.missing = missing
        self.context = context
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
        self.context_columns_ = context_columns(self.context, self.layout, X.shape[1])
        self.n_missing_ = {
            name: int((~present(X, columns)).sum()) for name, columns in self.layout.items()
        }
        self.filler_ = {name: self._filler(X, name) for name in self.layout}
        inputs = self._inputs(X)
        learner = make_learner(self.ranker, inputs.shape[1], self.random_state, self.device)
        if self.missing == "token":
            learner = self._with_tokens(learner)
        self.ranker_ = fit_learner(learner, inputs, y, groups, sample_weight)

    def _score(self, X: np.ndarray) -> np.ndarray:
        for name, columns in self.layout.items():
            check_presence(X[:, columns.present], name)
        return log_odds(self.ranker_, self._inputs(X))

    def _filler(self, X: np.ndarray, name: str) -> np.ndarray:
        """What stands in for the modality's values where it is missing, (d,) float32."""
        columns = self.layout[name]
        values = X[:, columns.values]
        if self.missing != "mean":
            return np.zeros(values.shape[1], dtype=np.float32)
        if self.n_missing_[name] == len(X):
            raise InputError(f"no training row has {name!r}, so it has no mean: leave it out")
        return values[present(X, columns)].mean(axis=0, dtype=np.float64).astype(np.float32)

    def _inputs(self, X: np.ndarray) -> np.ndarray:
        """The columns that the classifier sees: modality after modality, then the context."""
        taken = [columns_of(columns) for columns in self.layout.values()]
        if self.missing == "mean":
            taken = [columns[:-1] for columns in taken]
        inputs = X[:, np.concatenate([*taken, self.context_columns_])]
        start = 0
        for (name, columns), where in zip(self.layout.items(), taken, strict=True):
            absent = np.flatnonzero(~present(X, columns))
            filler = self.filler_[name]
            inputs[absent, start : start + len(filler)] = filler
            start += len(where)
        return inputs

    def _with_tokens(self, learner: BaseEstimator) -> BaseEstimator:
        if "tokens" not in learner.get_params():
            raise InputError(
                f"missing='token' learns a vector by gradient, which {self.ranker!r} cannot: use "
                "ranker='mlp', or missing='zero-mask'"
            )
        never = [name for name, count in self.n_missing_.items() if not count]
        if never:
            warnings.warn(
                f"no training row lacks {', '.join(never)}, so the token stays at the mean",
                stacklevel=4,
            )
        tokens, start = {}, 0
        for name, columns in self.layout.items():
            stop = start + len(columns_of(columns)) - 1
            tokens[name] = ModalityColumns(slice(start, stop), stop)
            start = stop + 1
        return learner.set_params(tokens=tokens)
