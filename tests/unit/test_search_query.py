"""Understanding a query: pure, without an engine."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidInputError, SettingsError
from services.search import Filters, SearchQuery
from services.search.analysis import exactly
from services.search.cursors import decode_cursor, encode_cursor
from services.search.filters import picked_and_filters
from services.search.gate import clauses_of, pairs_needed, terms_of, words_needed
from services.search.near import best_of, edits, worth_guessing
from services.search.query import EXACT_PAIRS_OF_SHORT, MOST_CLAUSES, Plan, build_engine_query
from services.search.synonyms import Synonyms, iy_variant
from services.search.typed import MOST_SYLLABLES, take_apart
from services.search.types import EngineQuery, KeywordIs, Phrase, Prefix, Term

SHIPPED = Synonyms.load()


def built(
    q: str, *, strict: bool = False, near: dict[str, tuple[str, ...]] | None = None, relaxed: bool = False
) -> EngineQuery:
    typed = take_apart(q)
    plan = Plan(typed, tuple(SHIPPED.alternatives(typed.syllables)), near or {}, strict)
    query = SearchQuery(q=q, marks="strict" if strict else "wish")
    return build_engine_query(plan, query, frozenset({"public"}), relaxed=relaxed)


def terms_in(way: tuple[frozenset[Term] | Phrase | Prefix, ...]) -> set[Term]:
    return {term for part in way if isinstance(part, frozenset) for term in part}


def weights(query: EngineQuery) -> dict[tuple[str, str], float]:
    return {(s.term.stream, s.term.token): s.weight for s in query.scored}


def test_a_query_without_marks_leaves_the_exact_streams_alone() -> None:
    streams = {s.term.stream for s in built("tiem vac xin").scored}
    assert streams == {f"{name}_{form}" for name in ("subject", "head", "body") for form in ("f", "pf")} | {"symbol_f"}


def test_marks_typed_share_the_weight_between_exact_and_folded() -> None:
    short, long = weights(built("bản đồ")), weights(built("bản đồ quy hoạch chung"))
    assert short["body_e", "bản"] == short["body_f", "ban"] == 0.5
    assert short["body_pf", "ban_do"] == 1.0
    assert short["body_pe", "bản_đồ"] == EXACT_PAIRS_OF_SHORT  # what has the pair as typed comes first
    assert long["body_pe", "bản_đồ"] / long["body_pf", "ban_do"] == pytest.approx(0.3 / 0.7, abs=1e-3)
    assert (long["body_e", "bản"], long["body_f", "ban"]) == (0.3, 0.7)


def test_the_subject_counts_above_the_text_in_a_short_query_and_below_it_in_a_question() -> None:
    short = weights(built("tiem vac xin"))
    long = weights(built("ai phai tiem vac xin truoc khi den lam viec tai cac co so y te"))
    assert short["subject_f", "tiem"] > short["body_f", "tiem"]
    assert long["subject_f", "tiem"] < long["body_f", "tiem"]


@pytest.mark.parametrize("around", ["phương thức", "phương thức do các bên cùng thỏa thuận là gì, ai có quyền chọn"])
def test_marks_in_quotes_are_let_go_in_a_question_alone_and_only_where_nothing_has_them(around: str) -> None:
    q = f'"trọng tại thương mại" {around}'
    exact = Term("body_pe", "trọng_tại")
    asked, relaxed = (
        {t for n in built(q, relaxed=less).must for way in n.ways for t in terms_in(way)} for less in (False, True)
    )
    assert exact in asked
    assert (exact in relaxed) == (around == "phương thức")
    assert all(Phrase(("trong", "tai", "thuong", "mai")) in way for n in built(q, relaxed=True).must for way in n.ways)


def test_strict_marks_ask_the_exact_streams_only() -> None:
    query = built("bản đồ", strict=True)
    assert all(s.term.stream.rsplit("_")[1] in ("e", "pe") for s in query.scored)
    assert query.gate is not None
    assert {t for n in query.gate.needs for way in n.ways for t in terms_in(way)} == exactly("bản") | exactly("đồ")


def test_a_syllable_typed_twice_counts_twice_and_is_needed_once() -> None:
    query = built("thong tin truyen thong")
    assert weights(query)["body_f", "thong"] == 2.0
    assert query.gate is not None
    assert len(query.gate.needs) == 3


@pytest.mark.parametrize(("needs", "minimum"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (6, 4), (8, 6)])
def test_most_words_of_a_short_query_are_needed(needs: int, minimum: int) -> None:
    assert words_needed(needs) == minimum
    assert 1 <= words_needed(needs, relaxed=True) <= minimum


def test_nothing_typed_lists_everything_newest_first() -> None:
    for q in ("", "  ", '"', "...", "()"):
        query = built(q)
        assert (query.gate, query.scored, query.sort) == (None, (), "newest")


def test_a_symbol_is_needed_whole_and_lifts_its_document_above_those_that_cite_it() -> None:
    query = built("1356/CĐ-BYT")
    own, cited = query.boosts
    assert (own.keyword, own.values, cited.keyword) == ("symbol_key", ("1356||CD-BYT",), "cites")
    assert own.score > cited.score > sum(s.weight for s in query.scored)
    assert query.gate is not None
    assert query.gate.needs == ()
    assert [len(n.ways[0]) for n in query.gate.must] == [3]


def test_a_symbol_inside_a_longer_query_is_a_wish() -> None:
    query = built("tiêm vắc xin theo Công điện 1102/CĐ-TTg")
    assert query.boosts[0].values == ("1102||CD-TTG",)
    assert query.gate is not None
    assert len(query.gate.needs) > 3


def test_a_phrase_is_needed_at_its_positions_and_with_its_marks() -> None:
    (need,) = built('dịch "thông tin truyền thông"').must
    ((positions, *exact),) = need.ways
    assert positions == Phrase(("thong", "tin", "truyen", "thong"))
    assert [{t.token for t in terms_in((part,))} for part in exact] == [{"thông_tin"}, {"tin_truyền"}, {"truyền_thông"}]
    assert built('"thong tin truyen thong"').must[0].ways == ((positions,),)
    assert len(built('"thong tin"', strict=True).must[0].ways[0]) == 2


def test_a_phrase_of_a_very_long_query_is_still_asked_for() -> None:
    words = " ".join(f"từ{n} khác{n}" for n in range(400))
    query = built(f'"{words}" "{words}" "mười hai"')
    assert len(query.must) == 1
    assert len(query.scored) + clauses_of(query.gate) + terms_of(query.must) <= MOST_CLAUSES


def test_a_very_long_query_is_cut_to_what_an_engine_takes() -> None:
    query = built(" ".join(f"từ{n} khác{n}" for n in range(400)))
    assert take_apart(" ".join(f"từ{n}" for n in range(400))).cut
    assert query.gate is not None
    assert len(query.gate.needs) == MOST_SYLLABLES - 1
    assert len(query.scored) + clauses_of(query.gate) <= MOST_CLAUSES
    assert {s.term.token for s in query.scored} >= {"tu0", "tu24", "tu0_khac0"}


def test_of_a_question_some_pairs_are_needed_whatever_its_synonyms() -> None:
    query = built("UBND tỉnh giao Sở Y tế tổ chức tiêm vắc xin phòng COVID-19 cho ai trước")
    assert query.gate is not None
    assert query.gate.minimum == pairs_needed(len(query.gate.needs)) == 3
    assert all(len(need.ways) == 1 for need in query.gate.needs)
    tokens = [{t.token for t in terms_in(need.ways[0])} for need in query.gate.needs]
    assert tokens[0] >= {"ubnd_tinh", "uy_ban", "dan_tinh"}
    assert any(found >= {"vac_xin", "tiem_vaccine"} for found in tokens)


@pytest.mark.parametrize("word", ["UBND", "vắc xin", "COVID-19", "kỹ sĩ lý"])
def test_a_long_query_full_of_synonyms_stays_within_what_an_engine_takes(word: str) -> None:
    query = built(" ".join(f"{word} từ{n}" for n in range(60)))
    assert query.gate is not None
    assert len(query.scored) + clauses_of(query.gate) <= MOST_CLAUSES


def test_what_occurs_nowhere_is_guessed_at_or_left_out() -> None:
    guessed = built("tiem vatxin", near={"vatxin": ("vacxin",)})
    assert weights(guessed)["body_f", "vacxin"] < weights(guessed)["body_f", "tiem"]
    left_out = built("tiêm qqqq xin", near={"qqqq": ()})
    assert left_out.gate is not None
    assert len(left_out.gate.needs) == 2


@given(st.text(max_size=200))
def test_anything_typed_makes_a_query(q: str) -> None:
    for strict in (False, True):
        query = built(q, strict=strict)
        assert all(s.weight > 0 and s.term.token for s in query.scored)


# --------------------------------------------------------------------------- synonyms


def instead_of(q: str) -> set[str]:
    return {" ".join(a.instead) for a in SHIPPED.alternatives(take_apart(q).syllables)}


def test_synonyms_go_both_ways_and_with_or_without_marks() -> None:
    assert "vắc xin" in instead_of("tiêm vaccine")
    assert "vaccine" in instead_of("tiem vac xin") & instead_of("tiêm vắc-xin")
    assert "ủy ban nhân dân" in instead_of("UBND tỉnh")
    assert "ubnd" in instead_of("uy ban nhan dan tinh")
    assert "oxy" in instead_of("ô-xy")


def test_a_synonym_needs_the_marks_that_were_typed() -> None:
    assert "vaccine" not in instead_of("vạc xịn")
    assert "gplx" in instead_of("giây phep lai xe")  # tones left out


def test_each_folded_form_is_an_alternative_once() -> None:
    alternatives = SHIPPED.alternatives(take_apart("vaccine").syllables)
    folded = [tuple(take_apart(" ".join(a.instead)).folded) for a in alternatives]
    assert len(folded) == len(set(folded))


@pytest.mark.parametrize(
    ("typed", "other"), [("kỹ", "kĩ"), ("sĩ", "sỹ"), ("quý", "quí"), ("tay", None), ("thúy", None), ("ui", None)]
)
def test_i_and_y_are_exchanged_only_where_both_are_written(typed: str, other: str | None) -> None:
    assert iy_variant(typed) == other


@pytest.mark.parametrize(
    "text", ["[a]", "same: [x]", "same: [[a]]", "other: []", "abbreviations: [a]", "same: [[a, 19]]", "a: [", "\x00"]
)
def test_a_wrong_synonyms_file_says_which_file_and_what(text: str, tmp_path: Path) -> None:
    path = tmp_path / "synonyms.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"VANBAN_SYNONYMS_FILE.*synonyms\.yaml"):
        Synonyms.load(path)


def test_an_own_synonyms_file_replaces_the_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "synonyms.yaml"
    path.write_text("abbreviations: {TTHC: thủ tục hành chính}\n")
    (alternative,) = Synonyms.load(path).alternatives(take_apart("TTHC").syllables)
    assert alternative.instead == ("thủ", "tục", "hành", "chính")


# --------------------------------------------------------------------------- filters, guesses, cursors


def test_filters_are_written_as_they_are_indexed() -> None:
    picked, others = picked_and_filters(
        Filters(kind=("công văn", "QĐ"), signer=("VÙ A BẰNG",), cites=("1102/CĐ-TTg",), issuer=("Điện Biên/UBND",))
    )
    assert set(picked) == {
        KeywordIs("kind", ("CV", "QĐ")),
        KeywordIs("signer", ("vu-a-bang",)),
        KeywordIs("issuer", ("dien-bien/ubnd",)),
    }
    assert others == (KeywordIs("cites", ("1102||CD-TTG",)),)


def test_one_edit_is_a_letter_more_less_other_or_two_swapped() -> None:
    assert {"tiem", "ime", "xtime", "txme", "itme"} <= edits("time")
    assert "time" not in edits("time")
    assert "tmei" not in edits("time")


def test_numbers_and_very_short_syllables_are_not_guessed_at() -> None:
    assert [worth_guessing(t) for t in ("3030", "ca", "vac", "f0", "đi")] == [False, False, True, False, False]
    assert best_of([("vac", 2), ("vat", 5), ("va1", 9), ("vam", 0)]) == ("vat", "vac")


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=20), max_size=4))
def test_reading_a_cursor_is_the_inverse_of_writing_it(values: dict[str, int | str]) -> None:
    assert decode_cursor(encode_cursor(values)) == values


@given(st.text(max_size=40))
def test_a_cursor_of_somebody_else_is_refused_or_harmless(cursor: str) -> None:
    with suppress(InvalidInputError):
        assert isinstance(decode_cursor(cursor), dict)
