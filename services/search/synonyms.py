"""Synonyms and abbreviations: an editable YAML file, applied to queries only, so a change needs no new index."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from services.core.errors import SettingsError
from services.core.text import folded_form, has_marks, nfc, syllables

DEFAULT_FILE = Path(__file__).with_name("synonyms.yaml")

SAME = 0.8
"""Weight of a spelling or name of the same thing: "tiêm vaccine" ranks "tiêm vắc xin" just below "tiêm vaccine"."""
WEAK = 0.4
"""Weight of a related word and of i/y variants: "kỹ" also finds "kĩ", but never above it."""

_GROUPS = {"same": SAME, "weak": WEAK}
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
    """Groups of interchangeable words, each as its exact forms; (group, weight)."""

    groups: tuple[tuple[tuple[tuple[str, ...], ...], float], ...]

    @classmethod
    def load(cls, path: Path | None = None) -> "Synonyms":
        """Read a synonyms file (the one shipped when none is given); SettingsError says what is wrong with it."""
        path = path or DEFAULT_FILE
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SettingsError(f"VANBAN_SYNONYMS_FILE: {path} cannot be read: {error}.", path=str(path)) from error
        return cls(tuple(_groups(data, path)))

    def alternatives(self, typed: Sequence[str]) -> list[Alternative]:
        """Find what else the typed syllables may be called, longest matches first, each alternative once."""
        found: dict[tuple[int, int, tuple[str, ...]], Alternative] = {}

        def add(start: int, end: int, instead: tuple[str, ...], weight: float) -> None:
            # One of each folded form: "vắc xin" and "văc xin" together would count twice.
            form = tuple(map(folded_form, instead))
            found.setdefault((start, end, form), Alternative(start, end, instead, weight))

        for start in range(len(typed)):
            for length in range(min(self._longest, len(typed) - start), 0, -1):
                piece = tuple(typed[start : start + length])
                for group, weight in self._by_folded.get(tuple(map(folded_form, piece)), ()):
                    for instead in _others(piece, group):
                        add(start, start + length, instead, weight)
        for at, syllable in enumerate(typed):
            swapped = iy_variant(syllable)
            if swapped:
                add(at, at + 1, (swapped,), WEAK)
        return list(found.values())

    @cached_property
    def _longest(self) -> int:
        return max((len(words) for group, _ in self.groups for words in group), default=0)

    @cached_property
    def _by_folded(self) -> dict[tuple[str, ...], list[tuple[tuple[tuple[str, ...], ...], float]]]:
        index: dict[tuple[str, ...], list[tuple[tuple[tuple[str, ...], ...], float]]] = {}
        for group, weight in self.groups:
            for form in {tuple(map(folded_form, words)) for words in group}:
                index.setdefault(form, []).append((group, weight))
        return index


def iy_variant(syllable: str) -> str | None:
    """Return the spelling with i for y or y for i where both are in use: kỹ/kĩ, sỹ/sĩ, quý/quí; never tay/tai."""
    match = _IY.fullmatch(syllable)
    return match["onset"] + _SWAP[match["vowel"]] if match else None


def _others(piece: tuple[str, ...], group: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, ...]]:
    """Yield the members of a group that say it otherwise; with marks typed, they must be the member's own."""
    if any(map(has_marks, piece)) and piece not in group:
        return
    folded = tuple(map(folded_form, piece))
    for words in group:
        if tuple(map(folded_form, words)) != folded:
            yield words


def _groups(data: Any, path: Path) -> Iterator[tuple[tuple[tuple[str, ...], ...], float]]:
    if not isinstance(data, dict):
        raise _wrong(path, "it must be a mapping with the keys same, weak and abbreviations")
    unknown = sorted(set(data) - {*_GROUPS, "abbreviations"})
    if unknown:
        raise _wrong(path, f"the key {unknown[0]!r} is not one of same, weak, abbreviations")
    for name, weight in _GROUPS.items():
        for entry in data.get(name) or []:
            yield _words(entry, path), weight
    abbreviations = data.get("abbreviations") or {}
    if not isinstance(abbreviations, dict):
        raise _wrong(path, "abbreviations must map an abbreviation to what it stands for")
    for short, meaning in abbreviations.items():
        yield _words([short, *([meaning] if isinstance(meaning, str) else meaning)], path), SAME


def _words(entry: Any, path: Path) -> tuple[tuple[str, ...], ...]:
    if not isinstance(entry, list) or len(entry) < 2 or not all(isinstance(word, str) for word in entry):
        raise _wrong(path, f"{entry!r} must be a list of two or more texts (write numbers in quotation marks)")
    return tuple(_distinct(tuple(syllables(nfc(word))) for word in entry))


def _distinct(words: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [w for w in dict.fromkeys(words) if w]


def _wrong(path: Path, why: str) -> SettingsError:
    return SettingsError(f"VANBAN_SYNONYMS_FILE: {path}: {why}.", path=str(path))
