"""Topics: an editable taxonomy file, cue phrases with weights, and what they find in a document."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.core.errors import SettingsError
from services.core.model import CleanText, Record, Topic
from services.core.text import fold, folded_form, has_marks, syllables

DEFAULT_FILE = Path(__file__).parent / "taxonomy.yaml"
MOST_TOPICS = 15
_LONG_TEXT = 1500  # syllables: in longer texts more chance words must come together
_REASON_CUES = 3


class _Entry(BaseModel):
    """One topic as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    vi: str
    en: str
    cues: dict[str, float] = Field(default_factory=dict)
    units: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    topics: tuple[_Entry, ...] = ()


class _File(BaseModel):
    """The taxonomy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = 3
    subject_factor: float = 3
    topics: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class TopicEntry:
    """A topic of the taxonomy with its path; cues and context in the form in which texts are searched."""

    id: str
    vi: str
    en: str
    cues: tuple[tuple[str, str, float], ...]
    units: frozenset[str]
    context: tuple[str, ...]

    @property
    def parent(self) -> str | None:
        """The id one level up, None on the first tier."""
        return self.id.rpartition("/")[0] or None


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The topics of an archive; `entries` by id, parents before their children."""

    entries: dict[str, TopicEntry]
    threshold: float
    subject_factor: float

    @classmethod
    def load(cls, path: Path | None = None) -> Taxonomy:
        """Read a taxonomy file, the product's own by default; SettingsError says what is wrong with it."""
        source = path or DEFAULT_FILE
        try:
            loaded = _File.model_validate(yaml.safe_load(source.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise SettingsError(f"{source} is no taxonomy: {error}. See the top of {DEFAULT_FILE}.") from error
        entries = {e.id: e for e in _walk(loaded.topics, "")}
        return cls(entries, loaded.threshold, loaded.subject_factor)

    def label(self, topic_id: str, locale: str = "vi") -> str:
        """Return a topic's label; an unknown id is its own label, so that old records stay readable."""
        entry = self.entries.get(topic_id)
        if entry is None:
            return topic_id
        return entry.vi if locale == "vi" else entry.en

    def assign(self, record: Record, clean: CleanText) -> tuple[Topic, ...]:
        """Return the topics of a document, best first; a topic below another stands for both. Nothing is read again."""
        texts = _Texts(record.subject or "", clean.text)
        units = frozenset(fold(u) for u in re.split(r"[-/]", record.notation or ""))
        scored = {e.id: self._score(e, texts, units) for e in self.entries.values()}
        need = self.threshold + 0.5 * math.log2(max(1.0, texts.size / _LONG_TEXT))
        given = {i: s for i, s in scored.items() if s.value >= need and s.seen}
        covered = {i.rpartition("/")[0] for i in given} | {i.split("/")[0] for i in given if "/" in i}
        kept = [i for i in given if i not in covered]
        best = sorted(kept, key=lambda i: (-given[i].value, i))[:MOST_TOPICS]
        top = given[best[0]].value if best else 1.0
        return tuple(
            Topic(id=i, label=self.entries[i].vi, score=round(given[i].value / top, 3), reason=given[i].reason)
            for i in best
        )

    def _score(self, entry: TopicEntry, texts: _Texts, units: frozenset[str]) -> _Score:
        if entry.context and not any(texts.count(c) for c in entry.context):
            return _Score(0.0, ())
        value = 1.0 if entry.units & units else 0.0
        seen: list[tuple[float, str, int]] = []
        for spoken, cue, weight in entry.cues:
            in_subject, in_text = texts.count_subject(cue), texts.count(cue)
            if in_text or in_subject:
                points = weight * (1 + 0.5 * math.log2(max(1, in_text)))
                points += weight * (self.subject_factor - 1) if in_subject else 0
                seen.append((points, spoken, max(in_text, in_subject)))
                value += points
        return _Score(value, tuple(sorted(seen, reverse=True)))


@dataclass(frozen=True, slots=True)
class _Score:
    value: float
    seen: tuple[tuple[float, str, int], ...]

    @property
    def reason(self) -> str:
        """The cues that weighed most and how often each stands in the text: "tiêm vắc xin (4), điểm tiêm (1)"."""
        return ", ".join(f"{cue} ({times})" for _, cue, times in self.seen[:_REASON_CUES])


class _Texts:
    """Subject and text as runs of syllables, in which a cue is looked for as a run of its own."""

    def __init__(self, subject: str, text: str) -> None:
        self._folds = not has_marks(text) and not has_marks(subject)
        self._subject = self._run(subject)
        words = syllables(text)
        self.size = len(words)
        self._text = f" {' '.join(map(folded_form, words) if self._folds else words)} "

    def _run(self, text: str) -> str:
        words = syllables(text)
        return f" {' '.join(map(folded_form, words) if self._folds else words)} "

    def count(self, cue: str) -> int:
        """How often a cue stands in the text."""
        return self._text.count(self._cue(cue))

    def count_subject(self, cue: str) -> int:
        """How often a cue stands in the subject."""
        return self._subject.count(self._cue(cue))

    def _cue(self, cue: str) -> str:
        return f" {fold(cue) if self._folds else cue} "


def _walk(entries: Sequence[_Entry], above: str) -> Iterator[TopicEntry]:
    for entry in entries:
        path = f"{above}/{entry.id}" if above else entry.id
        yield TopicEntry(
            id=path,
            vi=entry.vi,
            en=entry.en,
            cues=tuple((spoken, _form(spoken), weight) for spoken, weight in entry.cues.items()),
            units=frozenset(fold(u) for u in entry.units),
            context=tuple(_form(c) for c in entry.context),
        )
        yield from _walk(entry.topics, path)


def _form(cue: Any) -> str:
    return " ".join(syllables(str(cue)))
