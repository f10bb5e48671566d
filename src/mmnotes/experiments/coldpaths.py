"""One trained model, several ways to the vector of a cold item: which of them ranks such items?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_interval, paired_interval, paired_ratio
from mmnotes.evaluate.protocol import FullRanking
from mmnotes.evaluate.seeds import about
from mmnotes.evaluate.users import PerUser
from mmnotes.experiments.tracks import Protocol, Track, ask
from mmnotes.recommenders.collapse import Agreement, agreement
from mmnotes.recommenders.conditioned import MENDED, ConditionedDiffMM

DIRECT: Mapping[str, str | int] = {"cold": "projected"}
PATHS: Mapping[str, Mapping[str, str | int]] = {
    "projected": DIRECT,
    "as described": {"cold": "generated", "target": "free", "sampler": "repeated"},
    "sampler mended": {"cold": "generated", "target": "free", "sampler": "ddim"},
    "target mended": {"cold": "generated", "target": "scored", "sampler": "repeated"},
    "both mended": {"cold": "generated", **MENDED},
}
_USERS = 500  # at most, whose lists are held against each other


@dataclass(frozen=True)
class ColdPath:
    """What came of one way to the vectors of cold items.

    Parameters
    ----------
    rankings : dict of FullRanking
        By track: ``"test"``, cold items among each other; ``"whole"``, among all.
    agreement : Agreement
        With the vectors that content gives directly.
    users, items : (n_users,), (n_items,) int
        Whose scores and which vectors the agreement compares.
    """

    rankings: Mapping[str, FullRanking]
    agreement: Agreement
    users: np.ndarray
    items: np.ndarray

    def signs(self) -> dict[str, PerUser]:
        """What can be seen without knowing who takes what: by item, by user and by user.

        Users whose ranks have no correlation, since all items score alike, are left out of it.
        """
        found = self.agreement
        ranks, told = found.rank_correlation, ~np.isnan(found.rank_correlation)
        return {
            "cosine": PerUser(self.items, found.cosine),
            "rank correlation": PerUser(self.users[told], ranks[told]),
            "shared": PerUser(self.users, found.shared),
        }

    def against_chance(self, metric: str, track: str = "test") -> tuple[PerUser, PerUser]:
        """A metric by user, and what chance would make of it."""
        ranking = self.rankings[track]
        return ranking.metrics[metric], ranking.chance[metric]


Runs = Sequence[Mapping[str, ColdPath]]


def cold_paths(
    model: ConditionedDiffMM,
    asked: Protocol,
    paths: Mapping[str, Mapping[str, str | int]] = PATHS,
    device: str = "auto",
) -> dict[str, ColdPath]:
    """Rank cold items by each path of a trained model; nothing is trained here.

    Parameters
    ----------
    model : ConditionedDiffMM
        Fitted on ``asked.train``.
    asked : Protocol
        See :func:`~mmnotes.experiments.tracks.cold`.
    paths : dict of settings
        For ``ConditionedDiffMM.with_cold``.
    device : str
        Where items are ranked; ``"auto"`` is a GPU where torch sees one.

    Returns
    -------
    dict of ColdPath
        By name of the path. Agreement is over the first 500 of the test's users by number, no
        random draw of them.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    InputError
        If ``asked`` is no cold protocol, or a setting is out of range.
    """
    check_is_fitted(model, "n_items_")
    part, items = _cold_tracks(asked)
    users = np.unique(part.tracks["test"].truth.user)[:_USERS]
    known = model.user_vectors_[users]
    direct = model.with_cold(**DIRECT)
    found = {}
    for name, settings in paths.items():
        other = direct if settings == DIRECT else model.with_cold(**settings)
        signs = agreement(known, other.item_vectors_[items], direct.item_vectors_[items])
        found[name] = ColdPath(ask(other, part, device), signs, users, items)
    return found


def lifts(runs: Runs, metric: str = "recall@20", track: str = "test") -> dict[str, Estimate]:
    """By path: how many times as good as chance is it?

    Parameters
    ----------
    runs : sequence of dict
        What :func:`cold_paths` gave, one entry a seed.
    metric, track : str
    """
    found = {}
    for path in runs[0]:
        values, chance = zip(
            *(run[path].against_chance(metric, track) for run in runs), strict=True
        )
        found[path] = paired_ratio(values, chance)
    return found


def spreads(runs: Runs, longer: str, shorter: str) -> dict[str, Estimate]:
    """By path: how many times as much does the longer list find? Random order: as it is longer.

    That is so where more items are ranked than the longer list holds.

    Parameters
    ----------
    runs : sequence of dict
        As for :func:`lifts`.
    longer, shorter : str
        Metrics, such as ``"recall@50"`` and ``"recall@10"``.
    """
    return {
        path: paired_ratio(_of(runs, path, longer), _of(runs, path, shorter)) for path in runs[0]
    }


def signs_of(runs: Runs) -> dict[str, dict[str, Estimate]]:
    """By path and sign, the mean over items or users, and seeds; see :meth:`ColdPath.signs`.

    Raises
    ------
    InputError
        If a sign has no value in a run, with the path and the sign: of the rank correlation, if
        every user scores all items alike.
    """
    found: dict[str, dict[str, Estimate]] = {}
    for path in runs[0]:
        each, found[path] = [run[path].signs() for run in runs], {}
        for name in each[0]:
            with about(f"{path}, {name}"):
                found[path][name] = mean_interval([one[name] for one in each])
    return found


def gain(runs: Runs, path: str, over: str, metric: str = "recall@20") -> Estimate:
    """How much more has one path than another, among cold items?"""
    return paired_interval(_of(runs, path, metric), _of(runs, over, metric))


def _cold_tracks(asked: Protocol) -> tuple[Protocol, np.ndarray]:
    """The two tracks of cold items alone, and the items that are ranked in the first."""
    test, whole = (asked.tracks.get(name) for name in ("test", "whole"))
    if test is None or whole is None or test.candidates is None:
        raise InputError(
            "asked is no cold protocol: make it with tracks.cold, which says which items are cold"
        )
    tracks: dict[str, Track] = {"test": test, "whole": whole}
    return Protocol(asked.train, asked.valid, tracks), test.candidates.items


def _of(runs: Runs, path: str, metric: str) -> list[PerUser]:
    return [run[path].rankings["test"].metrics[metric] for run in runs]
