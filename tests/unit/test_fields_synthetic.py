"""Synthetic dispatches of every kind: what is read from their words is what they were made of."""

import pytest

from services.core.dates import iso
from services.core.model import PageText, Record
from services.core.text import syllables
from services.fields import Hints, extract
from services.ocr import compose
from tests.corpus.content import compose_dispatch
from tests.corpus.layout import set_dispatch
from tests.corpus.model import ScanSpec
from tests.corpus.scanning import page_truth
from tests.unit.fields_support import TAXONOMY

KINDS = ("CV", "QĐ", "CĐ", "TB", "KH", "CT", "TTr", "BC")
OPTIONS: dict[str, dict[str, object]] = {
    "plain": {},
    "blank number": {"blank_number": True},
    "blank day": {"blank_day": True},
    "electronic stamp": {"digital_stamp": "top_left"},
    "urgent": {"urgency": "HỎA TỐC"},
    "several pages": {"clauses": 14, "cut_sentence": True},
}


def made(kind: str, option: str, seed: int) -> tuple[Record, tuple[PageText, ...]]:
    """Return the truth and the words of one dispatch, without drawing it."""
    spec = ScanSpec(name="x", kind=kind, **OPTIONS[option])  # type: ignore[arg-type]  # options by name
    dispatch = compose_dispatch(spec, seed)
    sheets = set_dispatch(dispatch, spec).sheets
    return dispatch.record, tuple(page_truth(sheet, n, spec) for n, sheet in enumerate(sheets, start=1))


def plain(value: str | None) -> list[str]:
    return syllables(value or "")


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_synthetic_dispatch_is_read_as_it_was_made(kind: str, option: str) -> None:
    for seed in range(3):
        truth, pages = made(kind, option, seed)
        record = extract(pages, compose(pages), Hints(), TAXONOMY).record
        assert record.symbol == truth.symbol
        assert (record.number, record.notation) == (truth.number, truth.notation)
        assert iso(record.issued_on) == iso(truth.issued_on)
        assert record.place == truth.place
        assert record.kind is not None
        assert truth.kind is not None
        assert record.kind.code == truth.kind.code
        assert record.issuer is not None
        assert truth.issuer is not None
        assert plain(record.issuer.name) == plain(truth.issuer.name)
        assert plain(record.issuer.parent) == plain(truth.issuer.parent)
        assert record.issuer.id is not None
        assert plain(record.subject)[-len(plain(truth.subject)) :] == plain(truth.subject)
        assert record.addressees == truth.addressees
        assert record.urgency == truth.urgency
        assert record.arrival == truth.arrival
        assert record.signer == truth.signer
        assert record.copy_line == truth.copy_line
        assert {c.key for c in record.citations} == {c.key for c in truth.citations}
