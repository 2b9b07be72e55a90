"""Several documents in one file: cut where a head of its own begins, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.fields_file import fields_of
from services.core.model import PageState, PageStatus, PageText, Reason, Triage
from services.fields import FoundDocument, Hints, Split, flat_lines, read_documents, split_pages
from services.ocr import FileRead, compose
from tests.corpus import BUNDLES, Bundle, make_bundle
from tests.unit.fields_support import TAXONOMY, text_page

PROPOSAL, DECISION, LETTER = BUNDLES["three documents"]
LONG = BUNDLES["two letters"][1]


@pytest.mark.parametrize("duplex", [False, True], ids=["simplex", "duplex"])
@pytest.mark.parametrize("name", BUNDLES)
def test_a_file_is_cut_where_its_documents_begin(name: str, duplex: bool) -> None:
    for seed in range(4):
        bundle = make_bundle("x", BUNDLES[name], seed, duplex=duplex, draw=False)
        assert split_pages(bundle.pages).runs == bundle.runs


def page_of(text: str, number: int) -> PageText:
    return replace(text_page(text, number), width=595, height=842)


HEAD = """
UBND TỈNH LAI CHÂU
SỞ Y TẾ

CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc

Số: 41/SYT-NVY

Lai Châu, ngày 5 tháng 3 năm 2021

Kính gửi: Trung tâm Kiểm soát bệnh tật.

Đề nghị Trung tâm báo cáo./.
"""
PARTY = """
TỈNH ỦY LAI CHÂU
*

ĐẢNG CỘNG SẢN VIỆT NAM

Số 12-CV/TU

Lai Châu, ngày 5 tháng 3 năm 2021

Kính gửi: Các huyện ủy.
"""
END = "Sở Y tế báo cáo Ủy ban nhân dân tỉnh xem xét, quyết định./."
BLANK = HEAD.replace("Số: 41/", "Số:      /").replace("ngày 5 tháng 3", "ngày    tháng   ")
BEGINS = {
    "a head with number and date": HEAD,
    "the head of a Party paper": PARTY,
    "a number that cannot be read": HEAD.replace("41/", "@†9/"),
    "a draft": BLANK,
    "a draft that says so": BLANK.replace("UBND TỈNH", "DỰ THẢO\n\n(Kèm theo Tờ trình số 3/TTr-SYT)\n\nUBND TỈNH"),
}
GOES_ON = {
    "running text": "3. Sở Tài chính chủ trì, phối hợp với các đơn vị liên quan thực hiện.",
    "a form with a number": "Mẫu số 02\n" + HEAD,
    "a form to be filled in": HEAD.replace("SỞ Y TẾ", "TÊN CƠ QUAN").replace("41/", ".../"),
    "a form of an annex": "PHỤ LỤC II\n" + BLANK,
    "rules without a number": HEAD.replace("Số: 41/SYT-NVY", "QUY CHẾ\n(Ban hành kèm theo Quyết định số 4/QĐ-SYT)"),
    "the note on a copy": HEAD.replace("41/SYT-NVY", "41/SY-SYT").replace("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", ""),
    "a body that names the country": "VÀ CHÍNH PHỦ NƯỚC CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nthỏa thuận như sau:",
}
DOUBTFUL = {
    "a motto and an issuer without number and date": HEAD.replace("Số: 41/SYT-NVY", "").replace("ngày 5", ""),
    "a head whose motto is missing": HEAD.replace(
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc", ""
    ),
    "a draft that comes with something": BLANK.replace("UBND TỈNH", "(Kèm theo Tờ trình số 3/TTr-SYT)\n\nUBND TỈNH"),
}


@pytest.mark.parametrize("what", BEGINS)
def test_a_document_begins_with(what: str) -> None:
    pages = [page_of(HEAD, 1), page_of(END, 2), page_of(BEGINS[what], 3), page_of("Trang sau.", 4)]
    assert split_pages(pages) == Split(((1, 2), (3, 4)))


@pytest.mark.parametrize("what", GOES_ON)
def test_a_document_goes_on_with(what: str) -> None:
    pages = [page_of(HEAD, 1), page_of(END, 2), page_of(GOES_ON[what], 3)]
    assert split_pages(pages) == Split(((1, 3),))


@pytest.mark.parametrize("what", DOUBTFUL)
def test_nothing_is_split_off_but_a_page_is_named_where_it_shows(what: str) -> None:
    pages = [page_of(HEAD, 1), page_of(END, 2), page_of(DOUBTFUL[what], 3)]
    assert split_pages(pages) == Split(((1, 3),), (3,))


def test_a_draft_is_not_split_off_before_the_end_of_what_it_comes_with() -> None:
    letter = HEAD.replace("./.", "")
    assert split_pages([page_of(letter, 1), page_of(BLANK, 2)]) == Split(((1, 2),), (2,))


def test_a_draft_in_an_annex_is_not_split_off() -> None:
    pages = [page_of(HEAD, 1), page_of("PHỤ LỤC\nDanh sách các đơn vị", 2), page_of(BLANK, 3)]
    assert split_pages(pages) == Split(((1, 3),), (3,))


def test_pages_that_failed_or_are_blank_stay_with_the_document_before_them() -> None:
    failed = PageStatus(id="x", source_id="s", number=2, width=595, height=842, state=PageState.FAILED)
    blank = PageText(4, 595, 842, (), blank=True)
    pages: list[PageText | PageStatus] = [page_of(HEAD, 1), failed, page_of(HEAD, 3), blank]
    assert split_pages(pages).runs == ((1, 2), (3, 4))
    assert split_pages([replace(blank, number=1), page_of(HEAD, 2)]).runs == ((1, 2),)
    assert split_pages([]).runs == ()


@given(
    st.lists(
        st.sampled_from([*BEGINS.values(), *GOES_ON.values(), *DOUBTFUL.values(), END, ""]), min_size=1, max_size=8
    )
)
def test_the_runs_cover_every_page_once_and_in_order(texts: list[str]) -> None:
    split = split_pages([page_of(text, number) for number, text in enumerate(texts, start=1)])
    assert [n for first, last in split.runs for n in range(first, last + 1)] == list(range(1, len(texts) + 1))
    assert set(split.doubtful) <= set(range(2, len(texts) + 1))


# --------------------------------------------------------------------------- the documents of a file


def found(bundle: Bundle, **options: object) -> tuple[FoundDocument, ...]:
    hints = Hints(file_name="77_UBND-VX.pdf", given={"subject": "Người gửi cho biết"})
    return read_documents(bundle.pages, compose, hints, TAXONOMY, **options)  # type: ignore[arg-type]  # by name


def test_each_document_has_its_own_record_text_and_pages() -> None:
    bundle = make_bundle("x", [PROPOSAL, DECISION, LETTER], draw=False)
    documents = found(bundle)
    assert [(d.first_page, d.last_page) for d in documents] == list(bundle.runs)
    assert [d.extraction.record.symbol for d in documents] == [r.symbol for r in bundle.records]
    assert [d.extraction.record.signer for d in documents] == [r.signer for r in bundle.records]
    for document, (first, last) in zip(documents, bundle.runs, strict=True):
        assert {s.page for s in document.clean.spans} == set(range(first, last + 1))
        assert document.extraction.record.pages == last - first + 1
        assert document.extraction.evidence["symbol"].page == first


def test_what_came_with_the_upload_speaks_of_the_first_document_only() -> None:
    unread = replace(LETTER, spec=replace(LETTER.spec, blank_number=True))
    first, second = found(make_bundle("x", [LETTER, unread], draw=False), runs=[(1, 1), (2, 2)])
    assert first.extraction.record.subject == "Người gửi cho biết"
    assert first.extraction.evidence["subject"].how == "entered"
    assert second.extraction.evidence["subject"].how == "read"
    assert second.extraction.record.number is None


def test_a_page_that_may_begin_another_document_is_a_warning_of_the_record() -> None:
    pages = [page_of(HEAD, 1), page_of(END, 2), page_of(next(iter(DOUBTFUL.values())), 3)]
    (document,) = read_documents(pages, compose, Hints(), TAXONOMY)
    assert Reason(code="split_doubtful", params={"pages": "3"}) in document.extraction.record.warnings
    parts = read_documents(pages, compose, Hints(), TAXONOMY, runs=[(1, 2), (3, 3)])
    assert all(w.code != "split_doubtful" for part in parts for w in part.extraction.record.warnings)


def test_a_split_by_hand_is_kept_to_and_reaches_over_pages_that_came_to_light_later() -> None:
    bundle = make_bundle("x", [LETTER, DECISION, LETTER], draw=False)
    documents = found(bundle, runs=[(1, 2), (3, 3)])
    assert [(d.first_page, d.last_page) for d in documents] == [(1, 2), (3, len(bundle.pages))]


def test_a_blank_first_page_hides_no_head() -> None:
    pages = [PageText(1, 595, 842, (), blank=True), page_of(HEAD, 2)]
    (document,) = read_documents(pages, compose, Hints(), TAXONOMY)
    assert (document.first_page, document.extraction.record.symbol) == (1, "41/SYT-NVY")
    assert document.extraction.record.pages == 2


def test_the_flat_line_has_the_further_documents_with_their_pages() -> None:
    bundle = make_bundle("x", [LETTER, LONG], draw=False)
    line = flat_lines("x.pdf", len(bundle.pages), found(bundle))
    assert line["pages"] == len(bundle.pages)
    (other,) = line["also_in_file"]
    first, last = bundle.runs[1]
    assert (other["symbol"], other["pages"]) == (bundle.records[1].symbol, f"{first}-{last}")
    assert set(other["cites"]) == {c.raw for c in bundle.records[1].citations}


def test_a_file_of_which_nothing_was_read_has_a_line_with_all_keys() -> None:
    line = flat_lines("x.pdf", 3, read_documents([], compose, Hints(), TAXONOMY))
    assert set(line) == set(flat_lines("y.pdf", 1, found(make_bundle("x", [LETTER], draw=False))))
    assert (line["symbol"], line["cites"], line["also_in_file"]) == (None, [], [])


def test_a_text_that_was_read_elsewhere_is_one_document_for_vanban_read() -> None:
    pages = tuple(page_of(HEAD, number) for number in (1, 2))
    scan = FileRead(Path("a.pdf"), Triage(pages=()), pages)
    assert [other["pages"] for other in fields_of(scan, TAXONOMY)["also_in_file"]] == ["2"]
    assert fields_of(replace(scan, triage=None), TAXONOMY)["also_in_file"] == []
