"""What may be said instead of what: rules from the editable YAML file, and from the names in the gazetteer."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from services.core.errors import SettingsError
from services.core.gazetteer import Body, central_bodies, local_bodies
from services.core.places import provinces
from services.core.text import fold, nfc, syllables
from services.core.yaml_text import YAMLError, load_yaml

DEFAULT_FILE = Path(__file__).with_name("synonyms.yaml")

SAME = 0.8
"""Weight of a spelling or name of the same thing: "tiêm vaccine" ranks "tiêm vắc xin" just below "tiêm vaccine"."""
WEAK = 0.4
"""Weight of a related word and of i/y variants: "kỹ" also finds "kĩ", but never above it."""
SUCCEEDED = 0.3
"""Weight of who took over: "Bắc Kạn" lists the documents of Bắc Kạn, then those of Thái Nguyên, which it is part of."""

_GROUPS = {"same": SAME, "weak": WEAK}
_KEYS = (*_GROUPS, "abbreviations", "succeeded")
_SHORTEST_ABBREVIATION = 3  # "UB", "CP", "HU" of the gazetteer stand for too much outside symbols
SPOKEN = re.compile(
    r"(?:[bdhlmrsvx]|ch?|g[hi]?|kh?|ngh?|nh?|p?h?|qu|t[hr]?)?(?:y|yeu|(?:[aeiou]{1,2}|uye|ye|ie)(?:ch?|m|ng?|nh|p|t|[iouy])?)"
)
"""A syllable of Vietnamese without its marks, by its letters; "byt" and "ttyt" are none."""


class Rule(NamedTuple):
    """Who types the exact forms `said` also means `instead`, which counts `weight` of what was typed."""

    said: tuple[str, ...]
    instead: tuple[str, ...]
    weight: float


def read_rules(path: Path) -> Iterator[Rule]:
    """Yield the rules of a synonyms file; SettingsError says what is wrong with it."""
    try:
        data = load_yaml(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise SettingsError(f"VANBAN_SYNONYMS_FILE: {path} cannot be read: {error}.", path=str(path)) from error
    if not isinstance(data, dict):
        raise _wrong(path, f"it must be a mapping with the keys {', '.join(_KEYS)}")
    unknown = sorted(set(map(str, data)) - set(_KEYS))
    if unknown:
        raise _wrong(path, f"the key {unknown[0]!r} is not one of {', '.join(_KEYS)}")
    for name, weight in _GROUPS.items():
        for entry in _list(data, name, path):
            yield from _both_ways(_words(entry, path), weight)
    for short, meaning in _mapping(data, "abbreviations", path):
        yield from _both_ways(_words([short, *meaning], path), SAME)
    for old, new in _mapping(data, "succeeded", path):
        said, *others = _words([old, *new], path)
        yield from (Rule(said, instead, SUCCEEDED) for instead in others)


@cache
def gazetteer_rules() -> tuple[Rule, ...]:
    """Return the rules of names: abbreviations of bodies, and who took over a body or a province in 2025."""
    bodies = (*central_bodies(), *local_bodies())
    return (*_abbreviations(bodies), *_successors())


def _abbreviations(bodies: Iterable[Body]) -> Iterator[Rule]:
    """Yield those that stand for one body only and cannot be read as a word ("CAT" as "cát")."""
    short = [(body, abbreviation) for body in bodies for abbreviation in body.abbreviations]
    bearers = Counter(fold(abbreviation) for _, abbreviation in short)
    for body, abbreviation in short:
        plain = fold(abbreviation)
        if len(plain) >= _SHORTEST_ABBREVIATION and bearers[plain] == 1 and not SPOKEN.fullmatch(plain):
            yield from _both_ways([_forms(abbreviation), _forms(body.name)], SAME)


def _successors() -> Iterator[Rule]:
    central = {body.id: body for body in central_bodies()}
    for body in central.values():
        if body.now:
            yield Rule(_forms(body.name), _forms(central[body.now].name), SUCCEEDED)
    for province in provinces().values():
        if province.now:
            yield Rule(_forms(province.name), _forms(provinces()[province.now].name), SUCCEEDED)


def _both_ways(words: Iterable[tuple[str, ...]], weight: float) -> Iterator[Rule]:
    for said, instead in itertools.permutations(words, 2):
        yield Rule(said, instead, weight)


def _list(data: dict[str, Any], name: str, path: Path) -> list[Any]:
    entries = data.get(name) or []
    if not isinstance(entries, list):
        raise _wrong(path, f"{name} must be a list of lists")
    return entries


def _mapping(data: dict[str, Any], name: str, path: Path) -> Iterator[tuple[Any, list[Any]]]:
    entries = data.get(name) or {}
    if not isinstance(entries, dict):
        raise _wrong(path, f"{name} must map one name to what is meant by it")
    for key, meaning in entries.items():
        yield key, meaning if isinstance(meaning, list) else [meaning]


def _words(entry: Any, path: Path) -> list[tuple[str, ...]]:
    if not isinstance(entry, list) or len(entry) < 2 or not all(isinstance(word, str) for word in entry):
        raise _wrong(path, f"{entry!r} must be a list of two or more texts (write numbers in quotation marks)")
    return [forms for forms in dict.fromkeys(map(_forms, entry)) if forms]


def _forms(name: str) -> tuple[str, ...]:
    return tuple(syllables(nfc(name)))


def _wrong(path: Path, why: str) -> SettingsError:
    return SettingsError(f"VANBAN_SYNONYMS_FILE: {path}: {why}.", path=str(path))
