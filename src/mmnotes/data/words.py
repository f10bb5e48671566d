"""Titles for the simulated market: traits put into words."""

import numpy as np

# Each trait has two poles; an item far towards a pole draws its words from there.
POLES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("fleece", "wool", "thermal", "padded", "quilted", "cosy", "heavy", "knitted"),
        ("linen", "breezy", "light", "sleeveless", "mesh", "airy", "summer", "cropped"),
    ),
    (
        ("tailored", "satin", "office", "classic", "pressed", "elegant", "evening", "silk"),
        ("relaxed", "jersey", "lounge", "everyday", "slouchy", "weekend", "hooded", "soft"),
    ),
    (
        ("running", "stretch", "training", "athletic", "court", "racer", "trail", "active"),
        ("vintage", "retro", "heritage", "faded", "antique", "western", "folk", "bohemian"),
    ),
    (
        ("floral", "graphic", "embroidered", "sequin", "printed", "tiedye", "ruffled", "lace"),
        ("plain", "basic", "solid", "minimal", "simple", "essential", "uniform", "clean"),
    ),
)
NOUNS = ("shirt", "dress", "jacket", "top", "sweater", "tunic", "blouse", "vest")
TEXT_TRAITS = len(POLES)
WORDS_A_TITLE = 12


def write_titles(traits: np.ndarray, rng: np.random.Generator, short: np.ndarray) -> np.ndarray:
    """A title for each item, from its traits.

    Each word picks a trait at random, and one of its poles with log-odds ``3 × trait``; a noun that
    says nothing closes the title.

    Parameters
    ----------
    traits : (n_items, TEXT_TRAITS) float
    short : (n_items,) bool
        Titles cut to two words.

    Returns
    -------
    (n_items,) array of str
    """
    n = len(traits)
    trait = rng.integers(0, TEXT_TRAITS, size=(n, WORDS_A_TITLE))
    towards = np.take_along_axis(traits, trait, axis=1)
    first_pole = rng.random((n, WORDS_A_TITLE)) < 1 / (1 + np.exp(-3 * towards))
    word = rng.integers(0, len(POLES[0][0]), size=(n, WORDS_A_TITLE))
    vocabulary = np.array(POLES, dtype=object)  # (trait, pole, word)
    chosen = vocabulary[trait, np.where(first_pole, 0, 1), word]
    nouns = np.array(NOUNS, dtype=object)[rng.integers(0, len(NOUNS), size=n)]
    lengths = np.where(short, 1, WORDS_A_TITLE)
    return np.array(
        [" ".join([*row[:k], noun]) for row, k, noun in zip(chosen, lengths, nouns, strict=True)],
        dtype=object,
    )
