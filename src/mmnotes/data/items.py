"""Items for the simulated market: traits first, then what a catalog shows of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from mmnotes.data.drawing import IMAGE_TRAITS, draw_garments
from mmnotes.data.images import ArrayImages
from mmnotes.data.knobs import KNOBS, MODALITIES, MarketConfig
from mmnotes.data.tables import Catalog
from mmnotes.data.words import TEXT_TRAITS, write_titles
from mmnotes.errors import InputError

METADATA_TRAITS = 4
CATEGORIES = ("shirts", "dresses", "jackets", "tops", "knitwear", "blouses")
BRANDS = (
    "Aldine", "Bodoni", "Caslon", "Didot", "Elzevir", "Fell", "Garamond", "Hoefler", "Ionic",
    "Janson",
)  # fmt: skip
MATERIALS = ("cotton", "linen", "wool", "silk", "viscose")

# Knobs that shape the items themselves; a real catalog comes with its own.
ITEM_KNOBS = (
    "redundancy", "missing_text", "missing_image", "missing_metadata", "missing_bias",
    "short_titles", "dark_images", "duplicates", "studio",
)  # fmt: skip

Streams = Callable[[str], np.random.Generator]


@dataclass(frozen=True)
class Items:
    """A catalog, and what is true of its items.

    Parameters
    ----------
    catalog : Catalog
    traits : dict of (n_items, d_m) float
        What each modality really says of an item, standard normal; zero rows where it is missing.
    """

    catalog: Catalog
    traits: dict[str, np.ndarray]


def make_items(config: MarketConfig, appeal_of: Callable, streams: Streams) -> Items:
    """Items whose titles, pictures and metadata follow from known traits.

    Parameters
    ----------
    config : MarketConfig
    appeal_of : callable, traits → (n_items,) float
        Appeal to the common taste, standard scores; decides who misses a modality under
        ``missing_bias``.
    streams : callable, name → Generator
        Independent random streams, so that turning one knob leaves the other draws as they were.
    """
    n = config.n_items
    traits = _draw_traits(config, streams("traits"))
    source = _picture_sources(n, config.duplicates, streams("duplicates"))
    traits["image"] = traits["image"][source]
    appeal = appeal_of(traits)
    missing = {
        name: _choose(getattr(config, f"missing_{name}"), config.missing_bias * -appeal,
                      streams(f"missing {name}"))
        for name in MODALITIES
    }  # fmt: skip

    short = streams("short titles").random(n) < config.short_titles
    titles = write_titles(traits["text"], streams("titles"), short)
    titles[missing["text"]] = ""
    studio = streams("studio").random(n) < config.studio
    dark = streams("dark images").random(n) < config.dark_images
    pictures = draw_garments(traits["image"], streams("pictures"), studio, dark)[source]
    catalog = Catalog(
        name="simulated market",
        items=_describe(traits["metadata"], missing["metadata"]).assign(title=titles),
        images=ArrayImages(pictures, ~missing["image"]),
        content=("category", "brand", "material", "price"),
    )
    seen = {name: np.where(missing[name][:, None], 0.0, traits[name]) for name in MODALITIES}
    return Items(catalog, seen)


def given_items(
    config: MarketConfig, catalog: Catalog | None, traits: Mapping[str, np.ndarray] | None
) -> Items:
    """Real items, once it is certain that simulated users can choose among them.

    Raises
    ------
    InputError
        If one of the two is absent, they don't fit, a trait is NaN, or a knob that shapes simulated
        items is turned.
    """
    if catalog is None or traits is None:
        raise InputError("market: a real catalog and its traits come together; give both")
    lengths = {name: len(traits.get(name, ())) for name in MODALITIES}
    if set(lengths.values()) != {len(catalog)}:
        raise InputError(f"market: {len(catalog)} items, but rows of traits: {lengths}")
    for name in MODALITIES:
        if traits[name].ndim != 2 or not np.isfinite(traits[name]).all():
            raise InputError(
                f"market: traits of {name} must be finite numbers, (n_items, d): zero rows where "
                "an item lacks it"
            )
    off = {name: (KNOBS[name].default, KNOBS[name].null) for name in ITEM_KNOBS}
    turned = [name for name in ITEM_KNOBS if getattr(config, name) not in off[name]]
    if turned:
        raise InputError(
            f"market: real items come with their own {turned}; leave these knobs alone"
        )
    if not catalog.content:
        raise InputError(f"market: catalog {catalog.name!r} declares no content column")
    if "promoted" in catalog.items:
        raise InputError(
            f"market: catalog {catalog.name!r} has a column 'promoted', which the simulated "
            "platform decides; drop it"
        )
    return Items(catalog, dict(traits))


def _draw_traits(config: MarketConfig, rng: np.random.Generator) -> dict[str, np.ndarray]:
    text = rng.standard_normal((config.n_items, TEXT_TRAITS))
    own = rng.standard_normal((config.n_items, IMAGE_TRAITS))
    image = np.sqrt(config.redundancy) * text + np.sqrt(1 - config.redundancy) * own
    metadata = rng.standard_normal((config.n_items, METADATA_TRAITS))
    return {"text": text, "image": image, "metadata": metadata}


def _picture_sources(n: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Whose picture each item carries, (n,): its own, unless it is a duplicate."""
    source = np.arange(n)
    order = rng.permutation(n)
    # One original at least: the others must copy from someone.
    copies, originals = np.split(order, [min(round(share * n), n - 1)])
    source[copies] = rng.choice(originals, size=len(copies))
    return source


def _choose(share: float, log_odds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A share of items, (n,) bool, the likelier the higher their log-odds (Gumbel top-k)."""
    keys = log_odds + rng.gumbel(size=len(log_odds))
    chosen = np.zeros(len(keys), dtype=bool)
    chosen[np.argsort(-keys)[: round(share * len(keys))]] = True
    return chosen


def _describe(traits: np.ndarray, missing: np.ndarray) -> pd.DataFrame:
    def bins(trait: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        edges = norm.ppf(np.arange(1, len(names)) / len(names))
        return np.array(names, dtype=object)[np.searchsorted(edges, trait)]

    frame = pd.DataFrame(
        {
            "category": bins(traits[:, 0], CATEGORIES),
            "brand": bins(traits[:, 1], BRANDS),
            "material": bins(traits[:, 2], MATERIALS),
            "price": np.round(np.exp(3.2 + 0.5 * traits[:, 3]), 2),
        }
    )
    frame.loc[missing] = None
    return frame
