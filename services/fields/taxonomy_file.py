"""The taxonomy file: its form, and what it says in the form in which texts are searched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.core.errors import SettingsError
from services.core.text import fold, syllables
from services.core.yaml_text import YAMLError, load_yaml

DEFAULT_FILE = Path(__file__).parent / "taxonomy.yaml"


class _Entry(BaseModel):
    """One topic as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    vi: str
    en: str
    cues: dict[str, float] = Field(default_factory=dict)
    subject_cues: dict[str, float] = Field(default_factory=dict)
    units: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    topics: tuple[_Entry, ...] = ()


class _File(BaseModel):
    """The taxonomy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = 3
    subject_factor: float = 3
    least_share: float = Field(default=0, ge=0, le=1)
    topics: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase as the file spells it, the form in which texts are searched, its weight; perhaps for subjects only."""

    spoken: str
    form: str
    weight: float
    subject_only: bool = False


@dataclass(frozen=True, slots=True)
class TopicEntry:
    """A topic of the taxonomy with its path; context in the form in which texts are searched."""

    id: str
    vi: str
    en: str
    cues: tuple[Cue, ...]
    units: frozenset[str]
    context: tuple[str, ...]

    @property
    def parent(self) -> str | None:
        """The id one level up, None on the first tier."""
        return self.id.rpartition("/")[0] or None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a taxonomy file says: topics by id, parents before their children; `version` names this very text."""

    entries: Mapping[str, TopicEntry]
    threshold: float
    subject_factor: float
    least_share: float
    version: str


def read_rules(path: Path | None = None) -> Rules:
    """Read a taxonomy file, the product's own by default; SettingsError says what is wrong with it."""
    source = path or DEFAULT_FILE
    try:
        data = source.read_bytes()
        loaded = _File.model_validate(load_yaml(data.decode("utf-8")))
    except (OSError, UnicodeDecodeError, YAMLError, ValidationError) as error:
        raise SettingsError(f"{source} is no taxonomy: {error}. See the top of {DEFAULT_FILE}.") from error
    return Rules(
        entries={entry.id: entry for entry in _walk(loaded.topics, "")},
        threshold=loaded.threshold,
        subject_factor=loaded.subject_factor,
        least_share=loaded.least_share,
        version=hashlib.sha256(data).hexdigest()[:12],
    )


def _walk(entries: Sequence[_Entry], above: str) -> Iterator[TopicEntry]:
    for entry in entries:
        path = f"{above}/{entry.id}" if above else entry.id
        yield TopicEntry(
            id=path,
            vi=entry.vi,
            en=entry.en,
            cues=(*_cues(entry.cues), *_cues(entry.subject_cues, subject_only=True)),
            units=frozenset(fold(u) for u in entry.units),
            context=tuple(_form(c) for c in entry.context),
        )
        yield from _walk(entry.topics, path)


def _cues(weights: Mapping[str, float], *, subject_only: bool = False) -> Iterator[Cue]:
    return (Cue(spoken, _form(spoken), weight, subject_only) for spoken, weight in weights.items())


def _form(cue: str) -> str:
    return " ".join(syllables(cue))
