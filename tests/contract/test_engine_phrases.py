"""Quoted phrases on both engines: true positions, marks, totals, facets and pages."""

import random

from services.core.model import Kind, Record
from services.core.text import folded_form, syllables
from services.search import IndexDocument, SearchEngine, build_index_document
from services.search.types import GAP
from tests.contract.test_engines import ask, ids
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import entry, made_up

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures


async def test_a_phrase_must_stand_there_in_its_order_and_not_only_its_pairs(engine: SearchEngine) -> None:
    await engine.apply(
        [
            entry("there", "kế hoạch phòng cháy chữa cháy rừng"),
            entry("pairs", "phòng cháy rừng, cháy chữa cháy, chữa cháy và phòng cháy chữa bệnh"),
            entry("turned", "rừng cháy chữa cháy phòng"),
        ]
    )
    assert await ids(engine, '"cháy chữa cháy rừng"') == ["there"]
    assert await ids(engine, '"chay chua chay rung"') == ["there"]
    assert sorted(await ids(engine, '"chữa cháy"')) == ["pairs", "there", "turned"]


async def test_marks_in_quotes_are_asked_for(engine: SearchEngine) -> None:
    await engine.apply([entry("map", "lập bản đồ quy hoạch"), entry("thing", "bán đồ quy hoạch"), entry("ban", "ban")])
    assert await ids(engine, '"bản đồ"') == ["map"]
    assert await ids(engine, '"bản đồ quy hoạch"') == ["map"]
    assert sorted(await ids(engine, '"ban do"')) == ["map", "thing"]
    assert await ids(engine, '"bản"') == ["map"]
    assert await ids(engine, '"ban do"', marks="strict") == []


async def test_a_phrase_runs_over_line_ends_and_punctuation_but_not_from_field_to_field(engine: SearchEngine) -> None:
    record = Record(subject="V/v phân bổ vắc xin", kind=Kind(code="CĐ", name="Công điện"), fonds="Phông lưu trữ")
    await engine.apply([entry("a", "phòng dịch COVID-19.\n\nHỏa tốc, ô-xy y tế", record)])
    assert await ids(engine, '"dịch covid 19 hỏa tốc"') == ["a"]
    assert await ids(engine, '"ô xy y tế"') == await ids(engine, '"phân bổ vắc xin"') == ["a"]
    assert await ids(engine, '"vắc xin công điện"') == await ids(engine, '"y tế phông"') == []
    assert await ids(engine, '"vac xin cong dien"') == await ids(engine, '"y te phong luu tru"') == []


async def test_a_phrase_is_found_in_what_scores_nothing_and_never_across_what_is_left_out(engine: SearchEngine) -> None:
    text = "Các sở thực hiện.\nTM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nPhụ lục\nNơi nhận:\n- Sở Y tế;\n- Lưu: VT, KGVX."
    await engine.apply([entry("a", text, Record(symbol="12/QĐ-UBND"))])
    for q in ("ủy ban nhân dân kt chủ tịch", "uy ban nhan dan", "sở y tế", "các sở thực hiện", "qđ ubnd", "12 qd"):
        assert await ids(engine, f'"{q}"') == ["a"], q
    for q in ("thực hiện phụ lục", "chu tich phu luc", "phu luc so y te", "sở y tế các sở"):
        assert await ids(engine, f'"{q}"') == [], q


async def test_of_a_phrase_the_same_documents_are_found_on_every_engine_as_by_reading(engine: SearchEngine) -> None:
    documents = [build_index_document(document, clean) for document, clean in made_up(300)]
    await engine.apply(documents)
    draw = random.Random(11)
    for _ in range(40):
        words = syllables(draw.choice([d for d in documents if len(d.texts["body"]) > 50]).texts["body"])
        start = draw.randrange(len(words) - 1)
        phrase = words[start : start + draw.randint(2, 4)]
        plain = [*map(folded_form, phrase)]
        for typed in (phrase, plain):
            found = await ask(engine, f'"{" ".join(typed)}"', limit=100)
            want = {d.id for d in documents if _has(d, typed, folded=typed is plain)}
            assert ({hit.id for hit in found.hits}, found.total) == (want, len(want)), typed


async def test_totals_facets_and_pages_obey_a_phrase(engine: SearchEngine) -> None:
    record = Record(kind=Kind(code="CĐ", name="Công điện"))
    await engine.apply([entry(f"{n:02}", "tiêm vắc xin" if n % 2 else "xin tiêm vắc", record) for n in range(20)])
    first = await ask(engine, '"tiêm vắc xin"', limit=6, facets=("kind",))
    assert (first.total, dict(first.facets)) == (10, {"kind": [("CĐ", 10)]})
    second = await ask(engine, '"tiêm vắc xin"', limit=6, after=first.next)
    assert [h.id for h in (*first.hits, *second.hits)] == [f"{n:02}" for n in range(1, 20, 2)]
    assert second.next is None


def _has(document: IndexDocument, phrase: list[str], *, folded: bool) -> bool:
    for passage in (p for text in document.texts.values() for p in text.split(GAP)):
        words = syllables(passage)
        if folded:
            words = [*map(folded_form, words)]
        if any(words[n : n + len(phrase)] == phrase for n in range(len(words))):
            return True
    return False
