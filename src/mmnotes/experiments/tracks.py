"""What a fitted model is asked: which users, which items to rank, and what chance would reach."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.full import full_ranking
from mmnotes.evaluate.protocol import Candidates, FullRanking
from mmnotes.evaluate.scorers import ScoreFunction, Vectors
from mmnotes.recommenders.base import Recommender
from mmnotes.recommenders.trained import TrainedRecommender

METRICS = ("recall@10", "recall@20", "recall@50", "ndcg@10", "ndcg@20")
SPARSE, ACTIVE = 5, 20  # at most, at least so many training items of a user
COLD_SHARE = 0.2


@dataclass(frozen=True)
class Track:
    """One question to a fitted model.

    Parameters
    ----------
    truth : Interactions
        Who took what.
    candidates : Candidates or None
        The items that are ranked; None for all.
    part_of : str
        The track before it that asks the same of more users: what it found is read off, since
        nobody's ranks depend on who else is asked.
    """

    truth: Interactions
    candidates: Candidates | None = None
    part_of: str = ""


@dataclass(frozen=True)
class Protocol:
    """What is trained on, what the best epoch is chosen on, and what is asked then.

    Parameters
    ----------
    train, valid : Interactions
    tracks : dict of Track
        By name. ``"valid"`` and ``"test"`` are always there.
    """

    train: Interactions
    valid: Interactions
    tracks: Mapping[str, Track]


def warm(interactions: Interactions, candidates: Candidates | None = None) -> Protocol:
    """The split as it is; all candidates are ranked, but those of a user's training part.

    Tracks: ``valid``, ``test``, and of the test ``sparse`` (users with at most 5 training items)
    and ``active`` (at least 20). An item of the validation part is ranked at the test like any
    other, as in published tables.
    """
    train, valid, test = (interactions.part(name) for name in ("train", "valid", "test"))
    tracks = {"valid": Track(valid, candidates), "test": Track(test, candidates)}
    for name, users in slices(train).items():
        rows = users[test.user]
        if rows.any():
            tracks[name] = Track(test.where(rows), candidates, part_of="test")
    return Protocol(train, valid, tracks)


def slices(train: Interactions) -> dict[str, np.ndarray]:
    """Which users are sparse, and which active, by their training items? (n_users,) bool each."""
    taken = _items_of_users(train)
    return {"sparse": taken <= SPARSE, "active": taken >= ACTIVE}


def cold(
    interactions: Interactions,
    random_state: int,
    share: float = COLD_SHARE,
    candidates: Candidates | None = None,
) -> Protocol:
    """A share of the items is held out with all their rows: who would take them?

    The best epoch is chosen on the warm rows of the validation part. Tracks: ``valid``; ``test``,
    in which cold items are ranked among each other; ``whole``, in which they stand among all items
    but those of a user's training part; ``warm``, the test rows of the other items, ranked among
    these; and ``equal``, the same for as many of those with a training row as there are cold ones,
    drawn at random, so that chance is nearly the same for either kind (what a user has in training
    is not ranked, and of cold items nobody has any). Users without a warm training row are left
    out; so is ``equal`` if none of its items has a test row.

    Parameters
    ----------
    interactions : Interactions
        With a split.
    random_state : int
        Which items are held out.
    share : float
        Of the items that anybody took.
    candidates : Candidates, optional
        All that is ranked; by default all items. An item that nobody took can be held out from
        nobody, so it is never a cold candidate.

    Raises
    ------
    InputError
        If the share leaves no item on one of the two sides.
    """
    rng = np.random.default_rng(random_state)
    items = rng.permutation(np.unique(interactions.item))
    n_cold = round(share * len(items))
    if not 0 < n_cold < len(items):
        raise InputError(f"a share of {share} of {len(items)} items leaves none on one side")
    held_out = np.zeros(interactions.n_items, bool)
    held_out[items[:n_cold]] = True
    rows = held_out[interactions.item]
    rest = interactions.where(~rows)
    train = rest.part("train")
    known = _items_of_users(train) > 0
    truth = interactions.where(rows & known[interactions.user])
    valid, test = (_of_users(rest.part(name), known) for name in ("valid", "test"))
    ranked = np.arange(interactions.n_items) if candidates is None else candidates.items
    among = Candidates("cold items", ranked[held_out[ranked]])
    others = Candidates("warm items", ranked[~held_out[ranked]])
    tracks = {
        "valid": Track(valid, candidates),
        "test": Track(truth, among),
        "whole": Track(truth, candidates),
        "warm": Track(test, others),
    }
    drawn = rng.permutation(np.intersect1d(others.items, train.item))[: len(among)]
    rows = np.isin(test.item, drawn)
    if rows.any():
        alike = Candidates("as many warm items", drawn)
        tracks["equal"] = Track(test.where(rows), alike)
    return Protocol(train, valid, tracks)


PROTOCOLS = ("warm", "cold")


def protocol(
    name: str, interactions: Interactions, random_state: int, candidates: Candidates | None = None
) -> Protocol:
    """The protocol of this name; ``random_state`` says which items are cold."""
    if name not in PROTOCOLS:
        raise InputError(f"there is no protocol {name!r}; choose from {', '.join(PROTOCOLS)}")
    if name == "warm":
        return warm(interactions, candidates)
    return cold(interactions, random_state, candidates=candidates)


def ask(model: Recommender, asked: Protocol, device: str = "auto") -> dict[str, FullRanking]:
    """How well does a fitted model rank what each track asks for?"""
    scorer: Vectors | ScoreFunction = model.score
    if isinstance(model, TrainedRecommender):
        scorer = model.user_vectors_, model.item_vectors_
    found: dict[str, FullRanking] = {}
    for name, track in asked.tracks.items():
        if track.part_of:
            found[name] = found[track.part_of].of(track.truth)
        else:
            found[name] = full_ranking(
                scorer, track.truth, asked.train, track.candidates, METRICS, device=device
            )
    return found


def _items_of_users(train: Interactions) -> np.ndarray:
    """Different training items of each user, (n_users,)."""
    pairs = np.unique(train.user * train.n_items + train.item)
    return np.bincount(pairs // train.n_items, minlength=train.n_users)


def _of_users(interactions: Interactions, users: np.ndarray) -> Interactions:
    return interactions.where(users[interactions.user])
