"""Tasks: who is asked to do what, by when; and what only looks like it. All sentences are written for these tests."""

import pytest

from services.core.dates import partial_date
from services.core.model import CleanText, Record, Task
from services.fields import Hints, extract, find_clauses
from services.fields.agencies import read_agencies
from services.fields.orders import Asking
from services.fields.tasks import find_tasks
from services.ocr import compose
from tests.corpus.content import compose_dispatch
from tests.corpus.layout import set_dispatch
from tests.corpus.model import ScanSpec
from tests.corpus.scanning import page_truth
from tests.unit.fields_support import LETTER, TAXONOMY, read


def tasks(text: str, kind: str = "CV", addressees: tuple[str, ...] = ("Các sở",)) -> tuple[Task, ...]:
    asking = Asking(kind, "ỦY BAN NHÂN DÂN TỈNH LÀO CAI", addressees, partial_date(2022, 12, 9))
    return find_tasks(find_clauses(CleanText(text, ())), asking)


def test_lead_helpers_receiver_and_deadline_are_told_apart() -> None:
    (task,) = tasks(
        "Giao Sở Y tế chủ trì, phối hợp với Sở Tài chính và UBND các huyện rà soát kho thuốc; tổng hợp, "
        "báo cáo Ủy ban nhân dân tỉnh trước ngày 20/12/2022."
    )
    assert task.assignees == ("Sở Y tế",)
    assert task.cooperating == ("Sở Tài chính", "UBND các huyện")
    assert task.report_to == ("Ủy ban nhân dân tỉnh",)
    assert task.text.startswith("chủ trì, phối hợp")
    assert task.due is not None
    assert task.due.as_written == "trước ngày 20/12/2022"
    assert task.clause == "doan-1"


def test_an_agency_in_a_heading_does_what_the_clauses_below_say() -> None:
    found = tasks(
        "2. Sở Y tế\n- Kiểm tra các chốt.\n- Hoàn thành trước ngày 15/12.\n3. Sở Tài chính\nCân đối nguồn chi."
    )
    assert [(t.assignees, t.clause) for t in found] == [
        (("Sở Y tế",), "2.gach-1"),
        (("Sở Y tế",), "2.gach-2"),
        (("Sở Tài chính",), "3"),
    ]
    assert found[0].due is None
    assert found[1].due is not None
    assert str(found[1].due.latest) == "2022-12-15 23:59:59+07:00"


def test_points_under_an_order_to_direct_a_body_are_for_that_body() -> None:
    found = tasks("1. Bộ Công Thương\n2. Chỉ đạo Cục Hóa chất thực hiện:\na) Kiểm tra kho chứa.")
    assert [(t.assignees, t.clause) for t in found] == [(("Cục Hóa chất",), "2.a")]


def test_the_sentence_that_leads_to_a_list_names_who_acts_where_the_clauses_do_not() -> None:
    lead = "UBND tỉnh yêu cầu các sở, ban, ngành thực hiện các nội dung sau:"
    found = tasks(f"{lead}\n1. Rà soát quy chế.\n2. Sở Nội vụ theo dõi chung.")
    assert [t.assignees for t in found] == [("các sở, ban, ngành",), ("Sở Nội vụ",)]


def test_a_letter_that_asks_without_a_name_means_its_addressees() -> None:
    (task,) = tasks("Đề nghị khẩn trương gửi danh sách trước ngày 12/12/2022.", addressees=("UBND các huyện",))
    assert task.assignees == ("UBND các huyện",)
    assert tasks("Đề nghị khẩn trương gửi danh sách trước ngày 12/12/2022.", "QĐ", ()) == ()


def test_a_letter_that_says_what_is_due_without_an_order_is_still_a_task() -> None:
    (sent,) = tasks("Báo cáo gửi về Sở Nội vụ trước ngày 25/12/2022 để tổng hợp.", addressees=("UBND các huyện",))
    assert (sent.assignees, sent.report_to) == (("UBND các huyện",), ("Sở Nội vụ",))
    (named,) = tasks("Các đơn vị báo cáo kết quả về Sở Nội vụ trước ngày 25/12/2022.")
    assert (named.assignees, named.report_to) == (("Các đơn vị",), ("Sở Nội vụ",))


def test_a_deputy_of_the_issuer_may_be_charged_and_the_issuer_itself_is_not() -> None:
    (task,) = tasks("1. Phân công đồng chí Phó Chủ tịch UBND tỉnh trực tiếp chỉ đạo việc này.", "TB")
    assert task.assignees == ("Phó Chủ tịch UBND tỉnh",)
    assert tasks("1. UBND tỉnh tổ chức hội nghị tổng kết.", "TB") == ()


def test_two_deadlines_in_one_order_are_two_tasks() -> None:
    first, second = tasks("1. Sở Y tế gửi dự thảo trước ngày 12/12/2022; gửi bản chính thức trước ngày 20/12/2022.")
    assert first.assignees == second.assignees == ("Sở Y tế",)
    assert first.due is not None
    assert second.due is not None
    assert (first.due.as_written, second.due.as_written) == ("trước ngày 12/12/2022", "trước ngày 20/12/2022")


@pytest.mark.parametrize(
    "text",
    [
        "Căn cứ đề nghị của Sở Y tế tại Tờ trình số 12/TTr-SYT;",
        "1. Thời gian qua, UBND tỉnh đã giao Sở Y tế chủ trì xây dựng kế hoạch.",
        "1. Sở Y tế đã tổ chức 12 lớp tập huấn.",
        "1. Cơ quan thường trực là Sở Y tế.",
        "1. Theo yêu cầu của Sở Y tế, việc này được lùi lại.",
        "Trong quá trình thực hiện, nếu có vướng mắc, các đơn vị báo cáo UBND tỉnh.",
        "Trên đây là ý kiến của UBND tỉnh.",
        "I. MỤC ĐÍCH, YÊU CẦU\n1. Các đơn vị cần nhận thức đúng.",
    ],
)
def test_bases_reports_definitions_and_aims_ask_for_nothing(text: str) -> None:
    assert tasks(text) == ()


def test_the_closing_sentence_is_a_task_only_where_nothing_else_is() -> None:
    closing = "Yêu cầu Sở Y tế, Công an tỉnh khẩn trương triển khai thực hiện./."
    assert [t.assignees for t in tasks(closing)] == [("Sở Y tế", "Công an tỉnh")]
    assert [t.clause for t in tasks(f"1. Sở Y tế rà soát kho thuốc.\n{closing}")] == ["1"]


@pytest.mark.parametrize(
    ("kind", "heading", "count"),
    [
        ("TT", "Đối tượng áp dụng", 0),
        ("TT", "Trách nhiệm của Bộ Y tế", 1),
        ("BC", "Kết quả đạt được", 0),
        ("BC", "Nhiệm vụ, giải pháp", 1),
    ],
)
def test_laws_and_reports_ask_only_where_a_heading_announces_duties(kind: str, heading: str, count: int) -> None:
    assert len(tasks(f"Điều 3. {heading}\n1. Bộ Y tế chủ trì xây dựng cơ sở dữ liệu.", kind)) == count


@pytest.mark.parametrize(
    ("text", "names", "rest"),
    [
        ("Các Sở: Y tế, Kế hoạch và Đầu tư, Tài chính rà soát",
         ("Sở Y tế", "Sở Kế hoạch và Đầu tư", "Sở Tài chính"), "rà soát"),
        ("Giám đốc các Sở: Nội vụ, Văn hóa, Thể thao và Du lịch; Công an tỉnh chịu trách nhiệm",
         ("Giám đốc Sở Nội vụ", "Giám đốc Sở Văn hóa, Thể thao và Du lịch", "Công an tỉnh"), "chịu trách nhiệm"),
        ("Sở Lao động - Thương binh và Xã hội phối hợp", ("Sở Lao động - Thương binh và Xã hội",), "phối hợp"),
        ("Ban Quản lý các khu công nghiệp kiểm tra", ("Ban Quản lý các khu công nghiệp",), "kiểm tra"),
        ("Thủ tướng Chính phủ xem xét", ("Thủ tướng Chính phủ",), "xem xét"),
        ("Ủy ban nhân dân cấp tỉnh bán đấu giá", ("Ủy ban nhân dân cấp tỉnh",), "bán đấu giá"),
        ("Ban Tổ chức Tỉnh ủy chủ trì", ("Ban Tổ chức Tỉnh ủy",), "chủ trì"),
        ("UBND tỉnh các nội dung", ("UBND tỉnh",), "các nội dung"),
        ("các cơ quan, tổ chức, cá nhân có liên quan thực hiện",
         ("các cơ quan, tổ chức, cá nhân có liên quan",), "thực hiện"),
        ("đồng chí Bí thư các huyện, thị xã có trách nhiệm", ("Bí thư các huyện, thị xã",), "có trách nhiệm"),
    ],
)  # fmt: skip
def test_names_end_where_the_order_begins_and_lists_are_taken_apart(
    text: str, names: tuple[str, ...], rest: str
) -> None:
    found = read_agencies(text)
    assert found is not None
    assert found.names == names
    assert text[found.end :].strip() == rest


@pytest.mark.parametrize(
    "text", ["Ban hành kế hoạch", "Báo cáo kết quả", "Số 12/QĐ-UBND", "Tổ chức thực hiện", "Phòng, chống dịch"]
)
def test_words_that_begin_like_an_agency_name_none(text: str) -> None:
    assert read_agencies(text) is None


def test_the_record_has_the_tasks_with_clause_and_page() -> None:
    (task,) = read(LETTER).record.tasks
    assert task.assignees == ("các đơn vị",)
    assert task.due is not None
    assert str(task.due.latest) == "2022-12-20 16:00:00+07:00"
    assert (task.clause, task.page) == ("doan-1", 1)


def test_tasks_that_came_with_the_upload_are_kept_as_entered() -> None:
    given = {"tasks": [{"text": "báo cáo", "assignees": ["Sở Y tế"]}]}
    assert [t.text for t in read(LETTER, given=given).record.tasks] == ["báo cáo"]


ASKING_KINDS = ("CV", "QĐ", "CĐ", "TB", "KH", "CT", "BC")


def _made(kind: str, seed: int) -> tuple[Record, Record]:
    spec = ScanSpec(name="tasks", kind=kind, clauses=9, cut_sentence=True)  # type: ignore[arg-type] # one of its kinds
    dispatch = compose_dispatch(spec, seed)
    sheets = set_dispatch(dispatch, spec).sheets
    pages = [page_truth(sheet, n, spec) for n, sheet in enumerate(sheets, start=1)]
    return dispatch.record, extract(pages, compose(pages), Hints(), TAXONOMY).record


def _asked(task: Task) -> tuple[object, ...]:
    return (task.assignees, task.due and task.due.latest)


@pytest.mark.parametrize("kind", ASKING_KINDS)
def test_synthetic_dispatches_give_at_least_98_in_100_of_their_tasks_and_no_others(kind: str) -> None:
    wanted = found = 0
    for seed in range(4):
        truth, record = _made(kind, seed)
        asked = [_asked(task) for task in record.tasks]
        wanted += len(truth.tasks)
        found += sum(_asked(task) in asked for task in truth.tasks)
        assert len(record.tasks) <= len(truth.tasks)
    assert found >= 0.98 * wanted > 0


def test_a_proposal_asks_its_reader_for_consent_and_nobody_else_for_work() -> None:
    _, record = _made("TTr", 0)
    assert record.tasks == ()
