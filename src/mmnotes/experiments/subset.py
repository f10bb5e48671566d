"""A part of a collection that is small enough for a minute, and says what it is."""

from dataclasses import replace

import numpy as np

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.protocol import Candidates
from mmnotes.experiments.collection import Collection
from mmnotes.features.content import Content, Modality


def most_active(data: Collection, n_users: int) -> Collection:
    """The users with most training rows, and the items that they can be asked about.

    Users are numbered anew, in their order. Items keep their numbers, and so does the content; but
    those without a training row of these users are no candidates, and validation and test rows
    that hold one are left out: nobody was there from whom a model could have learnt of them.

    Parameters
    ----------
    data : Collection
    n_users : int
        All if there are fewer; of users with equally many rows the first come first.

    Raises
    ------
    InputError
        If ``n_users`` is not positive.
    """
    if n_users < 1:
        raise InputError(f"n_users must be at least 1, not {n_users}")
    rows = data.interactions
    in_train = np.asarray(rows.split == "train")
    users = np.sort(_by_activity(rows)[0][:n_users])
    number = np.full(rows.n_users, -1)
    number[users] = np.arange(len(users))
    own = number[rows.user] >= 0
    known = np.unique(rows.item[own & in_train])
    own &= np.isin(rows.item, known)
    kept = rows.where(own)
    return Collection(
        f"{data.name}, {len(users):,} most active users",
        replace(kept, user=number[kept.user], n_users=len(users)),
        data.content,
        Candidates("items with a training row", known),
    )


def active_and_others(
    data: Collection, n_active: int, n_others: int, random_state: int = 0
) -> Collection:
    """The users with most training rows, and some of the others, drawn at random.

    As in :func:`most_active`, items without a training row of these
    users are no candidates. Active users are a larger share than they are of all users, so that a
    mean over the part is none over the whole; one over active users alone, or over others, is
    nearer to it.

    Parameters
    ----------
    data : Collection
    n_active, n_others : int
        All others with a training row if there are fewer.
    random_state : int
        Who the others are.

    Raises
    ------
    InputError
        If either is not positive, or there is no other user.
    """
    if min(n_active, n_others) < 1:
        raise InputError(f"n_active and n_others must be positive, not {n_active} and {n_others}")
    rows = data.interactions
    users, n_trained = _by_activity(rows)
    active, rest = users[:n_active], users[n_active:n_trained]
    if not len(rest):
        raise InputError(f"{data.name}: all users with a training row are among {n_active} active")
    others = np.random.default_rng(random_state).permutation(rest)[:n_others]
    chosen = np.concatenate([active, others])
    theirs = replace(data, interactions=rows.where(np.isin(rows.user, chosen)))
    name = f"{data.name}, {len(active):,} most active users and {len(others):,} others"
    return replace(most_active(theirs, len(chosen)), name=name)


def only_candidates(data: Collection) -> Collection:
    """The candidates as the whole catalogue, numbered anew, so that models hold no other item.

    Graphs of items are computed from the vectors, as neighbours of a published graph may be gone.

    Parameters
    ----------
    data : Collection
        Without a row of an item that is no candidate, as :func:`most_active` gives it.

    Raises
    ------
    InputError
        If there is such a row, or fewer candidates have a modality than an item has neighbours.
    """
    if data.candidates is None:
        return data
    items, rows, content = data.candidates.items, data.interactions, data.content
    number = np.full(rows.n_items, -1)
    number[items] = np.arange(len(items))
    gone = rows.item[number[rows.item] < 0]
    if len(gone):
        raise InputError(f"{data.name}: item {gone[0]} has a row and is no candidate")
    if content is not None:
        content = Content({name: _of_items(content[name], items) for name in content})
    return Collection(data.name, replace(rows, item=number[rows.item], n_items=len(items)), content)


def _of_items(modality: Modality, items: np.ndarray) -> Modality:
    block, k = modality.block, modality.graph.k
    return Modality.of_vectors(block.values[items], block.present[items], k, modality.origin)


def dealt_out(interactions: Interactions, random_state: int) -> Interactions:
    """The same with the items of each part dealt out anew among its rows: nothing personal is left.

    Users keep their numbers of rows and items theirs, but for pairs that come up twice, of which
    the first row stays.

    Parameters
    ----------
    interactions : Interactions
        With a split.
    random_state : int
    """
    rng = np.random.default_rng(random_state)
    item = interactions.item.copy()
    parts = np.asarray(interactions.split)
    for part in np.unique(parts):
        rows = np.flatnonzero(parts == part)
        item[rows] = item[rng.permutation(rows)]
    pair = interactions.user * interactions.n_items + item
    once = np.zeros(len(pair), bool)
    once[np.unique(pair, return_index=True)[1]] = True
    return replace(interactions, item=item).where(once)


def _by_activity(rows: Interactions) -> tuple[np.ndarray, int]:
    """All users, those with most training rows first; and how many have one."""
    counts = np.bincount(rows.user[np.asarray(rows.split == "train")], minlength=rows.n_users)
    return np.argsort(-counts, kind="stable"), int(np.count_nonzero(counts))
