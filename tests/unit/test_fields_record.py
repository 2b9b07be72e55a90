"""From invented dispatches to records: the parts of the head and foot, blanks, guesses and their evidence."""

import datetime as dt

import pytest

from services.core.errors import InvalidInputError
from services.core.model import Extraction, Zone
from services.fields.foot import mend_surname
from tests.unit.fields_support import LETTER, Row, read, scan_page


def test_a_letter_read_as_text_gives_every_field() -> None:
    record = read(LETTER).record
    assert (record.symbol, record.number, record.notation) == ("512/UBND-NLN", "512", "UBND-NLN")
    assert record.kind is not None
    assert (record.kind.code, record.kind.name) == ("CV", "Công văn")
    assert record.issuer is not None
    assert (record.issuer.name, record.issuer.id) == ("ỦY BAN NHÂN DÂN TỈNH LÀO CAI", "lao-cai/ubnd")
    assert record.issued_on is not None
    assert record.issued_on.earliest == dt.date(2022, 12, 9)
    assert record.place == "Lào Cai"
    assert record.subject == ("V/v phòng, chống rét cho đàn gia súc theo Công điện số 77/CĐ-BNNPTNT ngày 03/12/2022")
    assert record.addressees == ("Sở Nông nghiệp và Phát triển nông thôn", "UBND các huyện, thị xã, thành phố")
    assert [(r.name, r.role) for r in record.recipients] == [
        ("Như trên", None),
        ("TT Tỉnh ủy", "b/c"),
        ("Các phòng chuyên môn", "t/h"),
    ]
    assert record.copy_line == "Lưu: VT, NLN1"
    assert record.signer is not None
    assert record.signer.authority == ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH")
    assert (record.signer.title, record.signer.name) == ("PHÓ CHỦ TỊCH", "Giàng Thị Mẩy")
    assert record.warnings == ()


def test_every_value_of_a_letter_has_its_evidence() -> None:
    evidence = read(LETTER).evidence
    assert {"symbol", "issuer", "issued_on", "kind", "subject", "addressees", "signer", "copy_line"} <= set(evidence)
    assert evidence["kind"].how == "inferred"
    assert all(e.page == 1 and e.confirmed for e in evidence.values())


def test_blank_number_and_day_are_unknown_said_so_and_bounded_by_the_text() -> None:
    extraction = read(LETTER.replace("Số: 512/", "Số: /").replace("ngày 09 tháng", "ngày tháng"))
    record = extraction.record
    assert (record.symbol, record.number, record.symbol_key) == ("/UBND-NLN", None, None)
    assert record.issued_on is not None
    assert record.issued_on.day is None
    assert (record.issued_on.earliest, record.issued_on.latest) == (dt.date(2022, 12, 3), dt.date(2022, 12, 20))
    assert {w.code for w in record.warnings} == {"number_blank", "day_blank"}


def test_a_lost_head_is_inferred_and_left_to_be_confirmed() -> None:
    extraction = read(LETTER[LETTER.index("Số: 512") :])
    assert extraction.record.issuer is not None
    assert extraction.record.issuer.id == "lao-cai/ubnd"
    assert extraction.evidence["issuer"].how == "inferred"
    assert not extraction.evidence["issuer"].confirmed


STAMPED = "VĂN BẢN ĐIỆN TỬ\n\nSố 8841 Ngày 11/12/2022\n\n" + LETTER


def test_the_arrival_stamp_is_never_the_documents_own_number_or_date() -> None:
    record = read(STAMPED).record
    assert record.arrival is not None
    assert (record.arrival.number, record.arrival.date) == ("8841", "11/12/2022")
    assert record.arrival.on == dt.date(2022, 12, 11)
    assert record.number == "512"
    assert record.issued_on is not None
    assert record.issued_on.day == 9


def test_the_arrival_bounds_a_blank_day() -> None:
    record = read(STAMPED.replace("ngày 09 tháng", "ngày tháng")).record
    assert record.issued_on is not None
    assert record.issued_on.latest == dt.date(2022, 12, 11)


DECISION = """
UBND TỈNH LÀO CAI
SỞ Y TẾ
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc

Số: 64/QĐ-SYT

Lào Cai, ngày 02 tháng 3 năm 2023

QUYẾT ĐỊNH
Về việc thành lập Tổ kiểm tra
an toàn thực phẩm năm 2023

GIÁM ĐỐC SỞ Y TẾ

Căn cứ Quyết định số 15/2022/QĐ-UBND ngày 10/5/2022 của UBND tỉnh Lào Cai;

Điều 1. Thành lập Tổ kiểm tra.

Nơi nhận:
- Như Điều 3;
- Lưu: VT, NVY.

GIÁM ĐỐC

Hoàng A Páo
"""


def test_a_named_kind_has_its_title_subject_and_parent_body() -> None:
    record = read(DECISION).record
    assert record.kind is not None
    assert record.kind.code == "QĐ"
    assert record.subject == "Về việc thành lập Tổ kiểm tra an toàn thực phẩm năm 2023"
    assert record.issuer is not None
    assert (record.issuer.parent, record.issuer.name) == ("UBND TỈNH LÀO CAI", "SỞ Y TẾ")
    assert record.issuer.id == "lao-cai/so-y-te"
    assert record.signer is not None
    assert (record.signer.authority, record.signer.title) == ((), "GIÁM ĐỐC")
    assert [(c.key, c.role) for c in record.citations] == [("15|2022|QD-UBND", "basis")]


@pytest.mark.parametrize(
    ("line", "symbol"),
    [
        ("Só: 64/QĐ-SYT", "64/QĐ-SYT"),
        ("Sô64/QĐ-SYT", "64/QĐ-SYT"),
        ("Số: 64/QD-SYT", "64/QD-SYT"),
        ("Số : 64 / QĐ - SYT", "64/QĐ-SYT"),
        ("Số: 64/QĐĐ-SYT", "64/QĐ-SYT"),
        ("Số: 06/2023/QĐ-SYT", "06/2023/QĐ-SYT"),
        ("Số: 64-QĐ/TU", "64-QĐ/TU"),
    ],
)
def test_the_number_line_is_read_through_slips(line: str, symbol: str) -> None:
    assert read(DECISION.replace("Số: 64/QĐ-SYT", line)).record.symbol == symbol


def test_title_and_symbol_that_disagree_leave_the_kind_open_with_both() -> None:
    evidence = read(DECISION.replace("Số: 64/QĐ-SYT", "Số: 64/KH-SYT")).evidence
    assert not evidence["kind"].confirmed
    assert evidence["kind"].candidates == ("Quyết định", "Kế hoạch")


def test_urgency_and_secrecy_are_marks_of_their_own_not_words_in_a_text() -> None:
    marked = DECISION.replace("Lào Cai, ngày 02", "HỎA TỐC\n\nMẬT\n\nLào Cai, ngày 02")
    record = read(marked).record
    assert (record.urgency, record.secrecy) == ("HỎA TỐC", "MẬT")
    plain = read(DECISION.replace("Thành lập Tổ kiểm tra.", "Việc này khẩn và mật.")).record
    assert (plain.urgency, plain.secrecy) == (None, None)


def test_a_telegram_names_its_addressees_before_the_word_for_wiring() -> None:
    telegram = DECISION.replace("QUYẾT ĐỊNH\n", "CÔNG ĐIỆN\n").replace("QĐ-SYT", "CĐ-SYT")
    record = read(telegram).record
    assert record.kind is not None
    assert record.kind.code == "CĐ"


def scan_rows(number: str, confidence: float, day: str = "09", day_confidence: float = 0.95) -> list[Row]:
    return [
        ("ỦY BAN NHÂN DÂN", 100, 60),
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 290, 60),
        ("TỈNH LÀO CAI", 110, 76),
        ("Độc lập - Tự do - Hạnh phúc", 320, 76),
        ("Số:", 100, 110),
        (number, 124, 110, confidence),
        ("/UBND-NLN", 154, 110),
        ("Lào Cai, ngày", 330, 110),
        (day, 420, 110, day_confidence),
        ("tháng 12 năm 2022", 440, 110),
        ("V/v phòng, chống rét cho", 90, 126),
        ("đàn gia súc", 120, 141),
        ("Kính gửi: Sở Tài chính.", 220, 190),
        ("Thực hiện chỉ đạo của Chính phủ, UBND tỉnh yêu cầu:", 110, 230),
    ]


def test_two_columns_are_not_read_across() -> None:
    record = read(scan_page(scan_rows("512", 0.95))).record
    assert record.issuer is not None
    assert record.issuer.name == "ỦY BAN NHÂN DÂN TỈNH LÀO CAI"
    assert record.symbol == "512/UBND-NLN"
    assert record.subject == "V/v phòng, chống rét cho đàn gia súc"
    assert record.place == "Lào Cai"
    assert record.addressees == ("Sở Tài chính",)


def test_evidence_of_a_scan_stands_on_its_words() -> None:
    evidence = read(scan_page(scan_rows("512", 0.95))).evidence
    assert evidence["symbol"].box is not None
    left, top, right, bottom = evidence["symbol"].box
    assert (left, top) == (100, 110)
    assert right < 300
    assert bottom == 122
    assert evidence["issued_on"].box is not None
    assert evidence["issued_on"].box[0] == 330


def test_a_number_the_reader_doubts_is_a_guess_with_candidates() -> None:
    evidence = read(scan_page(scan_rows("4+", 0.2))).evidence["symbol"]
    assert not evidence.confirmed
    weak = read(scan_page(scan_rows("41", 0.3))).evidence["symbol"]
    assert not weak.confirmed
    assert "41/UBND-NLN" in weak.candidates
    assert read(scan_page(scan_rows("41", 0.95))).evidence["symbol"].confirmed


@pytest.mark.parametrize("name", ["47_UBND_NLN.signed.pdf", "047-UBND.pdf", "CV so 47 UBND-NLN.pdf"])
def test_the_file_name_helps_a_number_that_a_pen_wrote(name: str) -> None:
    extraction = read(scan_page(scan_rows("4+", 0.2)), file_name=name)
    assert (extraction.record.number or "").lstrip("0") == "47"
    evidence = extraction.evidence["symbol"]
    assert (evidence.how, evidence.confirmed, evidence.witness) == ("inferred", False, "file_name")
    assert read(scan_page(scan_rows("47", 0.4)), file_name=name).evidence["symbol"].confirmed


@pytest.mark.parametrize("name", ["scan_0047.pdf", "2022_12_09_101500_UBND.pdf", "doc_47ab12cd.pdf", "test_47.pdf"])
def test_other_numbers_in_file_names_say_nothing(name: str) -> None:
    assert read(scan_page(scan_rows("4+", 0.2)), file_name=name).record.number is None


def test_a_day_the_reader_doubts_is_bounded_and_left_to_be_confirmed() -> None:
    extraction = read(scan_page(scan_rows("512", 0.95, "†", 0.2)))
    assert extraction.record.issued_on is not None
    assert (extraction.record.issued_on.month, extraction.record.issued_on.day) == (12, None)
    evidence = extraction.evidence["issued_on"]
    assert not evidence.confirmed
    assert evidence.candidates == ("2022-12-01", "2022-12-31")


def test_zones_of_the_reader_are_believed() -> None:
    rows: list[Row] = [
        ("UBND HUYỆN X", 100, 40, 0.9, Zone.OTHER),
        ("BỘ NỘI VỤ", 100, 60, 0.9, Zone.ISSUER),
        ("Số: 7/BNV-VP", 100, 90, 0.9, Zone.SYMBOL),
        ("Hà Nội, ngày 05 tháng 4 năm 2022", 330, 90, 0.9, Zone.PLACE_DATE),
        ("Số 99 Ngày 06/04/2022", 100, 20, 0.9, Zone.STAMP),
    ]
    record = read(scan_page(rows)).record
    assert record.issuer is not None
    assert record.issuer.id == "trung-uong/bo-noi-vu"
    assert record.symbol == "7/BNV-VP"
    assert record.arrival is not None
    assert record.arrival.number == "99"


def test_the_signature_of_the_letter_is_taken_not_that_of_its_annex() -> None:
    annex = "Phụ lục\n\nNơi nhận:\n- Lưu: VT.\n\nTRƯỞNG PHÒNG\n\nLý Thị Mai\n"
    record = read(LETTER, annex).record
    assert record.signer is not None
    assert record.signer.name == "Giàng Thị Mẩy"
    assert record.pages == 2


def test_signers_side_by_side_are_joined_from_left_to_right() -> None:
    rows: list[Row] = [
        ("GIÁM ĐỐC", 100, 600),
        ("CHỦ TỊCH", 400, 600),
        ("Trần Văn Một", 95, 700),
        ("Lê Thị Hai", 395, 700),
    ]
    signer = read(scan_page(rows)).record.signer
    assert signer is not None
    assert (signer.title, signer.name) == ("GIÁM ĐỐC | CHỦ TỊCH", "Trần Văn Một | Lê Thị Hai")


def test_a_deputys_lost_word_is_put_back_under_kt() -> None:
    spoilt = LETTER.replace("\nPHÓ CHỦ TỊCH**", "\nCHỦ TỊCH**").replace("KT. CHỦ TỊCH", "KT. CHỦ TỊCH")
    signer = read(spoilt).record.signer
    assert signer is not None
    assert signer.title == "PHÓ CHỦ TỊCH"


def test_given_values_are_kept_as_entered_and_the_rest_is_read() -> None:
    extraction = read(
        LETTER, given={"issued_on": "2022-12-08", "kind": "Chỉ thị", "issuer": "Bộ Y tế", "symbol": "9/CT-BYT"}
    )
    record = extraction.record
    assert record.issued_on is not None
    assert record.issued_on.day == 8
    assert record.kind is not None
    assert record.kind.code == "CT"
    assert record.issuer is not None
    assert record.issuer.id == "trung-uong/bo-y-te"
    assert (record.number, record.symbol_key) == ("9", "9||CT-BYT")
    assert record.place == "Lào Cai"
    assert extraction.evidence["issued_on"].how == "entered"
    assert extraction.evidence["subject"].how == "read"


@pytest.mark.parametrize("given", [{"issued_on": "hôm qua"}, {"kind": "Thơ"}, {"colour": "red"}, {"pages": "many"}])
def test_given_values_that_make_no_sense_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        read(LETTER, given=dict(given))


@pytest.mark.parametrize("text", ["", "\n\n", "abc", "Số:", "ngày tháng năm", "Nơi nhận:", "Kính gửi:", "TM.", "V/v"])
def test_poor_pages_give_a_poor_record_and_no_failure(text: str) -> None:
    assert read(text).record.number is None


def signed(*rows: tuple[str, float]) -> Extraction:
    """Read a last page: Nơi nhận on the left, on the right what is left of a signature under its seal."""
    left: list[Row] = [("Nơi nhận:", 90, 600), ("- Như trên;", 90, 615), ("- Lưu: VT.", 90, 630)]
    return read(scan_page([*left, *((text, 340.0, top) for text, top in rows)]))


@pytest.mark.parametrize(
    ("rows", "authority", "title", "name"),
    [
        (
            [("BỘ TRƯỞNG, CHỦ NHIỆM", 600), ("ĐÓ CHỦ NHIỆM", 615)],
            "KT. BỘ TRƯỞNG, CHỦ NHIỆM",
            "PHÓ CHỦ NHIỆM",
            "Lê Văn Tư",
        ),
        ([("GIÁM ĐỐC", 600), ("GIÁM ĐỐC", 615)], "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Lê Văn Tư"),
        ([("TM. CHÍNH PHỦ", 600)], "TM. CHÍNH PHỦ", "THỦ TƯỚNG", "Lê Văn Tư"),
        ([("TM. ỦY BAN NHÂN DÂN", 600)], "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Lê Văn Tư"),
        ([("Kf. BỘ TRƯỞNG", 600), ("THỨ TRƯỞNG", 615)], "KT. BỘ TRƯỞNG", "THỨ TRƯỞNG", "Lê Văn Tư"),
        ([("KT. CHỦ TỊCH", 600), ("PHÓ CHỦ TỊCH", 615)], "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "guyễn Văn Tư"),
    ],
)
def test_what_a_seal_hides_of_a_signature_is_put_back_unconfirmed(
    rows: list[tuple[str, float]], authority: str, title: str, name: str
) -> None:
    extraction = signed(*rows, (name, 700))
    signer = extraction.record.signer
    assert signer is not None
    assert (signer.authority, signer.title) == ((authority,), title)
    assert signer.name == name.replace("guyễn", "Nguyễn")
    assert not extraction.evidence["signer"].confirmed


@pytest.mark.parametrize(
    "title", ["PHÓ GIÁM ĐỐC", "PHÓ CHỦ TỊCH", "TỔNG CỤC TRƯỞNG", "CHI CỤC TRƯỞNG", "TỔNG GIÁM ĐỐC"]
)
def test_a_whole_title_loses_no_word(title: str) -> None:
    extraction = signed((title, 615), ("Lê Văn Tư", 700))
    assert extraction.record.signer is not None
    assert (extraction.record.signer.authority, extraction.record.signer.title) == ((), title)
    assert extraction.evidence["signer"].confirmed


def test_words_of_a_seal_are_no_name() -> None:
    extraction = signed(("KT. CHỦ TỊCH", 600), ("PHÓ CHỦ TỊCH", 615), ("THỊ Ni", 650))
    assert extraction.record.signer is not None
    assert extraction.record.signer.name is None


@pytest.mark.parametrize(
    ("word", "surname"), [("rần", "Trần"), ("Zê", "Lê"), ("guyễn", "Nguyễn"), ("ồ", None), ("Lê", None), ("xyz", None)]
)
def test_only_a_surname_that_can_be_no_other_is_mended(word: str, surname: str | None) -> None:
    assert mend_surname(word) == surname
