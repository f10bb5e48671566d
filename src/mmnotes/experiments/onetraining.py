"""A table of tracks out of one training: known items, kinds of users, items never seen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.best import best
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_intervals, paired_intervals
from mmnotes.evaluate.users import PerUser
from mmnotes.experiments.collection import Collection
from mmnotes.experiments.runs import Run, Values
from mmnotes.experiments.summary import CHANCE
from mmnotes.experiments.tracks import protocol, slices

# As reports name them, and what the cold protocol calls them. Sparse and active are users of the
# first.
_ASKED = {"warm": "warm", "cold": "test", "warm, as many": "equal"}
Tracks = Mapping[str, Sequence[PerUser]]


def by_track(
    rankings: Mapping[str, Values], train: Interactions, metric: str = "recall@20"
) -> dict[str, PerUser]:
    """What a model trained without the cold items comes to, on each track of a report.

    Parameters
    ----------
    rankings : dict from track to dict from metric to PerUser
        Of the cold protocol, see :func:`~mmnotes.experiments.tracks.cold`.
    train : Interactions
        What the model was trained on: it says which users are sparse, and which active.
    metric : str

    Returns
    -------
    dict of PerUser
        ``warm``: known items among each other; ``sparse`` and ``active``, the same for users with
        at most 5 and at least 20 training items; ``cold``: items without a training row among each
        other; and ``warm, as many``: known items among as many as there are cold ones. A track
        without users is left out.

    Raises
    ------
    InputError
        If the rankings are of another protocol, or lack the metric.
    """
    if not rankings.keys() >= {"warm", "test"}:
        raise InputError(
            f"rankings on {', '.join(rankings) or 'no track'}: tracks out of one training are "
            "those of the protocol 'cold'"
        )
    found = {
        name: _of(rankings[asked], asked, metric)
        for name, asked in _ASKED.items()
        if asked in rankings
    }
    warm = found["warm"]
    for name, users in slices(train).items():
        some = users[warm.users]
        if some.any():
            found[name] = PerUser(warm.users[some], warm.values[some])
    order = ("warm", "sparse", "active", *_ASKED)
    return {name: found[name] for name in dict.fromkeys(order) if name in found}


def tracks_of(
    runs: Sequence[Run], data: Collection, metric: str = "recall@20", chance: bool = False
) -> dict[str, list[PerUser]]:
    """The values of users on each track, one entry a run: ready for intervals.

    Parameters
    ----------
    runs : sequence of Run
        Of the protocol ``"cold"``, with the values of users.
    data : Collection
        That they are of.
    metric : str
    chance : bool
        What a scorer that says the same of every candidate would come to, instead.

    Raises
    ------
    InputError
        As :func:`by_track`; or if there is no run, or one is of other data.
    """
    if not runs:
        raise InputError("there is no run whose tracks could be told")
    found = [
        by_track(run.chance_per_user if chance else run.per_user, _train(run, data), metric)
        for run in runs
    ]
    shared = [name for name in found[0] if all(name in each for each in found)]
    return {name: [each[name] for each in found] for name in shared}


def compared_tracks(values: Mapping[str, Tracks]) -> dict[str, dict[str, Any]]:
    """How good is each model on each track, and by how much better than each other one?

    Parameters
    ----------
    values : dict from name to tracks
        Of two models or more, as :func:`tracks_of` gives them; ``"chance"`` among them.

    Returns
    -------
    dict from track to dict
        ``recall``: the mean of each, chance among them. ``over``: by name, and then by name of
        every other, how far the first is ahead, user by user and seed by seed. ``best``: who has
        the greatest mean, and ``rival`` whom it is least sure to be ahead of: see
        :func:`~mmnotes.evaluate.best.best`.

    Raises
    ------
    InputError
        If chance is not there, a name lacks a track that chance has, or as
        :func:`~mmnotes.evaluate.best.best`.
    """
    if CHANCE not in values:
        raise InputError(f"there are no values of {CHANCE!r}, only of {', '.join(values)}")
    found = {}
    for track in values[CHANCE]:
        lacking = [name for name, each in values.items() if track not in each]
        if lacking:
            raise InputError(f"{', '.join(lacking)} has no values on the track {track!r}")
        own = {name: each[track] for name, each in values.items()}
        means = {name: mean.within(0, 1) for name, mean in mean_intervals(own).items()}
        del own[CHANCE]
        top = best(own)
        told = {"best": top.name, "rival": top.rival}
        found[track] = {"recall": means, "over": _leads(own), **told}
    return found


def nearest_rival(
    leads: Mapping[str, Estimate], rivals: Sequence[str]
) -> tuple[str, Estimate] | None:
    """Over which of these is a lead least sure, and how far is it?

    Parameters
    ----------
    leads : dict of Estimate
        By name of the other.
    rivals : sequence of str
        Those of them that are not there are passed over; None comes of it if nobody is.
    """
    there = {name: leads[name] for name in rivals if name in leads}
    return min(there.items(), key=lambda lead: lead[1].low, default=None)


def leads_by_track(
    tracks: Mapping[str, Mapping[str, Any]], names: Sequence[str], rivals: Sequence[str] = ()
) -> dict[str, dict[str, Estimate]]:
    """Who is ahead of whom, for a table with a column a track and a row a pair.

    Parameters
    ----------
    tracks : dict from track to dict
        As :func:`compared_tracks` gives them.
    names : sequence of str
        Held against each other, in this order, and each against the rivals.
    rivals : sequence of str
        Pairs of which one is not there are left out.

    Returns
    -------
    dict from track to dict of Estimate
        By ``"A over B"``: how far the first is ahead.
    """
    pairs = [*combinations(names, 2), *product(names, rivals)]
    return {
        track: {
            f"{one} over {other}": found["over"][one][other]
            for one, other in pairs
            if other in found["over"].get(one, {})
        }
        for track, found in tracks.items()
    }


def _leads(values: Mapping[str, Sequence[PerUser]]) -> dict[str, dict[str, Estimate]]:
    """What each has more than each other."""
    pairs = {f"{a} over {b}": (a, b) for a, b in combinations(values, 2)}
    one, two = ({name: values[pair[side]] for name, pair in pairs.items()} for side in (0, 1))
    found: dict[str, dict[str, Estimate]] = {name: {} for name in values}
    for name, lead in paired_intervals(one, two).items():
        a, b = pairs[name]
        found[a][b] = lead
        found[b][a] = replace(lead, value=-lead.value, low=-lead.high, high=-lead.low)
    return found


def _train(run: Run, data: Collection) -> Interactions:
    if run.data != data.name:
        raise InputError(f"{run.label}, seed {run.seed}: a run on {run.data!r}, not {data.name!r}")
    return protocol("cold", data.interactions, run.seed, candidates=data.candidates).train


def _of(values: Values, track: str, metric: str) -> PerUser:
    if metric not in values:
        raise InputError(f"no {metric!r} on the track {track!r}, only {', '.join(values)}")
    return values[metric]
