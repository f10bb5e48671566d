"""The section on real data: computed here if the data are at hand, else the kept results."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mmnotes.errors import DataNotFound, InputError
from mmnotes.report import results
from mmnotes.report.provenance import provenance
from mmnotes.report.values import freeze, thaw

Compute = Callable[[Any], Mapping[str, Any]]

# How the note on the origin of a section's numbers begins; the book moves it to the section's top.
RAN, KEPT = "**Ran here just now**", "**Kept results:**"


@dataclass(frozen=True)
class Real:
    """Results on one real dataset; ``real["name"]`` is one of them.

    Parameters
    ----------
    dataset : str
    source : str
        ``"run"`` if computed by this run, ``"kept"`` if read from the kept results.
    values : dict
        What ``compute`` returned, with lists in place of arrays and tuples.
    note : str
        The first line of the section, in Markdown; empty for those that only stand beside others.
    provenance : dict
    full : Real or None
        The kept results of full mode, to show beside these. None where none were kept, or where
        these are of full mode themselves.
    """

    dataset: str
    source: str
    values: dict[str, Any]
    note: str
    provenance: dict[str, Any]
    full: "Real | None" = None

    def __getitem__(self, key: str) -> Any:
        if key not in self.values:
            raise InputError(
                f"results on {self.dataset!r} have no {key!r}; they have {', '.join(self.values)}"
            )
        return self.values[key]

    @property
    def mode(self) -> str:
        """Of the run that computed these, which need not be this one: ``"fast"`` or ``"full"``."""
        return str(self.provenance["mode"])

    @property
    def whence(self) -> str:
        """When and on what these were computed, in which mode, and by which commit."""
        origin = self.provenance
        return f"{origin['date']}: {self.mode} mode, {origin['device']}, commit {origin['commit']}"

    @property
    def versions(self) -> "list[Real]":
        """These results, and after them those of the kept full run: a table of each."""
        return [self] if self.full is None else [self, self.full]

    @property
    def caption(self) -> str:
        """What a table says of where its numbers are from; nothing if this run computed them."""
        return "" if self.source == "run" else f"{self.dataset}: kept results of {self.whence}."

    def beside(self, what: str, *keys: str | int) -> str:
        """A sentence with one result of the kept full run, to stand beside this run's own.

        Empty where there is no such run: see ``full``.

        Parameters
        ----------
        what : str
            What the result is, in words.
        *keys : str or int
            The way to it: ``beside("the last gain", "gains", -1)`` shows ``values["gains"][-1]``.

        Raises
        ------
        InputError
            If the kept run has no such result.
        """
        if self.full is None:
            return ""
        found: Any = self.full.values
        for key in keys:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                way = " › ".join(map(str, keys))
                raise InputError(f"the kept full run on {self.dataset!r} has no {way}") from None
        return f" In the kept full run {what} was {found}."

    def entry(self) -> dict[str, Any]:
        """What the runner reads: dataset, source, payload and provenance."""
        return {
            "dataset": self.dataset,
            "source": self.source,
            "payload": freeze(self.values),
            "provenance": self.provenance,
        }


def by_mode(reals: Mapping[str, Real]) -> list[dict[str, Real]]:
    """Results on several datasets for tables side by side: those of fast mode, and those of full.

    Parameters
    ----------
    reals : dict of Real
        By the name that a table gives the dataset.

    Returns
    -------
    list of dict
        One a mode that there are results of; a dataset without any is left out of it.
    """
    named = [(name, each) for name, real in reals.items() for each in real.versions]
    modes = ({name: each for name, each in named if each.mode == mode} for mode in results.MODES)
    return [there for there in modes if there]


def real(
    notebook: str,
    dataset: str,
    compute: Compute,
    *,
    mode: str,
    null: bool,
    device: str = "auto",
    **more: Any,
) -> Real:
    """Results on a real dataset: run now if it is at hand, else the kept ones.

    Parameters
    ----------
    compute : callable
        Takes ``mmnotes.data.load(dataset)``; returns a dict of numbers, estimates, text, tables
        (DataFrame), and lists and dicts of these.
    **more
        Goes into the provenance (seed, n_seeds).

    Raises
    ------
    DataNotFound
        If the data are not at hand and nothing fitting was kept.
    InputError
        If ``compute`` returns what JSON cannot hold.
    """
    from mmnotes.data.prepared import at_hand, load

    if not at_hand(dataset):
        return _from_kept(notebook, dataset, mode, null)
    start = time.perf_counter()
    data = load(dataset)
    answer = compute(data)
    if not isinstance(answer, Mapping):
        raise InputError(
            f"{notebook}: what is computed on {dataset!r} must be a dict of named results, "
            f"not {type(answer).__name__}"
        )
    values = thaw(freeze(answer, f"{notebook}: result on {dataset}"))
    seconds = time.perf_counter() - start
    origin = provenance(
        data_sha256=data.fingerprint, wall_seconds=seconds, device=device, mode=mode, **more
    )
    full = None if mode == "full" else _full(notebook, dataset, null)
    return Real(dataset, "run", values, _run_note(data, origin), origin, full)


def _from_kept(notebook: str, dataset: str, mode: str, null: bool) -> Real:
    found = results.find(notebook, dataset, mode=mode, null=null)
    if found is None:
        run = "null run" if null else "run"
        raise DataNotFound(
            f"{notebook}: dataset {dataset!r} is not at hand, and no {run} on it was kept. Set "
            f"MMNOTES_DATA to the folder that holds {dataset}/"
        )
    full = None if found.mode == "full" else _full(notebook, dataset, null)
    real = _kept(found)
    return replace(real, note=_kept_note(real), full=full)


def _full(notebook: str, dataset: str, null: bool) -> Real | None:
    found = results.find(notebook, dataset, mode="full", null=null)
    return _kept(found) if found is not None and found.mode == "full" else None


def _kept(found: results.Kept) -> Real:
    origin = {**found.provenance, "mode": found.mode}
    return Real(found.dataset, "kept", found.values, "", origin)


def _run_note(data: Any, origin: Mapping[str, Any]) -> str:
    return (
        f"{RAN} on {data.name}: {len(data.catalog):,} items, "
        f"{origin['wall_seconds']:.0f} s, {origin['device']}."
    )


def _kept_note(kept: Real) -> str:
    return (
        f"{KEPT} {kept.dataset} is not at hand, so these numbers are not computed now. "
        f"They are from {kept.whence}. To run them here, set `MMNOTES_DATA` to the folder that "
        f"holds `{kept.dataset}/`."
    )
