"""Runs as a table: means with intervals over users and seeds, beside chance and a baseline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_intervals, paired_intervals, paired_ratio
from mmnotes.evaluate.seeds import differences, seed_table
from mmnotes.evaluate.users import PerUser
from mmnotes.experiments.runs import Run

CHANCE, FLOOR = "chance", "MostPop"
ByLabel = Mapping[str, Mapping[int, Run]]
_Line = tuple[str, Mapping[str, Estimate], Mapping[str, Estimate]]  # label, means, gains


@dataclass(frozen=True)
class Row:
    """One row of the table: a model on a track.

    Parameters
    ----------
    label : str
        ``"chance"``, or the label of the runs.
    data, protocol, track, candidates : str
        On what, and among which items.
    n_candidates : int
    metrics : dict of Estimate
        Over users and seeds.
    gains : dict of Estimate
        Over the baseline, user by user and seed by seed; empty for it and for chance.
    """

    label: str
    data: str
    protocol: str
    track: str
    candidates: str
    n_candidates: int
    metrics: Mapping[str, Estimate]
    gains: Mapping[str, Estimate]

    def to_dict(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        parts = {"metrics": self.metrics, "gains": self.gains}
        shown = {
            part: {name: value.to_dict() for name, value in values.items()}
            for part, values in parts.items()
        }
        return {**vars(self), **shown}


def summary(
    runs: Sequence[Run], baseline: str = FLOOR, metrics: Sequence[str] | None = None
) -> list[Row]:
    """How good is each model on each track, and by how much better than the baseline?

    Chance comes first on each track, then the baseline. Gains are over the seeds that both have; a
    run that would be the same under every seed, as those of MostPop and EASE, stands for each.

    Parameters
    ----------
    runs : sequence of Run
        With the values of users. All of one dataset.
    baseline : str
        A label. If it is not among them, there are no gains.
    metrics : sequence of str, optional
        All if not given.

    Raises
    ------
    InputError
        If there is no run, they are of several datasets, one has no values of users, or two are of
        the same label and seed.
    """
    rows = []
    for protocol in dict.fromkeys(run.protocol for run in runs):
        by_label = group([run for run in runs if run.protocol == protocol])
        first = next(iter(next(iter(by_label.values())).values()))
        for track, outcome in first.tracks.items():
            told = (first.data, protocol, track, outcome.candidates, outcome.n_candidates)
            names = list(metrics or outcome.metrics)
            rows += [
                Row(label, *told, means, gains)
                for label, means, gains in _of_track(by_label, track, names, baseline)
            ]
    if not rows:
        raise InputError("there is no run to sum up")
    return rows


def _of_track(by_label: ByLabel, track: str, names: Sequence[str], baseline: str) -> list[_Line]:
    """Labels with their means and gains, chance first and then the baseline."""
    most = max(by_label.values(), key=len).values()
    chance = {name: of_users(most, name, track, chance=True) for name in names}
    rows: list[_Line] = [(CHANCE, _means(chance), {})]
    for label in sorted(by_label, key=lambda label: label != baseline):
        own = {name: of_users(by_label[label].values(), name, track) for name in names}
        gains: Mapping[str, Estimate] = {}
        if label != baseline and baseline in by_label:
            pairs = {name: paired(by_label, (label, baseline), track, name) for name in names}
            if pairs[names[0]][0]:
                a, b = ({name: pair[side] for name, pair in pairs.items()} for side in (0, 1))
                gains = paired_intervals(a, b)
        rows.append((label, _means(own), gains))
    return rows


def _means(values: Mapping[str, list[PerUser]]) -> dict[str, Estimate]:
    # The metrics are shares, which two seeds that differ could leave by far.
    return {name: mean.within(0, 1) for name, mean in mean_intervals(values).items()}


def retention(
    runs: Sequence[Run], full: str, floor: str, track: str = "test", metric: str = "recall@20"
) -> dict[str, Estimate]:
    """Which share of what ``full`` gains over ``floor`` do the other runs keep?

    (m - floor) / (full - floor), means over users and seeds: 1 is as good as ``full``, 0 as
    ``floor``. For a knock-out the floor is the same model with all modalities shuffled, for what a
    graph of items adds the model without one. It serves where ``full`` is clear of the floor.

    Parameters
    ----------
    runs : sequence of Run
        With the values of users. All of one dataset and one protocol.
    full, floor : str
        Labels.
    track, metric : str

    Raises
    ------
    InputError
        If a label is not there, seeds are not shared, or ``full`` is no better than ``floor``.
    """
    by_label = group(runs)
    check_labels(by_label, (full, floor))
    shares = {}
    for label in by_label:
        if label in (full, floor):
            continue
        some, whole, least = paired(by_label, (label, full, floor), track, metric)
        if not some:
            raise InputError(f"{label!r}, {full!r} and {floor!r} share no seed")
        gain = differences(whole, least)
        if not seed_table(gain).mean > 0:
            raise InputError(f"{full!r} is no better than {floor!r}, so there is nothing to keep")
        shares[label] = paired_ratio(differences(some, least), gain)
    return shares


def group(runs: Sequence[Run]) -> dict[str, dict[int, Run]]:
    """Runs by label, and then by seed, ascending.

    Raises
    ------
    InputError
        If they are of several datasets or protocols, one has no values of users, or two are of the
        same label and seed.
    """
    kinds = sorted({(run.data, run.protocol) for run in runs})
    if len(kinds) > 1:
        raise InputError(f"runs of several datasets or protocols: {kinds}; sum up each apart")
    found: dict[str, dict[int, Run]] = {}
    for run in sorted(runs, key=lambda run: run.seed):
        if not run.per_user:
            raise InputError(f"{run.label}, seed {run.seed}: the values of users are not at hand")
        if run.seed in found.get(run.label, {}):
            raise InputError(f"{run.label}: two runs with the seed {run.seed}")
        found.setdefault(run.label, {})[run.seed] = run
    return {label: found[label] for label in dict.fromkeys(run.label for run in runs)}


def paired(
    by_label: ByLabel, labels: Sequence[str], track: str, metric: str
) -> list[list[PerUser]]:
    """The values of users of each label under the seeds that all share."""
    groups = [by_label[label] for label in labels]
    seeded = [set(runs) for runs in groups if _is_seeded(runs)]
    seeds = sorted(set.intersection(*seeded)) if seeded else list(groups[0])[:1]
    return [
        of_users(
            [runs[seed] if _is_seeded(runs) else _alone(runs) for seed in seeds], metric, track
        )
        for runs in groups
    ]


def _is_seeded(runs: Mapping[int, Run]) -> bool:
    """Also where there is one for each seed: each may be of data of its own."""
    return len(runs) > 1 or _alone(runs).depends_on_seed


def _alone(runs: Mapping[int, Run]) -> Run:
    return next(iter(runs.values()))


def check_labels(by_label: ByLabel, labels: Sequence[str]) -> None:
    """Refuse labels that no run has."""
    for label in labels:
        if label not in by_label:
            there = ", ".join(by_label) or "no run at all"
            raise InputError(f"no run is labelled {label!r}; there is {there}")


def of_users(
    runs: Iterable[Run], metric: str = "recall@20", track: str = "test", chance: bool = False
) -> list[PerUser]:
    """The values of users, one entry a run: ready for ``mean_interval``.

    Parameters
    ----------
    runs : iterable of Run
    metric, track : str
    chance : bool
        What a scorer that says the same of every candidate would come to, instead.

    Raises
    ------
    InputError
        If a run has no values of users for this metric and track.
    """
    found = []
    for run in runs:
        tracks = run.chance_per_user if chance else run.per_user
        if metric not in tracks.get(track, {}):
            raise InputError(
                f"{run.label}, seed {run.seed}: no values of users for {metric!r} on the track "
                f"{track!r}; tracks are {', '.join(tracks) or 'none'}"
            )
        found.append(tracks[track][metric])
    return found
