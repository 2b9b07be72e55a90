"""Topics: an editable taxonomy file, cue phrases with weights, and what they find in a document."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.core.errors import SettingsError
from services.core.model import CleanText, Record, Topic
from services.core.text import fold, folded_form, has_marks, syllables
from services.fields.phrases import Phrases

DEFAULT_FILE = Path(__file__).parent / "taxonomy.yaml"
MOST_TOPICS = 15
_LONG_TEXT = 1500  # syllables: in longer texts more chance words must come together
_REASON_CUES = 3
_STANDS_FOR = 0.5  # of the weight of the topic above: less, and that one stands beside it


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


class Taxonomy:
    """The topics of an archive; `entries` by id, parents before their children."""

    def __init__(self, file: _File) -> None:
        self.entries = entries = {e.id: e for e in _walk(file.topics, "")}
        self._file = file
        forms = {c.form for e in entries.values() for c in e.cues} | {c for e in entries.values() for c in e.context}
        self._exact = Phrases(forms)
        self._folded = Phrases(map(fold, forms))

    @classmethod
    def load(cls, path: Path | None = None) -> Taxonomy:
        """Read a taxonomy file, the product's own by default; SettingsError says what is wrong with it."""
        source = path or DEFAULT_FILE
        try:
            loaded = _File.model_validate(yaml.safe_load(source.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise SettingsError(f"{source} is no taxonomy: {error}. See the top of {DEFAULT_FILE}.") from error
        return cls(loaded)

    def label(self, topic_id: str, locale: str = "vi") -> str:
        """Return a topic's label; an unknown id is its own label, so that old records stay readable."""
        entry = self.entries.get(topic_id)
        if entry is None:
            return topic_id
        return entry.vi if locale == "vi" else entry.en

    def assign(self, record: Record, clean: CleanText) -> tuple[Topic, ...]:
        """Return the topics of a document, best first; a topic below another stands for both. Nothing is read again.

        A register's row without a scan has its subject alone, in which every cue counts `subject_factor` times.
        """
        texts = self._texts(record, clean)
        units = frozenset(fold(u) for u in re.split(r"[-/]", record.notation or ""))
        scored = {e.id: self._score(e, texts, units) for e in self.entries.values()}
        need = self._file.threshold + 0.5 * math.log2(max(1.0, texts.size / _LONG_TEXT))
        best = self._chosen({i: s for i, s in scored.items() if s.value >= need and s.seen}, scored)
        top = best[0][1].value if best else 1.0
        return tuple(
            Topic(id=i, label=self.entries[i].vi, score=round(s.value / top, 3), reason=s.reason) for i, s in best
        )

    def _chosen(self, given: Mapping[str, _Score], scored: Mapping[str, _Score]) -> list[tuple[str, _Score]]:
        """Sort what was given, best first, without topics that one below stands for and without chance ones.

        What has little weight beside the best is chance, unless it lies below a topic that has much.
        """
        covered = {
            above for i in given for above in _ancestors(i) if given[i].value >= _STANDS_FOR * scored[above].value
        }
        kept = {i: s for i, s in given.items() if i not in covered}
        least = self._file.least_share * max((s.value for s in kept.values()), default=0.0)
        strong = {i for i, s in kept.items() if s.value >= least}
        chosen = [(i, s) for i, s in kept.items() if i in strong or strong.intersection(_ancestors(i))]
        return sorted(chosen, key=lambda pair: (-pair[1].value, pair[0]))[:MOST_TOPICS]

    def _texts(self, record: Record, clean: CleanText) -> _Texts:
        """Count all cues; a document without any marks is searched for their forms without marks.

        Who gets a copy says nothing of what a document is about: what stands in the list of recipients does not count.
        """
        parts = [record.subject or "", clean.text, " . ".join(r.name for r in record.recipients)]
        folds = not has_marks(parts[0]) and not has_marks(parts[1])
        words = [list(map(folded_form, w)) if folds else w for w in map(syllables, parts)]
        subject, text, recipients = map((self._folded if folds else self._exact).count, words)
        return _Texts(subject, text - recipients, len(words[1]), folds)

    def _score(self, entry: TopicEntry, texts: _Texts, units: frozenset[str]) -> _Score:
        if entry.context and not any(texts.in_text(c) or texts.in_subject(c) for c in entry.context):
            return _Score(0.0, ())
        value = 1.0 if entry.units & units else 0.0
        seen: list[tuple[float, str, int]] = []
        for cue in entry.cues:
            in_subject, in_text = texts.in_subject(cue.form), 0 if cue.subject_only else texts.in_text(cue.form)
            if in_subject or in_text:
                points = cue.weight * (1 + 0.5 * math.log2(max(1, in_text)))
                points += cue.weight * (self._file.subject_factor - 1) if in_subject else 0
                seen.append((points, cue.spoken, max(in_text, in_subject)))
                value += points
        return _Score(value, tuple(sorted(seen, reverse=True)))


@dataclass(frozen=True, slots=True)
class _Score:
    value: float
    seen: tuple[tuple[float, str, int], ...]

    @property
    def reason(self) -> str:
        """The cues that weighed most and how often each stands in the text: "tiêm vắc xin (4), điểm tiêm (1)"."""
        return ", ".join(f"{cue} ({times})" for points, cue, times in self.seen[:_REASON_CUES] if points > 0)


@dataclass(frozen=True, slots=True)
class _Texts:
    """How often each cue stands in a document's subject and text; `size` in syllables of the text."""

    subject: Counter[str]
    text: Counter[str]
    size: int
    folds: bool

    def in_subject(self, form: str) -> int:
        """How often a cue stands in the subject."""
        return self.subject[fold(form) if self.folds else form]

    def in_text(self, form: str) -> int:
        """How often a cue stands in the text."""
        return self.text[fold(form) if self.folds else form]


def _ancestors(topic_id: str) -> Iterator[str]:
    while "/" in topic_id:
        topic_id = topic_id.rpartition("/")[0]
        yield topic_id


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


def _form(cue: Any) -> str:
    return " ".join(syllables(str(cue)))
