"""What every search engine must do, held against both: documents, filters, facets, sorting, cursors."""

import datetime as dt

import pytest

from services.core.deadlines import whole_days
from services.core.errors import ConflictError, InvalidInputError, UnavailableError
from services.core.model import Citation, DossierRef, Due, Issuer, Kind, PartialDate, Record, Signer, Task, Topic
from services.search import EngineHits, Filters, SearchEngine, SearchQuery
from services.search.query import Plan, build_engine_query
from services.search.synonyms import Synonyms
from services.search.typed import take_apart
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import day, engine_at, entry

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures

PUBLIC = frozenset({"public"})


async def ask(
    engine: SearchEngine, q: str = "", *, access: frozenset[str] = PUBLIC, after: str | None = None, **given: object
) -> EngineHits:
    """Search as the service does, without the archive."""
    query = SearchQuery(q=q, **given)  # type: ignore[arg-type]
    typed = take_apart(q, literal=query.literal)
    near = await engine.unknown(typed.folded)
    plan = Plan(typed, tuple(Synonyms.load().alternatives(typed.syllables)), near, strict=query.marks == "strict")
    return await engine.search(build_engine_query(plan, query, access, after=after))


async def ids(engine: SearchEngine, q: str = "", **given: object) -> list[str]:
    return [hit.id for hit in (await ask(engine, q, **given)).hits]  # type: ignore[arg-type]


# --------------------------------------------------------------------------- documents


async def test_an_engine_that_nobody_has_written_finds_nothing(engine: SearchEngine) -> None:
    found = await ask(engine, "tiêm vắc xin", facets=("kind",))
    assert (found.hits, found.total, dict(found.facets), found.next) == ((), 0, {"kind": []}, None)
    assert await engine.count() == 0
    await engine.ping()


async def test_a_document_is_found_as_soon_as_apply_returns(engine: SearchEngine) -> None:
    await engine.apply([entry("a", "tiêm vắc xin")])
    assert await ids(engine, "vắc xin") == ["a"]
    assert await engine.count() == 1
    assert await engine.revisions(["a", "b"]) == {"a": 1}


async def test_an_update_replaces_the_document(engine: SearchEngine) -> None:
    await engine.apply([entry("a", "tiêm vắc xin")])
    await engine.apply([entry("a", "giãn cách xã hội", revision=2)])
    assert await ids(engine, "vắc xin") == []
    assert await ids(engine, "giãn cách") == ["a"]
    assert await engine.count() == 1


async def test_writing_the_same_revision_again_changes_nothing_and_is_no_error(engine: SearchEngine) -> None:
    for _ in range(2):
        await engine.apply([entry("a", "tiêm vắc xin", revision=3)], [("b", 2)])
    assert await engine.count() == 1
    assert await engine.revisions(["a"]) == {"a": 3}


async def test_a_late_batch_never_overwrites_a_newer_document(engine: SearchEngine) -> None:
    await engine.apply([entry("a", "giãn cách xã hội", revision=5)])
    await engine.apply([entry("a", "tiêm vắc xin", revision=4)], [("a", 3)])
    assert await ids(engine, "giãn cách") == ["a"]
    assert await engine.revisions(["a"]) == {"a": 5}


async def test_a_late_batch_never_brings_back_what_was_taken_out(engine: SearchEngine) -> None:
    await engine.apply([entry("a", "tiêm vắc xin", revision=1)])
    await engine.apply([], [("a", 3)])
    await engine.apply([entry("a", "tiêm vắc xin", revision=2)])
    assert await engine.count() == 0
    await engine.apply([entry("a", "tiêm vắc xin", revision=4)])  # restored from the trash
    assert await engine.count() == 1


async def test_the_newest_of_two_revisions_in_one_batch_stays(engine: SearchEngine) -> None:
    await engine.apply([entry("a", "giãn cách", revision=2), entry("a", "vắc xin", revision=1)], [("b", 1)])
    assert await ids(engine, "giãn cách") == ["a"]
    assert await engine.count() == 1


async def test_deleting_what_is_not_there_is_no_error(engine: SearchEngine) -> None:
    await engine.apply([], [("nothing", 1)])
    assert await engine.count() == 0


async def test_documents_with_nothing_in_them_are_listed_and_counted(engine: SearchEngine) -> None:
    await engine.apply([entry("a"), entry("b", "tiêm vắc xin")])
    found = await ask(engine)
    assert found.total == 2
    assert dict(found.facets["year"]) == {"unknown": 2}
    assert await ids(engine, "vắc xin") == ["b"]


async def test_an_engine_opened_for_reading_does_not_write(
    engine: SearchEngine, index_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await engine.apply([entry("a", "tiêm vắc xin")])
    async with engine_at(index_url, tmp_path_factory.mktemp("reader"), write=False) as reader:
        assert await ids(reader, "vắc xin") == ["a"]
        with pytest.raises(ConflictError):
            await reader.apply([entry("b")])
        await engine.apply([entry("b", "tiêm vắc xin")])
        assert sorted(await ids(reader, "vắc xin")) == ["a", "b"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9"])
async def test_a_server_that_is_away_is_said_to_be_unavailable(
    url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with engine_at(url, tmp_path_factory.mktemp("away"), write=False) as away:
        with pytest.raises(UnavailableError):
            await away.ping()


# --------------------------------------------------------------------------- words


async def test_marks_typed_are_a_wish_and_strict_makes_them_a_filter(engine: SearchEngine) -> None:
    await engine.apply([entry("ban", "nghị quyết ban"), entry("bán", "giá bán"), entry("bản", "bản đồ")])
    assert (await ids(engine, "bản"))[0] == "bản"
    assert sorted(await ids(engine, "bản")) == ["ban", "bán", "bản"]
    assert await ids(engine, "bản", marks="strict") == ["bản"]
    assert sorted(await ids(engine, "ban")) == ["ban", "bán", "bản"]


async def test_words_side_by_side_beat_the_same_words_apart(engine: SearchEngine) -> None:
    filler = " cơ quan đơn vị địa phương"
    await engine.apply(
        [entry("apart", f"ưu đãi{filler} tiên phong{filler}"), entry("pair", f"ưu tiên{filler}{filler}")]
    )
    assert (await ids(engine, "uu tien"))[0] == "pair"


async def test_a_document_needs_every_word_of_a_short_query(engine: SearchEngine) -> None:
    await engine.apply([entry("both", "tiêm vắc xin"), entry("one", "tiêm")])
    assert (await ask(engine, "tiêm xin")).total == 1


async def test_a_quoted_phrase_must_stand_together(engine: SearchEngine) -> None:
    await engine.apply(
        [entry("apart", "thông báo tin truyền đạt thông suốt"), entry("phrase", "thông tin truyền thông")]
    )
    assert sorted(await ids(engine, "thông tin truyền thông")) == ["apart", "phrase"]
    assert await ids(engine, '"thông tin truyền thông"') == ["phrase"]
    assert await ids(engine, '"thong tin" truyen thong') == ["phrase"]


async def test_synonyms_find_and_what_was_typed_comes_first(engine: SearchEngine) -> None:
    await engine.apply(
        [entry("vaccine", "tiêm vaccine ngay"), entry("vx", "tiêm vắc xin ngay"), entry("x", "tiêm ngay")]
    )
    assert await ids(engine, "tiêm vắc xin") == ["vx", "vaccine"]
    assert await ids(engine, "tiêm vaccine") == ["vaccine", "vx"]


async def test_one_letter_off_is_found_only_where_the_syllable_occurs_nowhere(engine: SearchEngine) -> None:
    await engine.apply([entry("a", "truyền thông"), entry("b", "giám sát")])
    assert await engine.unknown(["truyenn", "giam", "sat", "9999"]) == {"truyenn": ("truyen",), "9999": ()}
    assert await ids(engine, "truyenn thông") == ["a"]


async def test_a_symbol_brings_its_document_first_and_then_those_that_cite_it(engine: SearchEngine) -> None:
    own = Record(symbol="1356/CĐ-BYT", number="1356", symbol_key="1356||CD-BYT", kind=Kind(code="CĐ", name="Công điện"))
    citing = Record(symbol="3030/UBND-KGVX", citations=(Citation(raw="1356/CĐ-BYT", key="1356||CD-BYT"),))
    await engine.apply(
        [
            entry("citing", "triển khai Công điện số 1356/CĐ-BYT, 1356/CĐ-BYT và 1356/CĐ-BYT", citing),
            entry("own", "Công điện", own),
            entry("other", "công văn của BYT"),
        ]
    )
    for typed in ("1356/CĐ-BYT", "1356 cđ byt", "cd 1356 byt", "1356/CD-BYT"):
        assert await ids(engine, typed) == ["own", "citing"], typed
    assert (await ids(engine, "công điện 1356"))[0] == "own"


# --------------------------------------------------------------------------- filters and facets


async def _shelf(engine: SearchEngine) -> None:
    """Index six dispatches that differ in what filters and facets look at."""
    dien_bien = Issuer(name="UBND tỉnh Điện Biên", id="dien-bien/ubnd", level="province", place="Điện Biên")
    so_y_te = Issuer(name="Sở Y tế Điện Biên", id="dien-bien/so-y-te", level="province", place="Điện Biên")
    tiem, xet = Topic(id="y-te/tiem-chung", label="Tiêm chủng"), Topic(id="y-te/xet-nghiem", label="Xét nghiệm")
    letter, plan = Kind(code="CV", name="Công văn"), Kind(code="KH", name="Kế hoạch")
    records = {
        "a": Record(
            kind=letter, issuer=dien_bien, issued_on=day(2021, 9, 14), topics=(tiem,), signer=Signer(name="Vừ A Bằng")
        ),
        "b": Record(
            kind=letter, issuer=dien_bien, issued_on=day(2021, 9), topics=(tiem, xet), signer=Signer(name="VÙ A BẰNG")
        ),
        "c": Record(kind=plan, issuer=so_y_te, issued_on=day(2020), topics=(xet,)),
        "d": Record(kind=plan, issued_on=PartialDate(earliest=dt.date(2020, 12, 20), latest=dt.date(2021, 1, 10))),
        "e": Record(urgency="HỎA TỐC"),
    }
    batch = [entry(name, "tiêm vắc xin", record) for name, record in records.items()]
    await engine.apply([*batch, entry("s", "tiêm vắc xin", records["a"], access="secret")])


async def test_nobody_sees_what_is_above_their_access(engine: SearchEngine) -> None:
    await _shelf(engine)
    assert "s" not in await ids(engine, "vắc xin", limit=10)
    seen = await ask(engine, "vắc xin", access=frozenset({"public", "secret"}))
    assert seen.total == 6
    assert (await ask(engine, access=frozenset())).total == 0


async def test_facet_counts_leave_out_their_own_filter_only(engine: SearchEngine) -> None:
    await _shelf(engine)
    found = await ask(engine, "vắc xin", filters=Filters(kind=("CV",), year=("2021",)))
    assert sorted(h.id for h in found.hits) == ["a", "b"]
    assert found.total == 2
    assert dict(found.facets["kind"]) == {"CV": 2, "KH": 1}  # of 2021, d may be
    assert dict(found.facets["year"]) == {"2021": 2, "2021/09": 2}  # of CV
    assert dict(found.facets["topic"]) == {"y-te": 2, "y-te/tiem-chung": 2, "y-te/xet-nghiem": 1}


async def test_values_of_one_filter_are_alternatives_and_filters_add_up(engine: SearchEngine) -> None:
    await _shelf(engine)
    assert sorted(await ids(engine, filters=Filters(kind=("CV", "KH")))) == ["a", "b", "c", "d"]
    assert sorted(await ids(engine, filters=Filters(kind=("CV", "KH"), topic=("y-te/xet-nghiem",)))) == ["b", "c"]


async def test_a_branch_of_a_tree_holds_everything_below_it(engine: SearchEngine) -> None:
    await _shelf(engine)
    assert sorted(await ids(engine, filters=Filters(issuer=("dien-bien",)))) == ["a", "b", "c"]
    assert sorted(await ids(engine, filters=Filters(issuer=("dien-bien/ubnd",)))) == ["a", "b"]
    counted = dict((await ask(engine)).facets["issuer"])
    assert counted == {"dien-bien": 3, "dien-bien/ubnd": 2, "dien-bien/so-y-te": 1}


async def test_a_signer_is_one_person_however_the_name_was_read(engine: SearchEngine) -> None:
    await _shelf(engine)
    assert dict((await ask(engine)).facets["signer"]) == {"vu-a-bang": 2}
    assert sorted(await ids(engine, filters=Filters(signer=("Vừ A Bằng",)))) == ["a", "b"]
    assert await ids(engine, filters=Filters(urgency=("Hỏa tốc",))) == ["e"]


async def test_partial_dates_match_by_overlap(engine: SearchEngine) -> None:
    await _shelf(engine)
    assert dict((await ask(engine)).facets["year"]) == {"2021": 3, "2020": 2, "unknown": 1, "2021/09": 2}
    assert sorted(await ids(engine, filters=Filters(year=("2021/09",)))) == ["a", "b"]
    assert await ids(engine, filters=Filters(year=("unknown",))) == ["e"]

    def between(first: dt.date | None, last: dt.date | None) -> Filters:
        return Filters(date_from=first, date_to=last)

    assert sorted(await ids(engine, filters=between(dt.date(2021, 9, 14), dt.date(2021, 9, 14)))) == ["a", "b"]
    assert sorted(await ids(engine, filters=between(dt.date(2021, 9, 15), None))) == ["b"]
    assert sorted(await ids(engine, filters=between(None, dt.date(2020, 12, 31)))) == ["c", "d"]
    assert sorted(await ids(engine, filters=between(dt.date(2021, 1, 10), dt.date(2021, 8, 31)))) == ["d"]


async def test_deadlines_citations_batches_and_the_rest_are_filters(engine: SearchEngine) -> None:
    september = Due(as_written="trong tháng 9/2021", **whole_days(dt.date(2021, 9, 1), dt.date(2021, 9, 30)))
    record = Record(
        addressees=("Sở Y tế",),
        citations=(Citation(raw="1102/CD-TTg", key="1102||CD-TTG"),),
        tasks=(Task(text="báo cáo", due=september, assignees=("Sở Tài chính",)),),
    )
    await engine.apply([entry("a", "x", record, batch="one"), entry("b", "x", batch="two")])
    within = Filters(due_from=dt.date(2021, 9, 10), due_to=dt.date(2021, 9, 12))
    for filters in (within, Filters(cites=("1102/CĐ-TTg",)), Filters(batch=("one",)), Filters(addressee=("Sở y tế",))):
        assert await ids(engine, filters=filters) == ["a"], filters
    assert await ids(engine, filters=Filters(assignee=("so-tai-chinh",))) == ["a"]
    assert await ids(engine, filters=Filters(due_from=dt.date(2021, 10, 1))) == []
    assert await ids(engine, filters=Filters(dossier=("none",))) == []


async def test_who_must_do_what_until_when_asks_for_one_task(engine: SearchEngine) -> None:
    def task(who: str, day: int) -> Task:
        on = dt.date(2021, 9, day)
        return Task(text="báo cáo", due=Due(as_written=f"{day}/9/2021", **whole_days(on, on)), assignees=(who,))

    both = Record(tasks=(task("Sở Y tế", 20), task("Sở Tài chính", 5)))
    await engine.apply([entry("a", "x", both), entry("b", "x", Record(tasks=(task("Sở Y tế", 12),)))])

    async def asked(first: dt.date | None, last: dt.date | None) -> list[str]:
        return sorted(await ids(engine, filters=Filters(assignee=("Sở Y tế",), due_from=first, due_to=last)))

    assert await asked(None, dt.date(2021, 9, 12)) == ["b"]
    assert await asked(dt.date(2021, 9, 13), None) == ["a"]
    assert await asked(dt.date(2021, 9, 1), dt.date(2021, 9, 30)) == ["a", "b"]
    assert await asked(dt.date(2021, 9, 1), dt.date(2021, 9, 11)) == []
    assert await asked(dt.date(2020, 1, 1), dt.date(2022, 12, 31)) == ["a", "b"]


async def test_an_office_is_addressed_by_name_or_in_its_group(engine: SearchEngine) -> None:
    def sent(to: str, province: str = "dien-bien") -> Record:
        issuer = Issuer(id=f"{province}/ubnd", name="UBND tỉnh", level="province")
        return Record(issuer=issuer, addressees=(to,))

    groups = {
        "a": "Các sở, ban, ngành tỉnh",
        "b": "Sở Y tế",
        "c": "UBND các huyện, thị xã, thành phố",
        "d": "Sở Tư pháp",
    }
    entries = [entry(name, "x", sent(to)) for name, to in groups.items()]
    await engine.apply([*entries, entry("e", "x", sent(groups["a"], "lai-chau"))])

    async def addressed(name: str) -> list[str]:
        return sorted(await ids(engine, filters=Filters(addressee=(name,))))

    assert await addressed("Sở Y tế") == ["a", "b", "e"]
    assert await addressed("Sở Y tế tỉnh Điện Biên") == ["a", "b"]
    assert await addressed("UBND huyện Tuần Giáo") == ["c"]
    assert await addressed("UBND huyện Phong Thổ") == []
    assert await addressed("Bộ Y tế") == []


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        (Filters(year=("20211",)), "bad_year"),
        (Filters(year=("2021/13",)), "bad_year"),
        (Filters(level=("kingdom",)), "bad_level"),
        (Filters(due_from=dt.date(2021, 9, 2), due_to=dt.date(2021, 9, 1)), "bad_interval"),
    ],
)
async def test_what_no_document_can_have_is_said(engine: SearchEngine, filters: Filters, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await ask(engine, filters=filters)
    assert caught.value.code == code


async def test_a_dossier_is_a_filter_by_its_id_and_by_its_code_in_any_case(engine: SearchEngine) -> None:
    filed = (DossierRef(id="0198f3a2-6c1e", code="01.TCCB"), DossierRef(id="0198f3a2-6c1f", code="02.VX"))
    await engine.apply([entry("a", "x", dossiers=filed), entry("b", "x", dossiers=filed[1:]), entry("c", "x")])
    for value in ("01.TCCB", "01.tccb", "0198f3a2-6c1e"):
        assert await ids(engine, filters=Filters(dossier=(value,))) == ["a"], value
    assert sorted(await ids(engine, filters=Filters(dossier=("02.VX",)))) == ["a", "b"]


# --------------------------------------------------------------------------- order and pages


async def test_lists_by_date_put_the_unknown_last_both_ways(engine: SearchEngine) -> None:
    await _shelf(engine)
    assert await ids(engine, sort="newest") == ["a", "b", "d", "c", "e"]
    assert await ids(engine, "vắc xin", sort="oldest") == ["c", "d", "b", "a", "e"]
    assert await ids(engine) == await ids(engine, sort="newest")


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
async def test_pages_hold_every_hit_once_with_ties_by_id(engine: SearchEngine, sort: str) -> None:
    names = [f"{n:03}" for n in range(97)]
    await engine.apply(
        [entry(n, "tiêm vắc xin", Record(issued_on=day(2021, 9, 1 + int(n) % 3))) for n in reversed(names)]
    )
    seen, after = [], None
    while True:
        page = await ask(engine, "vắc xin", sort=sort, limit=10, after=after)
        assert page.total == 97
        seen += [hit.id for hit in page.hits]
        after = page.next
        if after is None:
            break
    assert sorted(seen) == names
    if sort == "relevance":
        assert seen == names
    else:
        day_of = {n: int(n) % 3 for n in names}
        direction = -1 if sort == "newest" else 1
        assert seen == sorted(names, key=lambda n: (direction * day_of[n], n))


async def test_a_cursor_is_stable_while_documents_come_and_go(engine: SearchEngine) -> None:
    await engine.apply([entry(f"{n:03}", "tiêm vắc xin") for n in range(30)])
    first = await ask(engine, "vắc xin", limit=10)
    second = await ask(engine, "vắc xin", limit=10, after=first.next)
    await engine.apply([entry("000a", "tiêm vắc xin"), entry("zzz", "tiêm vắc xin vắc xin")], [("025", 2)])
    third = await ask(engine, "vắc xin", limit=10, after=second.next)
    assert [h.id for page in (first, second, third) for h in page.hits] == [f"{n:03}" for n in range(30)]
    assert third.next is None


@pytest.mark.parametrize("cursor", ["x", "e30", "bnVsbA", "eyJ2IjpbXX0", "eyJhIjpbMV0sInAiOiIifQ"])
async def test_a_cursor_that_is_not_ours_is_refused(engine: SearchEngine, cursor: str) -> None:
    await engine.apply([entry("a", "tiêm vắc xin")])
    with pytest.raises(InvalidInputError):
        await ask(engine, "vắc xin", after=cursor)


@pytest.mark.parametrize(
    "q", ['"', "()", "\\", "*:*", "a AND (", "\x00", "\ud800", "𝕋𝕚𝕖𝕞", "tiêm " * 999, "/" * 5000, "\u0301", "<b>", "’“"]
)
async def test_whatever_is_typed_is_answered(engine: SearchEngine, q: str) -> None:
    await engine.apply([entry("a", "tiêm vắc xin", Record(symbol="3030/UBND-KGVX"))])
    assert (await ask(engine, q)).total in (0, 1)
    assert (await ask(engine, q, marks="strict")).total in (0, 1)


@pytest.mark.parametrize("marks", ["wish", "strict"])
async def test_the_longest_query_is_within_what_the_engine_takes(engine: SearchEngine, marks: str) -> None:
    question = "UBND tỉnh chỉ đạo Sở Y tế tiêm vắc xin COVID-19, ô-xy, sỹ quan, kỹ sư "
    q = question + " ".join(f"từ{n} khác{n}" for n in range(300))
    await engine.apply([entry("a", question * 3)])
    filters = Filters(kind=tuple(f"K{n}" for n in range(16)), state=("done",), signer=tuple(f"s{n}" for n in range(40)))
    assert (await ask(engine, q, marks=marks)).total == 1
    assert (await ask(engine, q, marks=marks, filters=filters)).total == 0


async def test_any_sign_may_stand_in_a_picked_value(engine: SearchEngine) -> None:
    signs = ('a"b', "a\\b", '"', "\\", "*", "a:b OR c", "[a TO b]", "(-x)", "ă^2")
    await engine.apply([entry(f"{n}", "tiêm", Record(kind=Kind(code=sign, name="x"))) for n, sign in enumerate(signs)])
    for number, sign in enumerate(signs):
        found = await ask(engine, "tiêm", filters=Filters(kind=(sign,)), facets=("kind", "state"))
        assert [hit.id for hit in found.hits] == [f"{number}"]
        assert dict(found.facets["kind"]) == dict.fromkeys(signs, 1)
        assert found.facets["state"] == [("done", 1)]
