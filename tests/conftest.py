"""Fixtures that several rooms share."""

import os

import pytest

from mmnotes import data


def real(name):
    """A dataset at hand; tests that ask for it are skipped where it is not."""
    if not os.environ.get("MMNOTES_DATA") or not data.at_hand(name):
        pytest.skip(f"{name} is not at hand: set MMNOTES_DATA")
    return data.load(name)


@pytest.fixture(scope="session")
def apparel():
    """The real apparel set."""
    return real("amazon-apparel")


@pytest.fixture(scope="session")
def baby():
    """The real Amazon Baby."""
    return real("amazon-baby")


@pytest.fixture(scope="session")
def sports():
    """The real Amazon Sports."""
    return real("amazon-sports")


@pytest.fixture(scope="session")
def grocery():
    """The real Amazon Grocery."""
    return real("amazon-grocery")


@pytest.fixture(scope="session")
def coat():
    """The real Coat ratings."""
    return real("coat")


@pytest.fixture(scope="session")
def open_bandit():
    """The real Open Bandit logs."""
    return real("open-bandit")


@pytest.fixture(scope="session")
def flickr8k():
    """The real captions of Flickr8k."""
    return real("flickr8k-captions")
