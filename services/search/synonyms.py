"""Synonyms and abbreviations, applied to queries only, so that an edit of their file needs no new index."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from services.core.followed import Followed
from services.core.text import folded_form, has_marks, strip_tone
from services.search.synonyms_file import DEFAULT_FILE, WEAK, Rule, gazetteer_rules, read_rules

MOST_ALTERNATIVES = 24
"""Alternatives of one query, the heaviest first. "kế hoạch tiêm vắc xin phòng chống dịch COVID-19" has 17."""

_IY = re.compile(r"(?P<onset>[hklmst]|qu)(?P<vowel>[iíìỉĩịyýỳỷỹỵ])")
_SWAP = dict(zip("iíìỉĩịyýỳỷỹỵ", "yýỳỷỹỵiíìỉĩị", strict=True))


@dataclass(frozen=True, slots=True)
class Alternative:
    """Instead of the query's syllables [start, end), these exact forms, counting `weight` of what was typed."""

    start: int
    end: int
    instead: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Synonyms:
    """What may be said instead of what."""

    rules: tuple[Rule, ...]

    @classmethod
    def load(cls, path: Path | None = None) -> "Synonyms":
        """Read a synonyms file (the one shipped when none is given); SettingsError says what is wrong with it."""
        return cls((*read_rules(path or DEFAULT_FILE), *gazetteer_rules()))

    def alternatives(self, typed: Sequence[str]) -> list[Alternative]:
        """Find what else the typed syllables may be called, longest matches first, each alternative once."""
        found: dict[tuple[int, int, tuple[str, ...]], Alternative] = {}
        for alternative in (*self._from_rules(typed), *_from_spelling(typed)):
            # One of each folded form: "vắc xin" and "văc xin" together would count twice.
            form = tuple(map(folded_form, alternative.instead))
            found.setdefault((alternative.start, alternative.end, form), alternative)
        if len(found) <= MOST_ALTERNATIVES:
            return list(found.values())
        heaviest = sorted(found.values(), key=lambda a: (-a.weight, a.start - a.end))[:MOST_ALTERNATIVES]
        return [a for a in found.values() if a in heaviest]

    def _from_rules(self, typed: Sequence[str]) -> Iterator[Alternative]:
        for start in range(len(typed)):
            for length in range(min(self._longest, len(typed) - start), 0, -1):
                piece = tuple(typed[start : start + length])
                for rule in self._by_folded.get(tuple(map(folded_form, piece)), ()):
                    if _may_mean(piece, rule.said):
                        yield Alternative(start, start + length, rule.instead, rule.weight)

    @cached_property
    def _longest(self) -> int:
        return max((len(rule.said) for rule in self.rules), default=0)

    @cached_property
    def _by_folded(self) -> dict[tuple[str, ...], list[Rule]]:
        """Group the rules by what was said, without marks; heavy ones first."""
        index: dict[tuple[str, ...], list[Rule]] = {}
        for rule in sorted(self.rules, key=lambda r: -r.weight):
            said, instead = (tuple(map(folded_form, forms)) for forms in rule[:2])
            if said != instead:
                index.setdefault(said, []).append(rule)
        return index


def followed_synonyms(path: Path | None) -> Followed[Synonyms]:
    """Follow a synonyms file, the one shipped when none is given: an edit counts from the next search on."""
    return Followed(path or DEFAULT_FILE, Synonyms.load)


def iy_variant(syllable: str) -> str | None:
    """Return the spelling with i for y or y for i where both are in use: kỹ/kĩ, sỹ/sĩ, quý/quí; never tay/tai."""
    match = _IY.fullmatch(syllable)
    return match["onset"] + _SWAP[match["vowel"]] if match else None


def _may_mean(typed: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the marks that were typed are the rule's own, or left out: "văc xin" is "vắc xin", "vạc xịn" is not."""
    if not any(map(has_marks, typed)):
        return True
    return all(form in (meant, strip_tone(meant)) for form, meant in zip(typed, said, strict=True))


def _from_spelling(typed: Sequence[str]) -> Iterator[Alternative]:
    for at, syllable in enumerate(typed):
        swapped = iy_variant(syllable)
        if swapped:
            yield Alternative(at, at + 1, (swapped,), WEAK)
