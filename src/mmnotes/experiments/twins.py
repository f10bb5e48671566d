"""The control of an ensemble: what would two of a kind gain, that differ by their seed alone?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_interval
from mmnotes.experiments.ensembles import Asked, Member, alone, rankings, shared_hits, together
from mmnotes.experiments.summary import CHANCE
from mmnotes.experiments.tracks import Protocol

Row = dict[str, Estimate | float]


@dataclass(frozen=True)
class Beside:
    """An ensemble of two models, beside each of them alone and beside two of each kind.

    Averaging two runs of one model takes out errors that a run makes by chance, so any second
    member brings a gain (Hansen and Salamon 1990, https://doi.org/10.1109/34.58871). What another
    model knows is in what the ensemble has over the better of its controls.

    Parameters
    ----------
    single, twice : dict of Asked
        By model, in the same order: it alone, and with its twin. Without a twin a model stands for
        both: EASE, which no seed changes, gains nothing from itself.
    both : Asked
    common : dict of Estimate
        Share of hits in common, see :func:`~mmnotes.experiments.ensembles.shared_hits`: of the two
        models under ``""``, and of a model and its twin under its name.
    """

    single: Mapping[str, Asked]
    twice: Mapping[str, Asked]
    both: Asked
    common: Mapping[str, Estimate]

    @property
    def gain(self) -> Estimate:
        """What the ensemble has over the better one alone."""
        return self.both.over(*self.single.values())

    @property
    def left(self) -> Estimate:
        """What it has over the better control: what is left when averaging is taken out."""
        return self.both.over(*self.twice.values())

    def of_twins(self, name: str) -> Estimate:
        """What two of this kind have over one."""
        return self.twice[name].over(self.single[name])

    def rows(self) -> dict[str, Row]:
        """A table as plain values: a row each for chance, the models, two of a kind, and both.

        Columns are ``mean``, ``gain`` (over the better one alone), ``left`` (over the better of two
        of a kind), ``share`` (of the first) and ``common`` (of hits), as far as a row has them.
        """
        rows: dict[str, Row] = {CHANCE: {"mean": mean_interval(self.both.chance)}}
        rows |= {name: {"mean": _mean(asked)} for name, asked in self.single.items()}
        for name in self.single:
            if name in self.common:
                gain = self.of_twins(name)
                rows[f"{name} twice"] = _row(self.twice[name], gain, self.common[name])
        last = _row(self.both, self.gain, self.common[""])
        return rows | {" with ".join(self.single): last | {"left": self.left}}


def beside_twins(
    models: Mapping[str, Sequence[Member]],
    twins: Mapping[str, Sequence[Member]],
    cuts: Sequence[Protocol],
) -> Beside:
    """What do two models gain together that each would not gain with a second run of itself?

    All are weighed in the same way: the validation part says how much each of two counts.

    Parameters
    ----------
    models : dict of two
        By name, one member a seed.
    twins : dict
        The same models, trained likewise under other seeds; none for a model without a seed.
    cuts : sequence of Protocol
        One a seed.

    Raises
    ------
    InputError
        If there are not two models, or as :func:`~mmnotes.experiments.ensembles.together`.
    """
    if len(models) != 2:
        raise InputError(f"an ensemble is of two models, not of {len(models)}: {list(models)}")
    single = {name: alone(each, cuts) for name, each in models.items()}
    found = {name: asked.tests for name, asked in single.items()}
    one, other = models
    twice, common = dict(single), {"": shared_hits(found[one], found[other])}
    for name, each in models.items():
        if name in twins:
            twice[name] = together(each, twins[name], cuts)
            common[name] = shared_hits(found[name], rankings(twins[name], cuts))
    return Beside(single, twice, together(models[one], models[other], cuts), common)


def turned(members: Sequence[Member]) -> list[Member]:
    """The members of the next seed, in the same order: partners of another seed, at no cost.

    Two models that were started with one seed have random numbers in common, and so errors: they
    are no fair pair beside twins. On one dataset five runs of each model are enough for all pairs.
    A run then stands in two pairs, once as the first and once as the second. Differences between
    pairs in which one member is another run stay independent from seed to seed as far as what
    members bring adds up, and the gain of twins over one varies less than its interval says.

    Parameters
    ----------
    members : sequence
        One a seed, of two seeds at least.

    Raises
    ------
    InputError
        If there is one seed alone, whose member would be its own partner.

    Examples
    --------
    >>> turned(["of seed 0", "of seed 1", "of seed 2"])
    ['of seed 1', 'of seed 2', 'of seed 0']
    """
    if len(members) < 2:
        raise InputError(f"{len(members)} seed has no other seed beside it: give two or more")
    return [*members[1:], members[0]]


def _row(asked: Asked, gain: Estimate, common: Estimate) -> Row:
    return {"mean": _mean(asked), "gain": gain, "share": asked.share, "common": common}


def _mean(asked: Asked) -> Estimate:
    return mean_interval(asked.values).within(0, 1)
