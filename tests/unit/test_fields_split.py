"""Several documents in one file: cut where a head of its own begins, and nowhere else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidInputError
from services.core.model import PageRun, PageState, PageStatus, PageText
from services.core.page_runs import check_runs, parse_runs, run_text
from services.fields import Hints, flat_lines, read_documents, split_pages
from services.ocr import compose
from tests.corpus import Bundle, Part, ScanSpec, make_bundle
from tests.unit.fields_support import TAXONOMY

LETTER = Part(ScanSpec("letter", issuer="lai-chau", clauses=3))
LONG = Part(ScanSpec("long", issuer="dien-bien", clauses=14))
ANNEXED = Part(ScanSpec("annexed", issuer="can-tho", landscape_annex=True))
DECISION = Part(ScanSpec("decision", kind="QĐ", issuer="ben-tre"))
DRAFT = Part(ScanSpec("draft", kind="QĐ", issuer="lai-chau", blank_number=True, blank_day=True), "draft")
FORM = Part(ScanSpec("form", kind="BC", issuer="lao-cai", clauses=1), "form")
BARE_FORM = replace(FORM, note="")
REGULATION = Part(ScanSpec("rules", kind="KH", issuer="ben-tre"), "regulation")
COPY_NOTE = Part(ScanSpec("copy", kind="TB", issuer="ben-tre", clauses=1), "copy_note")
PROPOSAL = Part(ScanSpec("proposal", kind="TTr", issuer="so-y-te-nghe-an"))

FILES = {
    "one letter": [LETTER],
    "one long letter": [LONG],
    "letter and draft decision": [LETTER, DRAFT],
    "long proposal and draft decision": [LONG, DRAFT],
    "letter with an annex and forms": [ANNEXED, FORM, BARE_FORM],
    "letter, draft decision, annex with forms": [
        LETTER,
        replace(DRAFT, spec=replace(DRAFT.spec, landscape_annex=True)),
        FORM,
    ],
    "two letters": [LETTER, LONG],
    "letter with an annex, then another letter": [ANNEXED, FORM, LETTER],
    "decision and the rules it issues": [DECISION, REGULATION],
    "decision, its rules, then a letter": [DECISION, REGULATION, LETTER],
    "decision with a note that certifies the copy": [DECISION, COPY_NOTE],
    "three documents": [PROPOSAL, DECISION, LETTER],
}


@pytest.mark.parametrize("duplex", [False, True], ids=["simplex", "duplex"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_cut_where_its_documents_begin(name: str, duplex: bool) -> None:
    for seed in range(4):
        bundle = make_bundle("x", FILES[name], seed, duplex=duplex, draw=False)
        assert split_pages(bundle.pages).runs == bundle.runs
