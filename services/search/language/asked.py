"""From what was typed to what is asked: words, phrases, exclusions, filters and preferences (pure)."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from services.core.symbols import symbol_from_query
from services.core.text import Token, folded_form, syllables, tokens
from services.search.language.fields import field_filter
from services.search.language.names import Named, issuer_at, kind_at
from services.search.language.periods import FoundPeriod, find_periods
from services.search.language.pieces import Piece, find_pieces
from services.search.language.shadow import Shadowed, blank
from services.search.types import DateWithin, KeywordIs

How = Literal["phrase", "excluded", "filter", "boost"]

MOST_OTHER_WORDS = 8
"""In a query with more words besides, kinds, bodies and dates are what a question is about, not what its answer is."""
_MOST_WORDS = 40  # with the longest names of a kind and a body
_BY = re.compile(r"\b(?:cua|do)\s+$")


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """Characters [start, end) of the query as typed that are more than words, and what they do.

    `field` is the filter's name, "issued" for a date in words and "" for words and phrases. `wanted` is what documents
    must have, must not have or had better have; a `strong` preference puts those that have it first.
    """

    how: How
    field: str
    value: str
    label: str
    start: int
    end: int
    wanted: KeywordIs | DateWithin | None = None
    strong: bool = False
    without: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """A query understood: `words` is its text with all else blanked out, phrases and boosts still in it.

    `quoted` bounds the phrases within `words`; `excluded` are texts.
    """

    words: str
    found: tuple[Found, ...] = ()
    quoted: tuple[tuple[int, int], ...] = ()
    excluded: tuple[str, ...] = ()


def understand(q: str) -> Asked:
    """Understand a query; what is no sign of the language is a word."""
    shadowed = Shadowed(q)
    words = shadowed.text
    open_words = shadowed.shadow  # what kinds, bodies and dates are looked for in
    found: list[Found] = []
    quoted: list[tuple[int, int]] = []
    excluded: list[str] = []
    for piece in find_pieces(shadowed):
        made = _explicit(shadowed, piece)
        if made is None:
            continue
        found.append(made)
        open_words = blank(open_words, piece.start, piece.end)
        if made.how == "phrase":
            quoted.append(piece.inside)
            continue
        words = blank(words, piece.start, piece.end)
        if made.how == "excluded" and made.wanted is None:
            excluded.append(shadowed.text[slice(*piece.inside)])
    if symbol_from_query(words) is None:
        implied = list(_implied(shadowed, open_words))
        for one in implied:
            if one.how == "filter":
                words = blank(words, one.start, one.end)
        found += implied
    placed = (_placed(shadowed, one) for one in sorted(found, key=lambda f: f.start))
    return Asked(words, tuple(placed), tuple(quoted), tuple(excluded))


def _explicit(q: Shadowed, piece: Piece) -> Found | None:
    inside = q.text[slice(*piece.inside)]
    if not syllables(inside):
        return None
    if piece.field is None:
        how: How = "excluded" if piece.excluded else "phrase"
        return Found(how, "", inside, inside, piece.start, piece.end)
    made = field_filter(piece.field, inside)
    if made is None:
        return None
    wanted, label = made
    value = _interval(wanted) if isinstance(wanted, DateWithin) else _value(wanted, label)
    field = {"date_from": "from", "date_to": "to"}.get(piece.field, piece.field)
    return Found("excluded" if piece.excluded else "filter", field, value, label, piece.start, piece.end, wanted)


def _value(wanted: KeywordIs, label: str) -> str:
    return wanted.values[0] if len(wanted.values) == 1 else label


def _implied(q: Shadowed, shadow: str) -> Iterator[Found]:
    """Yield the dates, the kind at the very start and the bodies that the words name."""
    found = [*_dates(q, shadow)]
    for one in found:
        shadow = blank(shadow, one.start, one.end)
    words = list(tokens(shadow))
    if len(words) > _MOST_WORDS:
        return
    forms = [folded_form(word.form) for word in words]
    kind = kind_at(forms, 0) if words and not shadow[: words[0].start].strip() else None
    issuer = _issuer(forms, kind.end if kind else 0)
    rest = len(words) - (kind.end if kind else 0) - (issuer.end - issuer.start if issuer else 0)
    if rest > MOST_OTHER_WORDS:
        return
    yield from found
    by = issuer and _BY.search(shadow[: words[issuer.start].start])
    follows = bool(kind and issuer and issuer.start - kind.end <= (1 if by else 0))
    if kind:
        yield _preferred(q, words, kind, "kind", strong=follows)
    if issuer:
        named = _preferred(q, words, issuer, "issuer", strong=bool(by) or follows)
        yield dataclasses.replace(named, start=by.start()) if by else named


def _issuer(forms: Sequence[str], start: int) -> Named | None:
    return next((found for at in range(start, len(forms)) if (found := issuer_at(forms, at))), None)


def _preferred(q: Shadowed, words: Sequence[Token], named: Named, field: str, *, strong: bool) -> Found:
    start, end = words[named.start].start, words[named.end - 1].end
    return Found("boost", field, named.id, named.label, start, end, KeywordIs(field, (named.id,)), strong)


def _dates(q: Shadowed, shadow: str) -> Iterator[Found]:
    """Yield dates in words: a filter where its ends are said at an end of the query, else a preference.

    Whole years are what a document is about as often as when it was issued ("kế hoạch năm 2021" is of December 2020,
    "từ năm 2021 đến năm 2025" a programme): they are never a filter and count little.
    """
    for period in find_periods(q, shadow):
        first, last = period.period
        wanted = DateWithin("issued", first, last)
        label = q.text[period.start : period.end]
        filters = period.ranged and not _whole_years(period) and _at_an_end(shadow, period)
        yield Found(
            "filter" if filters else "boost",
            "issued",
            _interval(wanted),
            label,
            period.start,
            period.end,
            wanted,
            strong=not _whole_years(period),
        )


def _whole_years(period: FoundPeriod) -> bool:
    first, last = period.period
    return bool(first and last and (first.month, first.day, last.month, last.day) == (1, 1, 12, 31))


def _at_an_end(shadow: str, period: FoundPeriod) -> bool:
    return not syllables(shadow[: period.start]) or not syllables(shadow[period.end :])


def _interval(dates: DateWithin) -> str:
    """Write an interval as ISO 8601 has it, an open end as two dots."""
    return "/".join(day.isoformat() if day else ".." for day in (dates.first, dates.last))


def _placed(q: Shadowed, found: Found) -> Found:
    """Give a find its place in the query as typed, and say the query without it: a phrase without its marks."""
    start, end = q.at(found.start), q.at(found.end)
    kept = f" {found.value} " if found.how == "phrase" else " "
    without = f"{q.given[:start].rstrip()}{kept}{q.given[end:].lstrip()}".strip()
    return dataclasses.replace(found, start=start, end=end, without=without)
