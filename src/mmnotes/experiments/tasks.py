"""What is to be run: a model, its settings and seed, and what is done to its content."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from mmnotes.data.embedding import array_sha256
from mmnotes.errors import InputError
from mmnotes.experiments.collection import Collection
from mmnotes.experiments.models import WITHOUT_CONTENT, check, is_seeded, is_trained, plain
from mmnotes.experiments.presets import LARGE_BATCHES
from mmnotes.experiments.tracks import PROTOCOLS
from mmnotes.features.content import Content
from mmnotes.features.knockout import GRAPHS, WAYS, knock_out
from mmnotes.recommenders.ranges import in_range


@dataclass(frozen=True)
class KnockOut:
    """Which modalities are knocked out, and how; see :func:`~mmnotes.features.knock_out`.

    Parameters
    ----------
    how : dict from modality to way
        ``{"text": "shuffle"}``.
    graphs : {"rebuilt", "kept"}

    Raises
    ------
    InputError
        If there is no modality, or no such way or kind of graph.

    Examples
    --------
    >>> str(KnockOut({"image": "zero", "text": "shuffle"}, graphs="kept"))
    'image zero, text shuffle, graphs kept'
    """

    how: Mapping[str, str]
    graphs: str = "rebuilt"

    def __post_init__(self) -> None:
        strange = [way for way in self.how.values() if way not in WAYS]
        if strange or not self.how or self.graphs not in GRAPHS:
            raise InputError(
                f"a knock-out names modalities and what is done to each ({', '.join(WAYS)}), with "
                f"graphs {' or '.join(GRAPHS)}, not {dict(self.how)} with graphs {self.graphs!r}"
            )

    def __str__(self) -> str:
        said = [f"{name} {way}" for name, way in self.how.items()]
        return ", ".join(said if self.graphs == "rebuilt" else [*said, f"graphs {self.graphs}"])

    def of(self, content: Content, random_state: int) -> Content:
        """The content without what is knocked out."""
        for name, way in self.how.items():
            content = knock_out(content, [name], way, random_state, self.graphs)
        return content


@dataclass(frozen=True)
class Task:
    """One model to be trained once, and everything that decides what comes of it.

    Parameters
    ----------
    model : str
        See :mod:`mmnotes.experiments.models`.
    seed : int
        Of all that is drawn: the model's start, its batches, what is cold, what is shuffled.
    settings : dict
        What the model is given beside its defaults, in plain values.
    preset : str
        Where the settings came from, for the record.
    variant : str
        What sets the settings apart from others of the same model, in words for a table.
    protocol : {"warm", "cold"}
        See :mod:`mmnotes.experiments.tracks`.
    device : str
    modalities : tuple of str
        Those that the model gets; all if there is none.
    knocked_out : KnockOut, optional
        Before training, and so at scoring time too.
    at_scoring : tuple of KnockOut
        Each makes one more run of the same trained model, with its content knocked out then.

    Raises
    ------
    InputError
        If there is no such model or protocol, the model takes no such setting, a setting is no
        plain value, or the seed is negative.
    """

    model: str
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    preset: str = ""
    variant: str = ""
    protocol: str = "warm"
    device: str = "auto"
    modalities: tuple[str, ...] = ()
    knocked_out: KnockOut | None = None
    at_scoring: tuple[KnockOut, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", plain(self.settings, "settings"))
        object.__setattr__(self, "seed", plain(self.seed, "seed"))
        check(self.model, self.settings)
        if self.protocol not in PROTOCOLS:
            raise InputError(
                f"there is no protocol {self.protocol!r}; choose from {', '.join(PROTOCOLS)}"
            )
        if not in_range(self.seed, 0, whole=True):
            raise InputError(f"a seed must be a whole number from 0, not {self.seed!r}")
        if self.model in WITHOUT_CONTENT and (
            self.modalities or self.knocked_out or self.at_scoring
        ):
            raise InputError(f"{self.model} looks at no content, so none can be taken from it")
        if self.at_scoring and not is_trained(self.model):
            raise InputError(
                f"{self.model} has no content that could be knocked out at scoring time"
            )

    @property
    def words(self) -> str:
        """What is particular about it, for a table."""
        only = f"{' and '.join(self.modalities)} only" if self.modalities else ""
        knocked_out = str(self.knocked_out) if self.knocked_out else ""
        return ", ".join(filter(None, [self.variant, only, knocked_out]))

    @property
    def label(self) -> str:
        """The model, and what is particular about it."""
        return f"{self.model}, {self.words}" if self.words else self.model

    @property
    def depends_on_seed(self) -> bool:
        """Could another seed change what comes?"""
        return is_seeded(self.model) or self.protocol == "cold" or self.knocked_out is not None

    def in_large_batches(self) -> "Task":
        """The same in larger batches; of a model that has none, the same."""
        if "batch_size" not in self.settings:
            return self
        return replace(self, settings={**self.settings, **LARGE_BATCHES})

    def content(self, data: Collection) -> Content | None:
        """What the model gets to see of the items in training."""
        if self.model in WITHOUT_CONTENT or data.content is None:
            return None
        content = data.content.only(self.modalities) if self.modalities else data.content
        return self.knocked_out.of(content, self.seed) if self.knocked_out else content

    def stem(self, data: Collection, at_scoring: KnockOut | None = None) -> str:
        """The name of its files: the model, a digest of what decides the run, and the seed.

        What was given counts, and the data; neither the code nor its defaults do. After a change to
        those, runs want another folder.
        """
        decides: dict[str, Any] = {
            "settings": self.settings,
            "protocol": self.protocol,
            "interactions": data.interactions_sha256,
            "content": "" if self.model in WITHOUT_CONTENT else data.content_sha256,
        }
        if self.modalities:
            decides["modalities"] = self.modalities
        if data.candidates is not None:
            decides["candidates"] = array_sha256(data.candidates.items)
        for when, what in (("knocked out", self.knocked_out), ("at scoring", at_scoring)):
            if what is not None:
                decides[when] = asdict(what)
        said = json.dumps(decides, sort_keys=True)
        digest = hashlib.sha256(said.encode()).hexdigest()[:16]
        words = re.sub(r"\W+", "-", f"{data.name} {self.model}")
        return f"{words}-{digest}-{self.seed}"
