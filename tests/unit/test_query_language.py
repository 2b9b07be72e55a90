"""The query language (docs/search.md): what is read out of a query, and that nothing typed is an error."""

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.text import syllables
from services.search import SearchQuery
from services.search.gate import clauses_of, terms_of
from services.search.language import Found, understand
from services.search.language.fields import FIELD_NAMES
from services.search.language.periods import parse_period
from services.search.query import LEANING, MOST_CLAUSES, STRONG, Plan, build_engine_query
from services.search.typed import take_apart
from services.search.types import DateWithin, EngineQuery, KeywordIs, Need

_SIGNS = ['"', "-", ":", " ", "“", "”", "\x00", "e\u0301", "👍", "-a", "cơ quan", "co quan:", "loại:", "công điện"]
_NAMED = ["ubnd tỉnh lai châu", "của", "Bộ Y tế", "quý IV/2021", "3030/UBND-KGVX", "năm:2021", "đến nay", "tháng 8"]
_DATES = ["từ", "1/7/2021", "31/2/2021", " đến ", "trước", "sau ngày", "nam 2021", "2021-08"]
QUERIES = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from([*_SIGNS, *_NAMED, *_DATES]), max_size=14).map("".join),
    st.lists(st.sampled_from([*FIELD_NAMES, *(f"{name}:" for name in FIELD_NAMES), *_SIGNS, *_DATES]), max_size=8).map(
        " ".join
    ),
)
"""What may be typed: anything, and the signs of the language in any order."""


def built(q: str) -> EngineQuery:
    return build_engine_query(Plan(take_apart(q)), SearchQuery(q=q), frozenset({"public"}))


def said(q: str) -> list[tuple[str, str, str, str]]:
    """(how, field, value, piece) of everything read out of a query."""
    return [(f.how, f.field, f.value, q[f.start : f.end]) for f in understand(q).found]


def words(q: str) -> str:
    return " ".join(understand(q).words.split())


# --------------------------------------------------------------------------- exclusion


@pytest.mark.parametrize(
    ("q", "excluded", "left"),
    [
        ("tiêm -vaccine oxy", [("vaccine",)], ("tiêm", "oxy")),
        ('-"phòng dịch" tiêm', [("phòng", "dịch")], ("tiêm",)),
        ("tiêm -ô-xy", [("ô", "xy")], ("tiêm",)),
        ("-a -b", [("a",), ("b",)], ()),
        ("ô-xy", [], ("ô", "xy")),
        ("ô - xy", [], ("ô", "xy")),
        ("- Như trên", [], ("như", "trên")),
        ("-", [], ()),
        ("tiêm --", [], ("tiêm",)),
        ("12/QĐ -UBND", [("ubnd",)], ("12", "qđ")),
    ],
)
def test_a_minus_before_a_word_excludes_it_and_a_hyphen_does_not(
    q: str, excluded: list[tuple[str, ...]], left: tuple[str, ...]
) -> None:
    typed = take_apart(q)
    assert ([*typed.excluded], typed.syllables) == (excluded, left)
    assert len([n for n in built(q).never if isinstance(n, Need)]) == len(excluded)


# --------------------------------------------------------------------------- field:value


@pytest.mark.parametrize(
    ("q", "field", "value"),
    [
        ('cơ quan:"Bộ Y tế"', "issuer", "trung-uong/bo-y-te"),
        ("co quan:BYT", "issuer", "trung-uong/bo-y-te"),
        ("issuer:trung-uong/bo-y-te", "issuer", "trung-uong/bo-y-te"),
        ("Cơ Quan:ubnd tỉnh bắc kạn", "issuer", "bac-kan/ubnd"),
        ("loại:công điện", "kind", "CĐ"),
        ("kind:CĐ", "kind", "CĐ"),
        ("chủ đề:y-te/tiem-chung", "topic", "y-te/tiem-chung"),
        ('chủ đề:"Y tế/Tiêm chủng"', "topic", "y-te/tiem-chung"),
        ("năm:2021", "year", "2021"),
        ('người ký:"Vừ A Bằng"', "signer", "vu-a-bang"),
        ('độ khẩn:"Hỏa tốc"', "urgency", "hoa-toc"),
        ('nơi nhận:"Sở Y tế"', "addressee", "so-y-te"),
        ('giao:"Sở Y tế"', "assignee", "so-y-te"),
        ("viện dẫn:1102/CĐ-TTg", "cites", "1102||CD-TTG"),
        ("số đến:6906", "arrival_number", "6906"),
        ("cấp:tỉnh", "level", "province"),
        ("level:ministry", "level", "ministry"),
        ('tỉnh:"Lai Châu"', "province", "lai-chau"),
        ('trạng thái:"cần kiểm tra"', "state", "needs_review"),
        ("hồ sơ:HS-1", "dossier", "hs-1"),
    ],
)
def test_a_field_is_named_in_vietnamese_with_or_without_marks_or_in_english(q: str, field: str, value: str) -> None:
    for typed in (q, unicodedata.normalize("NFD", q)):
        (found,) = understand(f"{typed} oxy").found
        assert isinstance(found.wanted, KeywordIs)
        assert (found.how, found.field, found.wanted.keyword, found.wanted.values[0]) == ("filter", field, field, value)
        assert len(found.wanted.values) == 1 or field in ("addressee", "assignee")  # an office, and groups it is in
        assert words(f"{typed} oxy") == "oxy"
        assert found.without == "oxy"
        assert (found.start, found.end) == (0, len(typed))


def test_a_body_that_every_province_has_is_all_of_them_and_an_unknown_one_keeps_its_name() -> None:
    (found,) = understand('cơ quan:"Sở Y tế"').found
    assert isinstance(found.wanted, KeywordIs)
    assert {"lai-chau/so-y-te", "bac-kan/so-y-te"} < set(found.wanted.values)
    (unknown,) = understand('cơ quan:"Ban Quản lý chợ"').found
    assert isinstance(unknown.wanted, KeywordIs)
    assert "ban-quan-ly-cho" in unknown.wanted.values


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("28/8/2021", (2021, 8, 28), (2021, 8, 28)),
        ("2021-08-28", (2021, 8, 28), (2021, 8, 28)),
        ("02/2020", (2020, 2, 1), (2020, 2, 29)),
        ("2021-08", (2021, 8, 1), (2021, 8, 31)),
        ("2021", (2021, 1, 1), (2021, 12, 31)),
        ("tháng 8 năm 2021", (2021, 8, 1), (2021, 8, 31)),
    ],
)
def test_the_value_of_a_date_field_may_be_a_day_a_month_or_a_year(
    written: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    assert parse_period(written) == (dt.date(*first), dt.date(*last))
    wanted = [f.wanted for f in understand(f'từ:"{written}" to:"{written}"').found]
    assert wanted == [DateWithin("issued", dt.date(*first), None), DateWithin("issued", None, dt.date(*last))]


@pytest.mark.parametrize(
    "q", ["loại:", "loại: oxy", "màu:đỏ", "field:x", "từ:31/2/2021", "đến:hôm nay", 'năm:"  "', "thưloại:x"]
)
def test_a_field_that_is_none_is_words(q: str) -> None:
    assert [f.field for f in understand(q).found if f.field] == []
    assert syllables(understand(q).words) == syllables(q)


def test_a_field_may_be_excluded_and_several_values_are_alternatives() -> None:
    assert built("-loại:QĐ oxy").never == (KeywordIs("kind", ("QĐ",)),)
    assert built("loại:QĐ loại:CĐ oxy").filters == (KeywordIs("kind", ("QĐ", "CĐ")),)
    assert built('-cơ quan:"Bộ Y tế"').never == (KeywordIs("issuer", ("trung-uong/bo-y-te",)),)


# --------------------------------------------------------------------------- dates in words


@pytest.mark.parametrize(
    ("q", "how", "value"),
    [
        ("oxy tháng 8/2021", "boost", "2021-08-01/2021-08-31"),
        ("oxy thang 8 nam 2021", "boost", "2021-08-01/2021-08-31"),
        ("công điện ngày 28/8/2021", "boost", "2021-08-28/2021-08-28"),
        ("ngày 28 tháng 8 năm 2021 oxy", "boost", "2021-08-28/2021-08-28"),
        ("kế hoạch năm 2021", "boost", "2021-01-01/2021-12-31"),
        ("quý 3/2021 oxy", "boost", "2021-07-01/2021-09-30"),
        ("quý IV năm 2021 oxy", "boost", "2021-10-01/2021-12-31"),
        ("từ 1/7/2021 đến nay oxy", "filter", "2021-07-01/.."),
        ("oxy từ tháng 7 đến tháng 9 năm 2021", "filter", "2021-07-01/2021-09-30"),
        ("oxy từ ngày 1/7/2021 đến hết ngày 15/7/2021", "filter", "2021-07-01/2021-07-15"),
        ("oxy từ tháng 12/2020 đến 2021", "filter", "2020-12-01/2021-12-31"),
        ("oxy từ năm 2020 đến nay", "filter", "2020-01-01/.."),
        ("chương trình từ năm 2021 đến năm 2025", "boost", "2021-01-01/2025-12-31"),
        ("oxy trước ngày 1/7/2021", "filter", "../2021-06-30"),
        ("sau tháng 8/2021 oxy", "filter", "2021-09-01/.."),
        ("oxy từ 1/7/2021 đến nay tại bệnh viện", "boost", "2021-07-01/.."),
    ],
)
def test_a_date_in_words_is_a_wish_and_a_filter_where_its_ends_are_said_at_an_end_of_the_query(
    q: str, how: str, value: str
) -> None:
    found = [f for f in understand(q).found if f.field == "issued"]
    assert [(f.how, f.value) for f in found] == [(how, value)]
    if how == "boost":
        assert words(q) == q


@pytest.mark.parametrize(
    "q",
    [
        "ngày 31/2/2021",
        "tháng 13/2021",
        "quý 5/2021",
        "từ 9/2021 đến 7/2021",
        "sáu tháng 2021",
        "Việt Nam 2021",
        "nấm 2021",
    ],
)
def test_an_impossible_date_and_what_only_looks_like_one_is_words(q: str) -> None:
    assert [f for f in understand(q).found if f.field == "issued"] == []
    assert words(q) == q


# --------------------------------------------------------------------------- kinds and bodies


def preferred(q: str) -> dict[str, tuple[str, float]]:
    return {
        p.wanted.keyword: (p.wanted.values[0], p.score) for p in built(q).preferences if isinstance(p.wanted, KeywordIs)
    }


def test_kinds_and_bodies_named_come_first_and_stay_words() -> None:
    assert preferred("công điện của Bộ Y tế về oxy") == {
        "kind": ("CĐ", STRONG),
        "issuer": ("trung-uong/bo-y-te", STRONG),
    }
    assert preferred("quyet dinh ubnd tinh bac kan") == {"kind": ("QĐ", STRONG), "issuer": ("bac-kan/ubnd", STRONG)}
    assert preferred("oxy do UBND TP.HCM ban hành") == {"issuer": ("ho-chi-minh/ubnd", STRONG)}
    assert preferred("tiêm vắc xin sở y tế lai châu") == {"issuer": ("lai-chau/so-y-te", LEANING)}
    assert preferred("kế hoạch tiêm vắc xin") == {"kind": ("KH", LEANING)}
    assert preferred("tiêm theo kế hoạch") == preferred("sở y tế") == {}
    assert take_apart("công điện của Bộ Y tế về oxy").syllables == tuple(syllables("công điện của bộ y tế về oxy"))


def test_a_question_is_about_what_it_names() -> None:
    q = "công điện của Bộ Y tế về oxy tháng 8/2021 quy định những ai phải tiêm vắc xin trước khi đi làm việc"
    assert understand(q).found == ()


def test_a_symbol_is_a_symbol() -> None:
    for q in ("công điện 1102/CĐ-TTg", "3030/UBND-KGVX", "quyết định 12"):
        assert understand(q).found == ()
        assert take_apart(q).symbol is not None


# --------------------------------------------------------------------------- taking off, and anything typed


def test_each_part_can_be_taken_off() -> None:
    q = 'tiêm  "ưu tiên" -oxy loại:CĐ của Bộ Y tế'
    assert {f.value: f.without for f in understand(q).found} == {
        "ưu tiên": "tiêm ưu tiên -oxy loại:CĐ của Bộ Y tế",
        "oxy": 'tiêm  "ưu tiên" loại:CĐ của Bộ Y tế',
        "CĐ": 'tiêm  "ưu tiên" -oxy của Bộ Y tế',
        "trung-uong/bo-y-te": 'tiêm  "ưu tiên" -oxy loại:CĐ',
    }


def test_taken_literally_all_of_a_query_is_words() -> None:
    q = '"tiêm" -oxy loại:CĐ tháng 8/2021'
    typed = take_apart(q, literal=True)
    assert (typed.found, typed.phrases, typed.excluded, typed.quoted) == ((), (), (), frozenset())
    assert typed.syllables == tuple(syllables(q))


@given(QUERIES)
def test_anything_typed_is_understood_and_its_parts_stand_where_they_say(q: str) -> None:
    asked = understand(q)
    for found in asked.found:
        assert 0 <= found.start < found.end <= len(q)
        assert len(syllables(found.without)) <= len(syllables(q))
    kept = syllables(asked.words)
    taken = [s for f in asked.found if _takes_words(f) for s in syllables(q[f.start : f.end])]
    assert sorted([*kept, *taken]) == sorted(syllables(q))  # nothing typed is lost
    query = built(q)
    never = [n for n in query.never if isinstance(n, Need)]
    assert len(query.scored) + clauses_of(query.gate) + terms_of((*query.must, *never)) <= MOST_CLAUSES


@given(QUERIES)
def test_taking_parts_off_comes_to_an_end(q: str) -> None:
    for _ in range(60):
        found = understand(q).found
        if not found:
            return
        q = found[0].without
    raise AssertionError(q)


@pytest.mark.parametrize(
    "q",
    ['"' * 5000, '"a" ' * 1250, "-a " * 1600, "loại:" * 1000, "từ 1/7/2021 " * 400, "cơ quan:ubnd " * 380, "a" * 5000],
)
def test_five_thousand_characters_are_understood(q: str) -> None:
    query = built(q)
    assert len(query.must) + len(query.never) + len(query.filters) <= 60


def _takes_words(found: Found) -> bool:
    return found.how in ("excluded", "filter")
