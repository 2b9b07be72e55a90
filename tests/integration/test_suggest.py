"""Suggestions while typing and "did you mean", over both engines: the same answers, under access."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from services.core.errors import InvalidInputError
from services.core.kinds import KINDS
from services.core.model import CleanText, Kind, Principal, Record
from services.search import SearchEngine, SearchQuery, SearchService
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import EVERYONE, FakeArchive, make_document, settings_for

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures

LETTERS = {
    "a": ("CV", "3030/UBND-KGVX", "Tiêm vắc xin phòng COVID-19 cho người dân"),
    "b": ("CĐ", "1102/CĐ-TTg", "Về việc cung cấp oxy y tế"),
    "c": ("CV", "3031/SYT-NVY", "Tiêm chủng mở rộng năm 2021"),
    "d": ("QĐ", "12/QĐ-UBND", "Phòng cháy chữa cháy rừng mùa khô"),
}


class Desk(NamedTuple):
    """What a test works with."""

    archive: FakeArchive
    service: SearchService


@pytest_asyncio.fixture
async def desk(engine: SearchEngine, index_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    archive = FakeArchive()
    for name, (kind, symbol, subject) in LETTERS.items():
        record = Record(kind=Kind(code=kind, name=KINDS[kind].name), symbol=symbol, subject=subject)
        archive.put_pages(name, [f"{subject}. Đề nghị các huyện, thành phố tổ chức thực hiện"], record=record)
    await archive.index_all(engine)
    yield Desk(archive, SearchService(engine, archive.as_archive, settings_for(index_url, tmp_path)))


async def suggested(desk: Desk, q: str, limit: int = 8, p: Principal = EVERYONE) -> list[tuple[str, str, int]]:
    return [(i.group, i.value, i.count) for i in (await desk.service.suggest(p, q, limit)).items]


@pytest.mark.parametrize("typed", ["tiêm vắc x", "tiem va", "TIÊM VẮC", "tieem vawc", "tie6m va81c", "tie\u0302m va"])
async def test_subjects_are_completed_with_and_without_marks(desk: Desk, typed: str) -> None:
    assert ("document", "a", 1) in await suggested(desk, typed)


@pytest.mark.parametrize(
    "typed", ["1102", "1102/CĐ", "1102 cd t", "1102/cđ-ttg", "1102cđ", "số 1102", "công điện số: 1102/cd", "so6 1102"]
)
async def test_symbols_are_completed_in_any_writing(desk: Desk, typed: str) -> None:
    assert await suggested(desk, typed) == [("document", "b", 1)]


async def test_a_number_is_no_symbol_behind_other_words(desk: Desk, engine: SearchEngine) -> None:
    assert await suggested(desk, "oxy 1102") == []
    desk.archive.put_pages("five", ["x"], record=Record(symbol="05/2021/NĐ-CP", subject="Nghị định"))
    await desk.archive.index_all(engine)
    assert await suggested(desk, "5/2021") == [("document", "five", 1)]


async def test_numbers_are_completed_from_their_first_digits(desk: Desk) -> None:
    assert {value for _, value, _ in await suggested(desk, "303")} == {"a", "c"}


async def test_names_come_with_the_count_that_following_them_shows(desk: Desk) -> None:
    assert await suggested(desk, "công vă") == [("kind", "CV", 2)]
    found = await desk.service.search(EVERYONE, SearchQuery(q="loại:CV"))
    assert found.total == 2


async def test_what_may_not_be_seen_is_neither_suggested_nor_counted(desk: Desk) -> None:
    nobody = Principal("nobody", access=frozenset({"nobody"}))
    for typed in ("tiêm", "công vă", "1102"):
        assert await suggested(desk, typed, p=nobody) == []


@pytest.mark.parametrize("typed", ["", " ", '"', "()[]*?.+", "\x00", "a" * 4000, "zzz qqq"])
async def test_nothing_typed_is_an_error(desk: Desk, typed: str) -> None:
    assert isinstance(await suggested(desk, typed), list)


async def test_the_limit_holds_and_a_wrong_one_is_said(desk: Desk) -> None:
    assert len(await suggested(desk, "303", limit=1)) == 1
    with pytest.raises(InvalidInputError):
        await desk.service.suggest(EVERYONE, "x", 0)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tieem vawcs xin", "tiêm vắc xin"),
        ("tie6m chu3ng", "tiêm chủng"),
        ("tiêm chủg", "tiêm chủng"),
        ("công văn tiêm chủg", "công văn tiêm chủng"),
        ("chay rugn", "chay rung"),
    ],
)
async def test_what_occurs_nowhere_is_put_right(desk: Desk, typed: str, meant: str) -> None:
    found = (await desk.service.search(EVERYONE, SearchQuery(q=typed))).query.did_you_mean
    assert found is not None
    assert found.q == meant
    assert found.total == (await desk.service.search(EVERYONE, SearchQuery(q=meant))).total > 0


@pytest.mark.parametrize("typed", ["tiêm vắc xin", "3030/UBND-KGVXX", '"tiêm chủg"', "xyzzy qwrtp", "tiêm qwrtp", ""])
async def test_nothing_is_proposed_where_nothing_better_is_known(desk: Desk, typed: str) -> None:
    assert (await desk.service.search(EVERYONE, SearchQuery(q=typed))).query.did_you_mean is None


async def test_a_proposal_finds_something_that_the_caller_may_see(desk: Desk) -> None:
    nobody = Principal("nobody", access=frozenset({"nobody"}))
    assert (await desk.service.search(nobody, SearchQuery(q="tieem vawcs xin"))).query.did_you_mean is None


@pytest.mark.parametrize("typed", ["tiêm mậh", "tiêm mật vắc", "tiêm maatj", "mậtt", "tiêm vắc maatj"])
async def test_words_that_only_hidden_documents_have_are_not_proposed(
    desk: Desk, engine: SearchEngine, typed: str
) -> None:
    hidden = make_document("e", Record(subject="Tiêm mật mã"), access="secret")
    desk.archive.put(hidden, CleanText(text="Tiêm mật mã, tiêm vắc mật", spans=()))
    await desk.archive.index_all(engine)
    assert (await desk.service.search(EVERYONE, SearchQuery(q=typed))).query.did_you_mean is None
    keeper = Principal("keeper", access=frozenset({"public", "secret"}))
    meant = (await desk.service.search(keeper, SearchQuery(q="tiêm maatj"))).query.did_you_mean
    assert meant is not None
    assert meant.q == "tiêm mật"


@pytest.mark.parametrize(
    ("typed", "documents", "meant"),
    [
        ("giai oan", 6, "giai doan"),
        ("trong giai oạn", 6, "trong giai doạn"),
        ("giai oan", 5, None),
        ("giai đoạn", 6, None),
        ("oan sai", 6, None),
        ('"giai oan"', 6, None),
        ("giai oan tiêm chủng", 6, None),
    ],
)
async def test_a_known_word_that_stands_beside_its_neighbours_nowhere_is_put_right(
    desk: Desk, engine: SearchEngine, typed: str, documents: int, meant: str | None
) -> None:
    desk.archive.put_pages("oan", ["Giải quyết oan sai"], record=Record(subject="Oan sai"))
    for number in range(documents):
        desk.archive.put_pages(f"g{number}", [f"Trong giai đoạn {number}"], record=Record(subject="Kế hoạch"))
    desk.archive.put(make_document("g-hidden", access="secret"), CleanText(text="Trong giai đoạn 9", spans=()))
    await desk.archive.index_all(engine)
    found = (await desk.service.search(EVERYONE, SearchQuery(q=typed))).query.did_you_mean
    assert (found and found.q) == meant
