"""What an executed notebook recorded: the values behind its sentences, and its real data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmnotes.book.extras import need
from mmnotes.errors import InputError

MIME = "application/vnd.mmnotes.records+json"


@dataclass(frozen=True)
class Records:
    """What ``page.check()`` left in an executed notebook.

    Parameters
    ----------
    notebook : str
        The stem of the notebook's file name.
    parameters : dict
        The parameters that the page ran with, as it says itself.
    values : dict
        For each recorded name its ``value``, ``low``, ``high``, ``n_users``, ``n_seeds``,
        ``unit``, ``data`` and ``source``.
    real : list of dict
        For each real dataset ``dataset``, ``source`` (``run`` or ``kept``), ``payload``,
        ``provenance``.
    hardware : str
        What the kernel ran on, in a sentence; empty if the page does not say.
    """

    notebook: str
    parameters: dict[str, Any]
    values: dict[str, dict[str, Any]]
    real: list[dict[str, Any]] = field(default_factory=list)
    hardware: str = ""


def is_records(output: Mapping[str, Any]) -> bool:
    """Is this output of a cell the one that carries the records?"""
    return MIME in output.get("data", {})


def read_records(path: Path, shown: str | None = None) -> Records:
    """What did this executed notebook record?

    Raises
    ------
    InputError
        If it holds no records, more than one set of them, or the wrong notebook's.
    """
    shown = shown or str(path)
    nb = need("nbformat").read(path, as_version=4)
    bundles = [
        output["data"][MIME]
        for cell in nb.cells
        for output in cell.get("outputs", [])
        if is_records(output)
    ]
    if len(bundles) != 1:
        raise InputError(
            f"{shown}: {len(bundles)} sets of records; "
            "the last cell, and no other, must call page.check()"
        )
    return parse_records(bundles[0], path.name.split(".")[0], shown)


def parse_records(bundle: Mapping[str, Any], notebook: str, shown: str) -> Records:
    """The records of this notebook from their JSON form; raises InputError as ``read_records``."""
    absent = {"notebook", "parameters", "values"} - set(bundle)
    if absent:
        raise InputError(f"{shown}: the records lack {', '.join(sorted(absent))}")
    if bundle["notebook"] != notebook:
        raise InputError(
            f"{shown}: the records are those of notebook {bundle['notebook']!r}; "
            f"write Page({notebook!r}, …)"
        )
    return Records(
        notebook=notebook,
        parameters=dict(bundle["parameters"]),
        values={name: dict(value) for name, value in bundle["values"].items()},
        real=[dict(real) for real in bundle.get("real", [])],
        hardware=bundle.get("hardware", ""),
    )
