"""A page of the book: what a notebook records, shows and claims."""

from keyword import iskeyword
from typing import Any

from mmnotes.errors import InputError
from mmnotes.report import hardware
from mmnotes.report.claims import claims_of
from mmnotes.report.expressions import RESERVED
from mmnotes.report.output import publish, publish_markdown
from mmnotes.report.parameters import Parameters
from mmnotes.report.real import Compute, Real, real
from mmnotes.report.results import recorded_in_full
from mmnotes.report.shown import Shown
from mmnotes.report.style import use_style
from mmnotes.report.values import Value, plain, record_entry

RECORDS_MIME = "application/vnd.mmnotes.records+json"
SIMULATED = "simulated"


class Page(Shown):
    """What one run of a notebook records, shows and claims.

    Parameters
    ----------
    notebook : str
        The file's name without its ending: ``"03_fusion"``.
    mode : str
        ``"fast"`` or ``"full"``.
    seed : int
        The first seed; ``seeds`` follow from it.
    n_seeds : int
        Five or more; with fewer the page says that its intervals are not to be trusted.
    null : bool
        True in the run in which the effect is switched off and every claim must fail.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``, as torch names them.

    Raises
    ------
    InputError
        If a parameter is none of these.
    """

    def __init__(
        self, notebook: str, *, mode: str, seed: int, n_seeds: int, null: bool, device: str
    ) -> None:
        self.parameters = Parameters(notebook, mode, seed, n_seeds, null, device)
        self.notebook, self.mode, self.null, self.device = notebook, mode, null, device
        self.seed, self.n_seeds = seed, n_seeds
        self._records: dict[str, dict[str, Any]] = {}
        self._reals: dict[str, Real] = {}
        use_style()
        if self.parameters.notice:
            publish_markdown(self.parameters.notice)

    @property
    def fast(self) -> bool:
        """Whether this is fast mode."""
        return self.mode == "fast"

    @property
    def seeds(self) -> list[int]:
        """The seeds of this run; another ``seed`` gives altogether other ones."""
        return self.parameters.seeds

    def record(self, name: str, value: Any, data: str = SIMULATED, unit: str = "") -> Value:
        """Write a number down, for the claims, the scoreboard and the next reader; returns it.

        Parameters
        ----------
        name : str
            A Python name, since claims are expressions over these names.
        value : float, int, bool, Estimate, or a NumPy scalar
        data : str
            ``"simulated"``, or a dataset that ``real`` was called for.
        unit : str
            ``"s"``, ``"NDCG@10"``; empty for a share.

        Raises
        ------
        InputError
            If the name is not one, is taken, or is abs, min or max; the value is NaN, infinite or
            no number; or the dataset is unknown to this page.
        """
        if not name.isidentifier() or name in RESERVED or iskeyword(name):
            raise InputError(f"record {name!r}: choose a name like 'gain_of_images'")
        if name in self._records:
            raise InputError(f"record {name!r} is written twice: choose another name")
        number = plain(value, f"record {name!r}")
        self._records[name] = record_entry(number, unit, data, self._source(name, data))
        return number

    def real(self, dataset: str, compute: Compute) -> Real:
        """Compute on a real dataset if it is at hand, else take the kept results; says which.

        Parameters
        ----------
        dataset : str
            A name that ``mmnotes.data`` knows: ``"amazon-apparel"``.
        compute : callable
            Takes the loaded dataset, returns a dict of named results (numbers, Estimates, text,
            lists and dicts of these).

        Raises
        ------
        InputError
            If the page has asked for this dataset before, or a result cannot be kept as JSON.
        DataNotFound
            If the data are not at hand and nothing was kept; the message says what to do.
        """
        if dataset in self._reals:
            raise InputError(f"page.real is called twice for {dataset!r}: compute all in one call")
        asked = self.parameters.as_dict()
        found = real(self.notebook, dataset, compute, **asked)
        self._reals[dataset] = found
        publish_markdown(found.note)
        return found

    def check(self) -> None:
        """Say which claims of this page its numbers bear out, and hand the numbers to the book.

        A claim that does not hold raises nothing here: the book looks at the run as is and at the
        null run, and decides.

        Raises
        ------
        InputError
            If a claim names a value that was not recorded.
        """
        publish_markdown(self._verdicts())
        records = {
            "notebook": self.notebook,
            "parameters": self.parameters.as_dict(),
            "values": self._records,
            "real": [found.entry() for found in self._reals.values()],
            "hardware": hardware.sentence(self.device),
        }
        publish({RECORDS_MIME: records, "text/plain": f"{len(self._records)} recorded values"})

    def _verdicts(self) -> str:
        claims = claims_of(self.notebook)
        if not claims:
            return f"The ledger holds no claim of {self.notebook}."
        lines, beside = [], self.fast and not self.null
        full = recorded_in_full(self.notebook) if beside else {}
        for claim in claims:
            verdict = "true" if claim.holds(self._records) else "false"
            lines.append(f"- **{verdict}** · {claim.sentence} (`{claim.expression}`)")
            if in_full := claim.full_verdict(full):
                lines[-1] += f" In the kept full run it {in_full}."
        run = "with the effect switched off" if self.null else "of this run"
        return f"The claims of this page, over the numbers {run}:\n\n" + "\n".join(lines)

    def _source(self, name: str, data: str) -> str:
        if data == SIMULATED:
            return "run"
        if data not in self._reals:
            raise InputError(
                f"record {name!r} is said to be of {data!r}, but this page did not call "
                f"page.real({data!r}, …) before"
            )
        return self._reals[data].source
