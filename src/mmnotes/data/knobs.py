"""The knobs of the simulated market: one for each way in which a log can fool us."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any

from mmnotes.errors import InputError

MODALITIES = ("text", "image", "metadata")


@dataclass(frozen=True)
class Knob:
    """What a knob does, and the setting at which its effect is gone."""

    name: str
    default: float
    null: float
    does: str


def _knob(default: float, null: float, does: str, least: float = 0.0, most: float = 1.0) -> Any:
    return field(
        default=default, metadata={"null": null, "does": does, "least": least, "most": most}
    )


@dataclass(frozen=True)
class MarketConfig:
    """How big the market is, and how each effect is set.

    Sizes are counts. Every other field is a knob; ``KNOBS`` lists what each does, and
    ``config.null("redundancy")`` is the same market with that effect switched off. The four shares
    are relative: they are divided by their sum.

    Raises
    ------
    InputError
        If a size is no whole number or not positive, a knob is no number or out of range, or no
        share is positive.
    """

    n_users: int = 400
    n_items: int = 800
    n_days: int = 30
    impressions_per_user: float = 12.0
    slate_size: int = 20

    text_share: float = _knob(
        0.4, 0.0, "share of taste that is about what the title says", most=inf
    )
    image_share: float = _knob(
        0.4, 0.0, "share of taste that is about what the picture shows", most=inf
    )
    metadata_share: float = _knob(
        0.2, 0.0, "share of taste that is about category, brand, material and price", most=inf
    )
    complement: float = _knob(
        0.0,
        0.0,
        "share of taste that is about picture and metadata together: stripes that suit a jacket",
        most=inf,
    )
    redundancy: float = _knob(
        0.0, 0.0, "squared correlation between what picture and title say of an item"
    )
    personal: float = _knob(
        0.3, 0.0, "share of taste that differs between users; the rest is common to all"
    )
    sharpness: float = _knob(
        1.6, 0.0, "log-odds of a click for one standard deviation of utility", most=10.0
    )
    click_rate: float = _knob(
        0.12,
        0.12,
        "click rate of an item of average utility, where it is looked at",
        least=0.001,
        most=0.9,
    )
    eagerness: float = _knob(
        0.0,
        0.0,
        "how far users differ in how readily they click, whatever is shown, in log-odds",
        most=5.0,
    )
    device_tilt: float = _knob(
        0.0, 0.0, "how much more the picture, and less the title, weighs on a phone"
    )
    position_bias: float = _knob(
        0.0, 0.0, "power with which attention falls with position: 1 / position ** power", most=5.0
    )
    cascade: float = _knob(
        0.0, 0.0, "share of slates that are read from the top and left with the first click"
    )
    logging_bias: float = _knob(
        0.0, 0.0, "how strongly the platform showed what its title-only ranker preferred", most=10.0
    )
    promotion: float = _knob(
        0.0,
        0.0,
        "how strongly the platform promotes what already sells, to the top slots",
        most=10.0,
    )
    steering: float = _knob(
        0.0, 0.0, "how strongly eager users are shown one half of the categories", most=10.0
    )
    slate_similarity: float = _knob(
        0.0, 0.0, "share of a slate that is drawn from one category: near misses beside each other"
    )
    drift: float = _knob(
        0.0, 0.0, "how far the common taste in pictures turns over the log, in right angles", most=4
    )
    new_items: float = _knob(0.0, 0.0, "share of items launched while the log runs")
    missing_text: float = _knob(0.0, 0.0, "share of items without a title")
    missing_image: float = _knob(0.0, 0.0, "share of items without a picture")
    missing_metadata: float = _knob(0.0, 0.0, "share of items without metadata")
    missing_bias: float = _knob(
        0.0, 0.0, "how much likelier an unloved item is to miss a modality, in log-odds", most=10.0
    )
    short_titles: float = _knob(0.0, 0.0, "share of titles cut to two words")
    dark_images: float = _knob(0.0, 0.0, "share of pictures taken in low light")
    duplicates: float = _knob(0.0, 0.0, "share of items that carry another item's picture")
    studio: float = _knob(1.0, 0.0, "share of pictures on a white studio ground")

    def __post_init__(self) -> None:
        for name in ("n_users", "n_items", "n_days", "slate_size"):
            size = getattr(self, name)
            if not isinstance(size, Integral) or size < 1:
                raise InputError(f"market: {name} must be a whole number from 1, not {size!r}")
        if self.slate_size * 2 > self.n_items:
            raise InputError(
                f"market: a slate of {self.slate_size} needs at least {2 * self.slate_size} items, "
                f"not {self.n_items}"
            )
        _check_range("impressions_per_user", self.impressions_per_user, 1, inf)
        for knob in _FIELDS:
            limits = knob.metadata["least"], knob.metadata["most"]
            _check_range(knob.name, getattr(self, knob.name), *limits, knob.metadata["does"])
        if sum(self._raw_shares().values()) <= 0:
            raise InputError("market: at least one of the shares must be positive")

    def _raw_shares(self) -> dict[str, float]:
        return {
            "text": self.text_share,
            "image": self.image_share,
            "metadata": self.metadata_share,
            "complement": self.complement,
        }

    @property
    def shares(self) -> dict[str, float]:
        """The shares of taste, summing to one: text, image, metadata, complement."""
        raw = self._raw_shares()
        return {name: share / sum(raw.values()) for name, share in raw.items()}

    def null(self, *knobs: str) -> "MarketConfig":
        """The same market with these effects switched off."""
        unknown = [name for name in knobs if name not in KNOBS]
        if unknown:
            raise InputError(f"market: no knob is called {unknown}; there are {sorted(KNOBS)}")
        off: Mapping[str, Any] = {name: KNOBS[name].null for name in knobs}
        return replace(self, **off)


def _check_range(name: str, value: object, least: float, most: float, does: str = "") -> None:
    """Refuse what is no number, NaN and infinity included, or lies out of range."""
    if isinstance(value, Real) and isfinite(value) and least <= float(value) <= most:
        return
    limits = f"lie in {least:g} … {most:g}" if isfinite(most) else f"be a number from {least:g}"
    raise InputError(f"market: {name} must {limits}, not {value!r}{does and f' ({does})'}")


_FIELDS = [f for f in fields(MarketConfig) if "null" in f.metadata]

KNOBS: dict[str, Knob] = {
    f.name: Knob(f.name, f.default, f.metadata["null"], f.metadata["does"])  # type: ignore[arg-type]
    for f in _FIELDS
}
