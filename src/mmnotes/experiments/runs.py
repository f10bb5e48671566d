"""What came of one run: the record that JSON holds, and the values of every user beside it."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmnotes.data.files import read_arrays
from mmnotes.data.writing import replaced
from mmnotes.errors import InputError
from mmnotes.evaluate.protocol import FullRanking
from mmnotes.evaluate.users import PerUser
from mmnotes.experiments.records import check_fields, expect

Values = Mapping[str, PerUser]

_OF_RUNS = {
    "text": ("model", "data", "device", "preset", "variant", "protocol"),
    "a whole number from 0": ("seed", "epochs", "best_epoch"),
    "a number from 0": ("epoch_cpu_seconds", "cpu_seconds", "seconds"),
    "a number from 0, or null": ("peak_mib",),
    "an object": ("settings",),
    "true or false": ("depends_on_seed",),
}
_OF_OUTCOMES = {
    "text": ("candidates",),
    "a whole number from 0": ("n_candidates", "n_users"),
    "an object of numbers from 0": ("metrics", "chance"),
}


@dataclass(frozen=True)
class Outcome:
    """What a track came to, as means over its users.

    Parameters
    ----------
    metrics, chance : dict of float
        By name of the metric; chance is a scorer that says the same of every candidate.
    candidates : str
        What was ranked, in words.
    n_candidates, n_users : int
    """

    metrics: Mapping[str, float]
    chance: Mapping[str, float]
    candidates: str
    n_candidates: int
    n_users: int

    @classmethod
    def of(cls, ranking: FullRanking) -> "Outcome":
        """The means of a ranking."""
        metrics, chance = (
            {name: float(values.values.mean()) for name, values in part.items()}
            for part in (ranking.metrics, ranking.chance)
        )
        among = ranking.candidates.name
        return cls(metrics, chance, among, ranking.n_candidates, ranking.n_users)


@dataclass(frozen=True)
class Run:
    """One model, trained once.

    Parameters
    ----------
    model, data : str
    seed : int
    device : str
        ``"cpu"`` or ``"cuda"``.
    epochs : int
        That were run; 1 for a model that is fitted in one go.
    epoch_cpu_seconds : float
        Mean processor time of an epoch, all threads, without the look at the validation part; the
        whole fit for a model that is fitted in one go.
    peak_mib : float or None
        The most memory that fitting held above what was held before: of the process, or of the GPU.
        None where the system does not tell.
    tracks : dict of Outcome
        By name; ``"valid"`` and ``"test"`` are always there.
    preset, variant, protocol : str
        ``variant`` is what sets it apart from other runs of the model, in words for a table.
    settings : dict
        What the model was given, beside its defaults.
    best_epoch : int
        The epoch that counts, chosen on the validation part.
    cpu_seconds, seconds : float
        Processor time of fitting, looks at the validation part included; and time on the wall,
        without them. Epochs before a checkpoint count.
    depends_on_seed : bool
        False where every seed gives the same: then one run stands for all.
    per_user, chance_per_user : dict of dict of PerUser
        By track and metric. They are kept in a file beside the JSON.
    """

    model: str
    data: str
    seed: int
    device: str
    epochs: int
    epoch_cpu_seconds: float
    peak_mib: float | None
    tracks: Mapping[str, Outcome]
    preset: str = ""
    variant: str = ""
    protocol: str = "warm"
    settings: Mapping[str, Any] = field(default_factory=dict)
    best_epoch: int = 1
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    depends_on_seed: bool = True
    per_user: Mapping[str, Values] = field(default_factory=dict, repr=False, compare=False)
    chance_per_user: Mapping[str, Values] = field(default_factory=dict, repr=False, compare=False)

    @property
    def label(self) -> str:
        """The model, and what is particular about it: the name of a row."""
        return f"{self.model}, {self.variant}" if self.variant else self.model

    @property
    def valid(self) -> Mapping[str, float]:
        """Metrics on the validation part."""
        return self.tracks["valid"].metrics

    @property
    def test(self) -> Mapping[str, float]:
        """Metrics on the test part."""
        return self.tracks["test"].metrics

    def to_dict(self) -> dict[str, Any]:
        """A form that JSON can hold, without the values of users."""
        plain = {
            name: value
            for name, value in vars(self).items()
            if name not in ("tracks", "per_user", "chance_per_user")
        }
        tracks = {name: asdict(outcome) for name, outcome in self.tracks.items()}
        return plain | {"valid": dict(self.valid), "test": dict(self.test), "tracks": tracks}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], where: str = "a run") -> "Run":
        """The run that :meth:`to_dict` wrote, without the values of users.

        Raises
        ------
        InputError
            If a field is missing, unknown or of the wrong kind; the message names ``where``.
        """
        expect(isinstance(record, dict), where, "itself", "an object", record)
        copies = {name: record.get(name) for name in ("valid", "test")}
        own = {name: value for name, value in record.items() if name not in copies}
        given = check_fields(own, cls, _OF_RUNS, where)
        given["tracks"] = _tracks(given["tracks"], where)
        for name, copy in copies.items():
            same = copy == given["tracks"][name].metrics
            expect(same, where, name, f"the metrics of tracks.{name}", copy)
        return cls(**given)


def write_run(stem: Path, run: Run) -> None:
    """Write ``stem.npz`` with the values of users, and then ``stem.json``: now it is finished.

    Raises
    ------
    InputError
        If they cannot be written.
    """
    arrays: dict[str, np.ndarray] = {}
    for name, kinds in (("metric", run.per_user), ("chance", run.chance_per_user)):
        for track, values in kinds.items():
            for metric, of_users in values.items():
                arrays[f"{track} users"] = of_users.users
                arrays[f"{track} {name} {metric}"] = of_users.values
    record = json.dumps(run.to_dict(), indent=1, allow_nan=False)
    try:
        with replaced(stem.with_suffix(".npz")) as part:
            np.savez_compressed(part, **arrays)  # type: ignore[arg-type]
        with replaced(stem.with_suffix(".json")) as part:
            part.write_text(record, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{stem}: the run cannot be written ({error})") from error


def read_run(stem: Path) -> Run:
    """The run that :func:`write_run` wrote, with the values of users.

    Raises
    ------
    InputError
        If one of the two files is missing or broken, or they do not fit together.
    """
    file = stem.with_suffix(".json")
    try:
        run = Run.from_dict(json.loads(file.read_text(encoding="utf-8")), str(file))
        arrays = read_arrays(stem.with_suffix(".npz"), list(_array_names(run)))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file}: {error}; delete it and the .npz beside it, and run it again"
        ) from error
    found: dict[str, dict[str, dict[str, PerUser]]] = {"metric": {}, "chance": {}}
    for track, outcome in run.tracks.items():
        for kind, means in (("metric", outcome.metrics), ("chance", outcome.chance)):
            users = arrays[f"{track} users"]
            found[kind][track] = {
                name: PerUser(users, arrays[f"{track} {kind} {name}"]) for name in means
            }
            _check_means(found[kind][track], means, f"{file}: tracks.{track}")
    return replace(run, per_user=found["metric"], chance_per_user=found["chance"])


def _array_names(run: Run) -> Iterator[str]:
    """Names in the file of the values of users."""
    for track, outcome in run.tracks.items():
        yield f"{track} users"
        yield from (f"{track} metric {name}" for name in outcome.metrics)
        yield from (f"{track} chance {name}" for name in outcome.chance)


def _check_means(values: Values, means: Mapping[str, float], where: str) -> None:
    for name, mean in means.items():
        found = float(values[name].values.mean())
        if not math.isclose(found, mean, abs_tol=1e-9):
            raise InputError(
                f"{where}: {name} is {mean}, but the mean of the users beside it is {found}: "
                "delete both files and run it again"
            )


def _tracks(record: Any, where: str) -> dict[str, Outcome]:
    fine = isinstance(record, dict) and record.keys() >= {"valid", "test"}
    expect(fine, where, "tracks", "an object with 'valid' and 'test'", record)
    return {
        name: Outcome(**check_fields(given, Outcome, _OF_OUTCOMES, f"{where}: tracks.{name}"))
        for name, given in record.items()
    }
