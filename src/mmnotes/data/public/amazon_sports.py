"""Amazon Sports from public copies: split, neighbours, ASINs, order in time, attributes."""

from pathlib import Path

import numpy as np
import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.public.published_graphs import GRAPHS, read_published
from mmnotes.data.raw.documents import read_json
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError


def read(folder: Path, tally: Tally) -> Parts:
    """What do the public copies of Amazon Sports hold?

    The split and the order in time number the items differently, and no file says how. But both
    number the users alike, and no two items were taken by the same users, so who took an item
    tells which it is.

    Parameters
    ----------
    folder : Path
        Holds ``Datasets/sports/`` and ``data/sports/``, see ``read_published``; and from S3-Rec
        (Zhou and others 2020, https://doi.org/10.1145/3340531.3411954)
        ``data/Sports_and_Outdoors.txt``, on each line a user and their items in order of time, all
        from 1, and ``data/Sports_and_Outdoors_item2attributes.json``.

    Returns
    -------
    Parts
        interactions (user, item, split, position_in_user_history) in that order; items (item, asin,
        attributes: ids of categories and brands); graphs.

    Raises
    ------
    InputError
        If a file is missing, broken, or does not match the others.
    """
    published = read_published(folder, "sports", tally)
    file = folder / "data" / "Sports_and_Outdoors.txt"
    order = _order(file)
    number = _matched(file, order, published.interactions)
    order = order.assign(item=order["theirs"].map(number)).drop(columns="theirs")
    interactions = published.interactions.merge(order, on=["user", "item"], validate="1:1")
    interactions = interactions.sort_values(["user", "position_in_user_history"], ignore_index=True)
    attributes = _attributes(
        file.with_name("Sports_and_Outdoors_item2attributes.json"), number, tally
    )
    return Parts(
        tables={
            "interactions": interactions,
            "items": published.items.assign(attributes=attributes),
        },
        tally=tally,
        archives=published.graphs,
        graphs=GRAPHS,
    )


def _order(file: Path) -> pd.DataFrame:
    """user (from 0), theirs (the item's number in this file), position_in_user_history."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        numbers = [np.array(line.split(), dtype=np.int64) for line in lines]
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    except (ValueError, OverflowError) as error:
        raise InputError(f"{file}: not lines of whole numbers ({error}); fetch it again") from None
    for at, line in enumerate(numbers, start=1):
        if len(line) < 2 or line[0] != at or line.min() < 1:
            raise InputError(
                f"{file}: line {at} is not of user {at} and their items; fetch it again"
            )
    sizes = np.array([len(line) - 1 for line in numbers])
    position = np.concatenate([np.arange(size) for size in sizes])
    return pd.DataFrame(
        {
            "user": np.repeat(np.arange(len(sizes)), sizes),
            "theirs": np.concatenate([line[1:] for line in numbers]),
            "position_in_user_history": position,
        }
    )


def _matched(file: Path, order: pd.DataFrame, interactions: pd.DataFrame) -> dict[int, int]:
    """Which item of the split is which of theirs? The one that the same users took."""
    ours = _by_users(interactions["user"], interactions["item"])
    theirs = _by_users(order["user"], order["theirs"])
    if any(len(items) > 1 for items in ours.values()):
        raise InputError(f"{file}: the same users took two items, which cannot be told apart")
    if ours.keys() != theirs.keys() or len(order) != len(interactions):
        raise InputError(f"{file}: not the interactions of the split; fetch both again")
    return {theirs[users][0]: items[0] for users, items in ours.items()}


def _by_users(user: pd.Series, item: pd.Series) -> dict[bytes, list[int]]:
    """Which items did exactly these users take? A key holds the bytes of the users' numbers."""
    order = np.lexsort((user, item))
    users, items = user.to_numpy(dtype=np.int64)[order], item.to_numpy()[order]
    first = np.flatnonzero(np.diff(items, prepend=-1))
    found: dict[bytes, list[int]] = {}
    for who, what in zip(np.split(users, first[1:]), items[first], strict=True):
        found.setdefault(who.tobytes(), []).append(int(what))
    return found


def _attributes(file: Path, number: dict[int, int], tally: Tally) -> list[list[int] | None]:
    """The attribute ids of each item of the split, None where unknown."""
    document = read_json(file)
    if type(document) is not dict:
        raise InputError(f"{file}: must go from items to lists of attributes; fetch it again")
    ours = {str(theirs): item for theirs, item in number.items()}
    attributes: list[list[int] | None] = [None] * len(number)
    for key, values in document.items():
        if type(values) is not list or any(type(value) is not int for value in values):
            raise InputError(f"{file}: item {key[:40]!r} has no list of whole numbers")
        if key not in ours:
            tally.drop("attributes of an item that is not in the split", f"{file.name}: {key[:40]}")
        else:
            attributes[ours[key]] = values
    tally.read("items with attributes", sum(values is not None for values in attributes))
    return attributes
