"""Where things lie in a checkout: notebooks, ledger, kept results, and what a build writes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mmnotes.errors import InputError

NAME = re.compile(r"\d\d_[a-z0-9_]+\.ipynb")


class UnknownNotebook(InputError):
    """A name that fits no notebook of the checkout."""


@dataclass(frozen=True)
class Checkout:
    """The folders and files of one checkout, all of them below ``root``.

    Tests plant a whole checkout in a temporary folder; nothing in this room knows another path.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Checkout":
        """The checkout around a folder (default: the current one), else the one of this package.

        Raises
        ------
        InputError
            If neither lies in a checkout: this is an installed copy of the library.
        """
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents, *Path(__file__).resolve().parents):
            if (folder / "book" / "claims.toml").is_file() and (folder / "notebooks").is_dir():
                return cls(folder)
        raise InputError(
            f"no checkout around {start}: no parent folder holds notebooks/ and book/claims.toml; "
            "clone the repository and run the command inside it"
        )

    @property
    def notebooks(self) -> Path:
        """The tracked notebooks, stripped of outputs."""
        return self.root / "notebooks"

    @property
    def book(self) -> Path:
        """The Sphinx source."""
        return self.root / "book"

    @property
    def config(self) -> Path:
        """The configuration of the book; also the one place of the repository's address."""
        return self.root / "_config.yml"

    @property
    def ledger(self) -> Path:
        """The claims."""
        return self.book / "claims.toml"

    @property
    def published_rows(self) -> Path:
        """Which figures of ours stand beside published ones."""
        return self.book / "published.toml"

    @property
    def results(self) -> Path:
        """Kept results on real data, one JSON file a notebook."""
        return self.book / "results"

    @property
    def staged(self) -> Path:
        """Executed copies that Sphinx renders; git ignores them."""
        return self.book / "notebooks"

    @property
    def generated(self) -> Path:
        """Pages and parts of pages that the build writes; git ignores them."""
        return self.book / "_generated"

    @property
    def scoreboard(self) -> Path:
        """The table of all claims, which ``book/scoreboard.md`` includes."""
        return self.generated / "scoreboard.md"

    @property
    def published(self) -> Path:
        """Our figures beside published ones, which ``book/published.md`` includes."""
        return self.generated / "published.md"

    @property
    def build(self) -> Path:
        """Everything that a build leaves behind; git ignores it."""
        return self.root / "build"

    @property
    def html(self) -> Path:
        """The finished book."""
        return self.build / "html"

    def executed(self, notebook: Path, mode: str, null: bool) -> Path:
        """Where the executed copy of a notebook lies."""
        return self.build / "executed" / mode / ("null" if null else "asis") / notebook.name

    def chapters(self) -> list[Path]:
        """The tracked notebooks in the order of their numbers.

        Raises
        ------
        InputError
            If there is none, or one is not named like ``03_fusion.ipynb``.
        """
        found = sorted(self.notebooks.glob("*.ipynb"))
        if not found:
            raise InputError(f"no notebook in {self.show(self.notebooks)}")
        for path in found:
            if not NAME.fullmatch(path.name):
                raise InputError(
                    f"{self.show(path)}: a notebook is named NN_name.ipynb, lower case, "
                    "such as 03_fusion.ipynb; rename it"
                )
        return found

    def select(self, names: Iterable[str] = ()) -> list[Path]:
        """The chapters of these names (``03``, ``fusion``, ``03_fusion``, a path); all for none.

        Raises
        ------
        UnknownNotebook
            If a name fits no notebook.
        """
        chapters = self.chapters()
        chosen = {self._one(name, chapters) for name in names}
        return sorted(chosen) or chapters

    def _one(self, name: str, chapters: list[Path]) -> Path:
        wanted = Path(name).stem if name.endswith(".ipynb") else name
        for path in chapters:
            number, _, rest = path.stem.partition("_")
            if wanted in (path.stem, rest, number, str(int(number))):
                return path
        known = ", ".join(path.stem for path in chapters)
        raise UnknownNotebook(f"no notebook {name!r}; there are {known}")

    def show(self, path: Path) -> str:
        """A path as messages print it: from the root where it lies below, else whole."""
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return str(path)
