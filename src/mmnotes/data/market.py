"""A market we own: users, items, exposure and clicks from a model whose truth is known."""

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmnotes.data.clicks import cascade_clicks, examination, position_clicks
from mmnotes.data.drawing import IMAGE_TRAITS
from mmnotes.data.exposure import Preference, Shelf, draw_slates
from mmnotes.data.items import METADATA_TRAITS, Streams, given_items, make_items
from mmnotes.data.knobs import MODALITIES, MarketConfig
from mmnotes.data.tables import Catalog, Impressions
from mmnotes.data.taste import Taste
from mmnotes.data.words import TEXT_TRAITS
from mmnotes.errors import InputError


@dataclass(frozen=True)
class Market:
    """A log, and the truth behind it.

    Parameters
    ----------
    config : MarketConfig
    catalog : Catalog
        With one policy column, ``promoted``.
    traits : dict of (n_items, d_m) float
        What each modality really says of an item; zero rows where it is missing.
    taste : Taste
    launch : (n_items,) int
        The day from which an item is on sale.
    readiness : (n_users,) float
        How readily each user clicks, in standard deviations; it counts ``eagerness`` times.
    impressions : Impressions
        Ordered by day.
    """

    config: MarketConfig
    catalog: Catalog
    traits: dict[str, np.ndarray]
    taste: Taste
    launch: np.ndarray
    readiness: np.ndarray
    impressions: Impressions

    def utility(self, rows: Impressions, seen: Collection[str] = MODALITIES) -> np.ndarray:
        """Utility of each row as far as these modalities tell; see ``Taste.utility``.

        Raises
        ------
        InputError
            If a modality is unseen and the items are real: what a real title tells of its photo is
            not known.
        """
        if set(seen) != set(MODALITIES) and self.catalog.name != "simulated market":
            raise InputError(
                "an ideal scorer that sees only some modalities needs simulated items; "
                "on real ones, fit a ranker"
            )
        return self.taste.utility(self.traits, rows, seen)

    def attraction(self, rows: Impressions) -> np.ndarray:
        """Probability of a click on each row where it is looked at, (n_rows,)."""
        base = np.log(self.config.click_rate / (1 - self.config.click_rate))
        utility = self.taste.utility(self.traits, rows)
        eager = self.config.eagerness * self.readiness[rows.user]
        return 1 / (1 + np.exp(-(base + eager + self.config.sharpness * utility)))

    def examination(self, rows: Impressions) -> np.ndarray:
        """Probability that each row is looked at, (n_rows,): the position-based model.

        It does not speak of the slates that are read from the top and left (``cascade``).
        """
        return examination(rows.position, self.config.position_bias)

    def measured_share(self, name: str) -> np.ndarray:
        """One modality's share in the variance of each user's utility, (n_users,) float.

        It is the share that was set where no modality repeats another; where they agree, their
        terms move together and shares add up to less than one.
        """
        rows = self.impressions
        of_user = pd.DataFrame(
            {"term": self.utility(rows, seen=(name,)), "all": self.utility(rows)}
        ).groupby(rows.user)
        variance = of_user.var()
        return (variance["term"] / variance["all"].mean()).to_numpy()

    def swap_pictures(self, seed: int = 0) -> "Market":
        """The experiment: pictures dealt out anew among the items, and the same slates shown again.

        Titles and metadata stay where they were, so only clicks that follow the picture move.
        """
        streams = _streams(seed)
        order = streams("swap").permutation(len(self.catalog))
        images = self.catalog.images
        swapped = replace(
            self,
            # A dealt-out picture tells nothing of the title beside it.
            config=replace(self.config, redundancy=0.0),
            catalog=replace(self.catalog, images=None if images is None else images.select(order)),
            traits={**self.traits, "image": self.traits["image"][order]},
        )
        swapped = replace(swapped, taste=replace(self.taste, config=swapped.config))
        return replace(swapped, impressions=_click(swapped, streams("swap clicks")))


def simulate(
    config: MarketConfig,
    seed: int = 0,
    catalog: Catalog | None = None,
    traits: Mapping[str, np.ndarray] | None = None,
    bucket: str | None = None,
) -> Market:
    """Draw a market: items, tastes, slates and clicks.

    With a real catalog, simulated users choose among real items: their tastes run over ``traits``
    of those items (see ``mmnotes.data.traits.traits_of``).

    Parameters
    ----------
    config : MarketConfig
    seed : int
        Each part draws from its own stream, so that turning a knob leaves the rest as it was.
    catalog, traits : Catalog and dict of (n_items, d_m) float, or None for simulated items
    bucket : str
        The content column from which ``slate_similarity`` draws near misses; the first by default.

    Raises
    ------
    InputError
        If a catalog comes without traits or the reverse, the traits don't fit it or hold NaN, a
        knob that shapes items is set for real ones, ``bucket`` is no column, or slates cannot be
        filled.
    """
    streams = _streams(seed)
    if catalog is None and traits is None:
        dims = {"text": TEXT_TRAITS, "image": IMAGE_TRAITS, "metadata": METADATA_TRAITS}
        taste = Taste.draw(config, dims, streams("taste"))
        items = make_items(config, taste.appeal, streams)
    else:
        items = given_items(config, catalog, traits)
        config = replace(config, n_items=len(items.catalog))
        dims = {name: items.traits[name].shape[1] for name in MODALITIES}
        taste = Taste.draw(config, dims, streams("taste"))

    appeal = taste.appeal(items.traits)
    promoted = _promote(appeal, config.promotion, streams("promotion"))
    catalog = _with_policy(items.catalog, promoted)
    launch = _launch_days(config, streams("launch"))
    common = config.logging_bias * _standard(items.traits["text"] @ taste.common["text"])
    common = common + config.promotion * promoted
    column = bucket or catalog.content[0]
    if column not in catalog.items:
        raise InputError(f"market: bucket {column!r} is no column; there are {catalog.content}")
    codes = pd.factorize(catalog.items[column], use_na_sentinel=False)[0]
    readiness = streams("readiness").normal(size=config.n_users)
    impressions = _show(config, common, readiness, codes, launch, streams)
    market = Market(config, catalog, dict(items.traits), taste, launch, readiness, impressions)
    return replace(market, impressions=_click(market, streams("clicks")))


def _streams(seed: int) -> Streams:
    if seed < 0:
        raise InputError(f"market: seed must be 0 or more, not {seed}")
    return lambda name: np.random.default_rng([seed, zlib.crc32(name.encode())])


def _promote(appeal: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """A tenth of the items, the likelier the better they sell, (n_items,) bool."""
    keys = strength * appeal + rng.gumbel(size=len(appeal))
    return keys >= np.sort(keys)[-max(len(keys) // 10, 1)]


def _with_policy(catalog: Catalog, promoted: np.ndarray) -> Catalog:
    return replace(
        catalog, items=catalog.items.assign(promoted=promoted), policy=(*catalog.policy, "promoted")
    )


def _launch_days(config: MarketConfig, rng: np.random.Generator) -> np.ndarray:
    launch = rng.integers(1, max(config.n_days, 2), size=config.n_items)
    launch = np.minimum(launch, config.n_days - 1)
    return np.where(rng.random(config.n_items) < config.new_items, launch, 0)


def _show(
    config: MarketConfig,
    common: np.ndarray,
    readiness: np.ndarray,
    bucket: np.ndarray,
    launch: np.ndarray,
    streams: Streams,
) -> Impressions:
    rng = streams("visits")
    n = round(config.n_users * config.impressions_per_user)
    # Some users come often and most rarely, as in every log; each comes at least once.
    activity = rng.lognormal(sigma=0.6, size=config.n_users)
    extra = rng.choice(config.n_users, size=n - config.n_users, p=activity / activity.sum())
    user = rng.permutation(np.concatenate([np.arange(config.n_users), extra]))
    day = np.sort(rng.integers(0, config.n_days, size=n))
    device = rng.integers(0, 2, size=n)
    shelf = Shelf.stock(bucket, launch, config.n_days)
    size = config.slate_size
    preference = Preference(
        common, _favoured(bucket, streams("steering")), config.steering * readiness[user]
    )
    slates = draw_slates(
        day, size, preference, shelf, bucket, config.slate_similarity, streams("slates")
    )
    return Impressions(
        impression=np.repeat(np.arange(n), size),
        user=np.repeat(user, size),
        item=slates.ravel(),
        position=np.tile(np.arange(1, size + 1), n),
        clicked=np.zeros(n * size, dtype=bool),
        day=np.repeat(day, size),
        device=np.repeat(device, size),
    )


def _favoured(bucket: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One half of the buckets at random: 1 for their items, 0 for the others, (n_items,)."""
    n_buckets = bucket.max() + 1
    return (rng.permutation(n_buckets) < n_buckets // 2)[bucket].astype(float)


def _click(market: Market, rng: np.random.Generator) -> Impressions:
    rows = market.impressions
    attraction = market.attraction(rows)
    clicked = position_clicks(attraction, market.examination(rows), rng)
    if market.config.cascade:
        left = rng.random(rows.impression.max() + 1) < market.config.cascade
        one = cascade_clicks(attraction, rows.position, rows.impression, rng)
        clicked = np.where(left[rows.impression], one, clicked)
    return replace(rows, clicked=clicked)


def _standard(scores: np.ndarray) -> np.ndarray:
    return (scores - scores.mean()) / max(scores.std(), 1e-12)
