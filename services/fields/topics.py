"""Topics: an editable taxonomy file, cue phrases with weights, and what they find in a document."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.core.followed import Followed
from services.core.model import CleanText, Record, Topic
from services.core.text import fold, folded_form, has_marks, syllables
from services.fields.phrases import Phrases
from services.fields.taxonomy_file import DEFAULT_FILE, Rules, TopicEntry, read_rules

MOST_TOPICS = 15
_LONG_TEXT = 1500  # syllables: in longer texts more chance words must come together
_REASON_CUES = 3
_STANDS_FOR = 0.5  # of the weight of the topic above: less, and that one stands beside it


class Taxonomy:
    """The topics of an archive; `entries` by id, parents before their children."""

    def __init__(self, rules: Rules) -> None:
        self.entries = rules.entries
        self.version = rules.version
        self._rules = rules
        entries = rules.entries.values()
        forms = {cue.form for entry in entries for cue in entry.cues} | {c for entry in entries for c in entry.context}
        self._exact = Phrases(forms)
        self._folded = Phrases(map(fold, forms))
        self._spoken_for: dict[str, set[str]] = {}
        for entry in entries:
            for cue in entry.cues:
                for form in (cue.form, fold(cue.form)):
                    self._spoken_for.setdefault(form, set()).add(entry.id)

    @classmethod
    def load(cls, path: Path | None = None) -> Taxonomy:
        """Read a taxonomy file, the product's own by default; SettingsError says what is wrong with it."""
        return cls(read_rules(path))

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
        named = {i for form in (*texts.subject, *texts.text) for i in self._spoken_for.get(form, ())}
        scored = {i: self._score(self.entries[i], texts, units) for i in self.entries if i in named}
        need = self._rules.threshold + 0.5 * math.log2(max(1.0, texts.size / _LONG_TEXT))
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
            above
            for i in given
            for above in _ancestors(i)
            if above in scored and given[i].value >= _STANDS_FOR * scored[above].value
        }
        kept = {i: s for i, s in given.items() if i not in covered}
        least = self._rules.least_share * max((s.value for s in kept.values()), default=0.0)
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
                points += cue.weight * (self._rules.subject_factor - 1) if in_subject else 0
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


def followed_taxonomy(path: Path | None) -> Followed[Taxonomy]:
    """Follow a taxonomy file, the product's own by default: an edit counts from the next record on."""
    return Followed(path or DEFAULT_FILE, Taxonomy.load)
