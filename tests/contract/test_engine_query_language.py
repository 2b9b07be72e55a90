"""What a query says beside its words, on both engines: exclusions, filters and preferences."""

from services.core.model import Issuer, Kind, Record
from services.search import SearchEngine
from tests.contract.test_engines import ask, ids
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import day, entry

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures

MINISTRY = Issuer(name="Bộ Y tế", id="trung-uong/bo-y-te", level="ministry")
PROVINCE = Issuer(name="UBND tỉnh Bắc Kạn", id="bac-kan/ubnd", level="province", place="Bắc Kạn")


def record(code: str, issuer: Issuer, month: int) -> Record:
    return Record(kind=Kind(code=code, name=code), issuer=issuer, issued_on=day(2021, month, 5))


async def filled(engine: SearchEngine) -> None:
    await engine.apply(
        [
            entry("cd-bo", "bảo đảm oxy y tế cho bệnh viện", record("CĐ", MINISTRY, 8)),
            entry("qd-bo", "phân bổ oxy oxy oxy và vắc xin", record("QĐ", MINISTRY, 7)),
            entry("qd-tinh", "phân bổ vắc xin, bán bản đồ", record("QĐ", PROVINCE, 9)),
            entry("none", "oxy cho bệnh viện, bản tin"),
        ]
    )


async def test_an_exclusion_holds_for_words_phrases_and_fields(engine: SearchEngine) -> None:
    await filled(engine)
    assert sorted(await ids(engine, "oxy -vắc")) == ["cd-bo", "none"]
    assert sorted(await ids(engine, 'oxy -"bệnh viện"')) == ["qd-bo"]
    assert sorted(await ids(engine, "oxy -loại:QĐ")) == ["cd-bo", "none"]
    assert sorted(await ids(engine, '-cơ quan:"Bộ Y tế" -bản')) == []
    assert sorted(await ids(engine, '-cơ quan:"Bộ Y tế"')) == ["none", "qd-tinh"]
    assert sorted(await ids(engine, "-oxy -xxx")) == ["qd-tinh"]
    found = await ask(engine, "oxy -vắc", facets=("kind",))
    assert (found.total, dict(found.facets)) == (2, {"kind": [("CĐ", 1)]})


async def test_marks_in_an_exclusion_exclude_that_form_only(engine: SearchEngine) -> None:
    await filled(engine)
    assert await ids(engine, '-"bản tin" -oxy') == ["qd-tinh"]
    assert sorted(await ids(engine, '-"bán đồ"')) == ["cd-bo", "none", "qd-bo", "qd-tinh"]
    assert sorted(await ids(engine, "-bán")) == ["cd-bo", "none", "qd-bo"]


async def test_a_field_narrows_and_the_counts_obey(engine: SearchEngine) -> None:
    await filled(engine)
    assert sorted(await ids(engine, "oxy cơ quan:BYT")) == ["cd-bo", "qd-bo"]
    assert await ids(engine, "oxy loại:công điện") == ["cd-bo"]
    assert sorted(await ids(engine, "loại:QĐ loại:CĐ")) == ["cd-bo", "qd-bo", "qd-tinh"]
    assert sorted(await ids(engine, "từ:8/2021 đến:30/9/2021")) == ["cd-bo", "qd-tinh"]
    assert await ids(engine, "oxy từ 1/8/2021 đến nay") == ["cd-bo"]
    found = await ask(engine, "năm:2021 loại:QĐ", facets=("kind", "issuer"))
    assert (found.total, dict(found.facets)["kind"]) == (2, [("QĐ", 2)])


async def test_what_is_named_comes_first_and_hides_nothing(engine: SearchEngine) -> None:
    await filled(engine)
    for q, first in (
        ("công điện của Bộ Y tế oxy", "cd-bo"),
        ("quyết định của Bộ Y tế oxy", "qd-bo"),
        ("quyet dinh ubnd tinh bac kan vac xin", "qd-tinh"),
        ("oxy tháng 8/2021", "cd-bo"),
    ):
        understood, literal = await ask(engine, q), await ask(engine, q, literal=True)
        assert understood.hits[0].id == first, q
        assert {h.id for h in understood.hits} >= {h.id for h in literal.hits}, q


async def test_preferences_score_alike_and_page_by_page(engine: SearchEngine) -> None:
    await filled(engine)
    whole = await ask(engine, "oxy tháng 8/2021", limit=10)
    plain = await ask(engine, "oxy tháng 8/2021", limit=10, literal=True)
    raised = {h.id: h.score for h in whole.hits}
    assert round(raised["cd-bo"] - {h.id: h.score for h in plain.hits}["cd-bo"], 3) == 60
    first = await ask(engine, "oxy tháng 8/2021", limit=1)
    rest = await ask(engine, "oxy tháng 8/2021", limit=9, after=first.next)
    assert [h.id for h in (*first.hits, *rest.hits)] == [h.id for h in whole.hits]
