"""From what was found to the models of the answer (pure)."""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from services.core.kinds import KINDS
from services.core.model import Document, Record
from services.core.symbols import parse_symbol
from services.core.text import key
from services.search.agencies import collective_values, named_values
from services.search.document import addressees_of, assignees_of, home_of, issuer_value, record_symbol_key
from services.search.filters import normal_values
from services.search.language import Found
from services.search.page import FacetValue, Hit, IssuerName, PageHit, Understood, UnderstoodPart
from services.search.plan import Plan
from services.search.types import UNKNOWN, Filters, Tier

FACET_VALUES = 100
"""Values shown of one facet; those that were picked are shown whatever their count."""
MOST_MONTHS = 36
"""So many months are shown all, of more those of the years that were picked."""


def understood_of(plan: Plan) -> Understood:
    """Say how a query was read."""
    typed = plan.typed
    said: dict[str, list[str]] = {}
    for alternative in plan.alternatives:
        words = " ".join(typed.syllables[alternative.start : alternative.end])
        said.setdefault(words, []).append(" ".join(alternative.instead))
    return Understood(
        marks="strict" if plan.strict else "wish" if typed.marked else "none",
        symbol=_symbol_text(plan),
        phrases=tuple(" ".join(phrase) for phrase in typed.phrases),
        excluded=tuple(" ".join(phrase) for phrase in typed.excluded),
        parts=tuple(map(_part, typed.found)),
        synonyms={words: tuple(dict.fromkeys(others)) for words, others in said.items()},
        near={syllable: guesses for syllable, guesses in plan.near.items() if guesses},
        cut=typed.cut,
    )


def _part(found: Found) -> UnderstoodPart:
    return UnderstoodPart(
        how=found.how,
        field=found.field or None,
        value=found.value,
        label=found.label,
        start=found.start,
        end=found.end,
        without=found.without,
    )


def hit_of(
    document: Document,
    score: float,
    plan: Plan,
    tier: Tier | None,
    pages: tuple[PageHit, ...],
    bodies: Mapping[str, frozenset[str]],
) -> Hit:
    """Make one hit from the archive's own document, so that a list never shows an old record.

    `bodies` are the values asked for under `addressee` and `assignee`.
    """
    record = document.record
    return Hit(
        id=document.id,
        score=round(score, 4),
        tier="symbol" if _has_symbol(document, plan) else tier or "folded" if plan.typed.syllables else "exact",
        symbol=record.symbol,
        kind=record.kind,
        issuer=IssuerName(id=issuer_value(record), name=record.issuer.name) if record.issuer else None,
        issued_on=record.issued_on,
        subject=record.subject,
        topics=record.topics,
        signer=record.signer.name if record.signer else None,
        state=document.item_state.value,
        through=_through(record, bodies),
        pages=pages,
        page_count=document.last_page - document.first_page + 1,
        file_name=document.file_name,
        external_id=document.external_id,
        links={"self": f"/api/v1/documents/{document.id}", "html": f"/documents/{document.id}"},
    )


def _through(record: Record, bodies: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the names of many by which a body asked for is meant, none where it is named itself."""
    found: list[str] = []
    home = home_of(record) if bodies else None
    for keyword, names_of in (("addressee", addressees_of), ("assignee", assignees_of)):
        asked = bodies.get(keyword, frozenset())
        names = names_of(record) if asked else []
        if not any(asked.intersection(named_values(name, home)) for name in names):
            found += [name for name in names if asked.intersection(collective_values(name, home))]
    return tuple(dict.fromkeys(found))


def facets_shown(
    facets: Mapping[str, Sequence[tuple[str, int]]], filters: Filters
) -> dict[str, Sequence[tuple[str, int]]]:
    """Choose what an answer shows: the most frequent values, and whatever was picked, with 0 where it matches none.

    Of the year all of them, the latest first, with the months as MOST_MONTHS says.
    """
    return {
        facet: _shown(facet, counts, normal_values(facet, getattr(filters, facet))) for facet, counts in facets.items()
    }


def _shown(facet: str, counts: Sequence[tuple[str, int]], picked: Sequence[str]) -> list[tuple[str, int]]:
    if facet == "year":
        counts = _years_and_months(counts, picked)
    most = len(counts) if facet == "year" else FACET_VALUES
    shown = [*counts[:most], *(pair for pair in counts[most:] if pair[0] in picked)]
    there = {value for value, _ in counts}
    return [*shown, *((value, 0) for value in picked if value not in there)]


def facet_page(
    facet: str, counts: Sequence[tuple[str, int]], filters: Filters, labels: Mapping[tuple[str, str], str]
) -> tuple[FacetValue, ...]:
    """Make values of a facet with their labels; those that are filtered by are `selected`."""
    picked = normal_values(facet, getattr(filters, facet))
    return _VALUES.validate_python(
        [
            {"value": value, "label": labels.get((facet, value), value), "count": count, "selected": value in picked}
            for value, count in counts
        ]
    )


_VALUES = TypeAdapter(tuple[FacetValue, ...])  # all of a facet at once costs a third of one after the other


def named_so(facet: str, value: str, prefix: str) -> bool:
    """Tell whether a word of a value's name begins so; a value is its name without marks, a kind has one of its own."""
    name = KINDS[value].name if facet == "kind" and value in KINDS else value.rsplit("/", 1)[-1]
    return f"-{key(prefix)}" in f"-{key(name)}" if key(prefix) else True


def _years_and_months(counts: Sequence[tuple[str, int]], picked: Sequence[str]) -> list[tuple[str, int]]:
    """Return the latest first, what is unknown last; of more than MOST_MONTHS months those of picked years only."""
    if sum("/" in value for value, _ in counts) > MOST_MONTHS:
        years = {value.split("/")[0] for value in picked}
        counts = [(value, count) for value, count in counts if "/" not in value or value.split("/")[0] in years]
    return sorted(counts, key=lambda pair: (pair[0] != UNKNOWN, pair[0]), reverse=True)


def _has_symbol(document: Document, plan: Plan) -> bool:
    typed, record = plan.typed, document.record
    if record_symbol_key(record) in typed.keys or any(c.key in typed.keys for c in record.citations if c.key):
        return True
    return bool(typed.symbol and not typed.keys and record.number and _same_number(record.number, typed.symbol.number))


def _same_number(written: str, typed: str) -> bool:
    return written.lstrip("0").lower() == typed.lstrip("0").lower()


def _symbol_text(plan: Plan) -> str | None:
    symbol = plan.typed.symbol
    if symbol is None:
        return None
    written = parse_symbol(plan.typed.words)
    if written is not None:
        return str(written)
    parts = [symbol.number, *([str(symbol.year)] if symbol.year else []), "-".join(symbol.tokens)]
    return "/".join(part for part in parts if part)
