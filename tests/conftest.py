"""Fixtures that several rooms share."""

import os

import pytest

from mmnotes import data


@pytest.fixture(scope="session")
def apparel():
    """The real apparel set; tests that ask for it are skipped where it is not at hand."""
    if not os.environ.get("MMNOTES_DATA") or not data.at_hand("amazon-apparel"):
        pytest.skip("amazon-apparel is not at hand: set MMNOTES_DATA")
    return data.load("amazon-apparel")
