"""Words of a manifest as language maps: labels in every language of the site, values as they are written (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.core.messages import Locale
from services.core.model import JSON, Document, PartialDate
from services.web.i18n import LOCALES, translations
from services.web.views import partial_date

LanguageMap = dict[str, list[str]]


def label(message: str, **values: str | int) -> LanguageMap:
    """Say a message of the catalogue in every language of the site."""
    return {locale: [_said(locale, message) % values if values else _said(locale, message)] for locale in LOCALES}


def as_written(*values: str) -> LanguageMap:
    """Return values that are in no language: symbols, names of files."""
    return {"none": list(values)}


def vietnamese(*values: str) -> LanguageMap:
    """Return values as they stand in a document."""
    return {"vi": list(values)}


def title(document: Document) -> LanguageMap:
    """Name a document by its symbol and subject, else by its file."""
    parts = [part for part in (document.record.symbol, document.record.subject) if part]
    return vietnamese(" · ".join(parts)) if parts else as_written(document.file_name)


def metadata(document: Document) -> Iterator[dict[str, JSON]]:
    """Yield what the record says, a pair of label and value each; a guess says that it is one."""
    for key, message, value in _fields(document):
        if value is None:
            continue
        evidence = document.evidence.get(key)
        guessed = evidence is not None and not evidence.confirmed
        yield {"label": label(message), "value": _doubted(value) if guessed else value}


def _fields(document: Document) -> Iterator[tuple[str, str, LanguageMap | None]]:
    record = document.record
    signer = record.signer
    yield "symbol", "Number, symbol", as_written(record.symbol) if record.symbol else None
    yield "kind", "Kind", vietnamese(record.kind.name) if record.kind else None
    yield "issuer", "Issuing body", vietnamese(record.issuer.name) if record.issuer else None
    yield "issued_on", "Date of issue", _date(record.issued_on)
    yield "place", "Place", _text(record.place)
    yield "subject", "Subject", _text(record.subject)
    yield "addressees", "Addressees", _text(*record.addressees)
    yield "signer", "Signed by", _text(*(", ".join(filter(None, (signer.title, signer.name))),)) if signer else None
    yield "urgency", "Urgency", _text(record.urgency)
    yield "secrecy", "Secrecy", _text(record.secrecy)
    yield "fonds", "Fonds", _text(record.fonds)
    yield "topics", "Topics", _text(*(topic.label for topic in record.topics))


def _text(*values: str | None) -> LanguageMap | None:
    there = [value for value in values if value]
    return vietnamese(*there) if there else None


def _date(date: PartialDate | None) -> LanguageMap | None:
    return _each(lambda locale: partial_date(locale, date)) if date and partial_date("vi", date) else None


def _each(words: Callable[[Locale], str]) -> LanguageMap:
    return {locale: [words(locale)] for locale in LOCALES}


def _doubted(value: LanguageMap) -> LanguageMap:
    """Add to values, in every language of the site, that they are not confirmed."""
    return {
        locale: [f"{one} ({_said(locale, 'unconfirmed')})" for one in value.get(locale) or next(iter(value.values()))]
        for locale in LOCALES
    }


def _said(locale: Locale, message: str) -> str:
    return str(translations(locale).ugettext(message))
