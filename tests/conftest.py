"""Fixtures that several rooms share, and which tests need real data."""

import os
import sys

import pytest

from mmnotes import data

# Under nbformat, jsonschema builds a grammar of addresses when it is imported, if this is there
# (JupyterLab wants it): two seconds in each process, for a format that no notebook has.
sys.modules.setdefault("rfc3987_syntax", None)

REAL = {"apparel", "baby", "cards", "coat", "flickr8k", "gift_cards", "grocery", "open_bandit"}
REAL |= {"originals", "sports"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Whatever asks for a real dataset is marked, so that `.ci/run` can choose it."""
    for item in items:
        if REAL & set(getattr(item, "fixturenames", ())):
            item.add_marker("real")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Whatever is skipped for want of data has to be marked."""
    report = yield
    wants = report.skipped and "set MMNOTES_DATA" in str(report.longrepr)
    if wants and not item.get_closest_marker("real"):
        report.outcome = "failed"
        report.longrepr = "skipped for want of data, but not marked `real`: .ci/run would miss it"
    return report


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
