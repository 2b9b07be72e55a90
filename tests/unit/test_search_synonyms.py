"""The synonyms file: what the shipped one holds, names from the gazetteer, and edits while a process runs."""

import os
from pathlib import Path

import pytest

from services.core.text import folded_form, syllables
from services.search.gate import clauses_of
from services.search.plan import Plan
from services.search.query import MOST_CLAUSES, build_engine_query
from services.search.synonyms import MOST_ALTERNATIVES, Synonyms, followed_synonyms
from services.search.synonyms_file import DEFAULT_FILE, SAME, SPOKEN, SUCCEEDED, read_rules
from services.search.typed import take_apart
from services.search.types import SearchQuery

SHIPPED = Synonyms.load()


def instead_of(q: str, synonyms: Synonyms = SHIPPED) -> dict[str, float]:
    return {" ".join(a.instead): a.weight for a in synonyms.alternatives(take_apart(q).syllables)}


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("GPLX", "giấy phép lái xe"),
        ("giay phep lai xe", "gplx"),
        ("sổ đỏ", "giấy chứng nhận quyền sử dụng đất"),
        ("thịt heo", "thịt lợn"),
        ("đảm bảo", "bảo đảm"),
        ("GD&ĐT", "giáo dục và đào tạo"),
        ("Đắc Lắc", "đắk lắk"),
    ],
)
def test_officials_words_and_abbreviations_find_each_other(typed: str, other: str) -> None:
    assert instead_of(typed)[other] == SAME


def test_an_old_province_and_an_old_ministry_find_who_took_over_but_not_the_other_way() -> None:
    assert instead_of("bac kan")["thái nguyên"] == SUCCEEDED
    assert "bắc kạn" not in instead_of("Thái Nguyên")
    assert instead_of("Bộ Kế hoạch và Đầu tư")["bộ tài chính"] == SUCCEEDED
    assert instead_of("Sở Giao thông vận tải")["sở xây dựng"] == SUCCEEDED


def test_abbreviations_of_bodies_come_from_the_gazetteer_where_they_mean_one_body() -> None:
    assert instead_of("BYT")["bộ y tế"] == SAME
    assert "byt" in instead_of("Bộ Y tế")
    assert "công an" not in instead_of("cat")  # cát
    assert instead_of("TU") == instead_of("CP") == {}


def test_nothing_shipped_is_one_word_that_stands_for_others_without_its_marks() -> None:
    said = {rule.said[0] for rule in read_rules(DEFAULT_FILE) if len(rule.said) == 1}
    spoken = {word for word in said if SPOKEN.fullmatch(folded_form(word))}
    assert spoken == {"vat", "iuu", "eu"}  # typed far oftener for the tax than for "vát" or "vạt"; no words


@pytest.mark.parametrize("strict", [False, True])
def test_a_query_full_of_synonyms_keeps_the_heaviest_and_stays_within_what_an_engine_takes(strict: bool) -> None:
    q = "BHYT BHXH CCCD PCCC ANTT vắc xin COVID-19 oxy sổ đỏ đền bù bác sĩ mưa bão rác thải kiện toàn Bắc Kạn kỹ sĩ lý"
    typed = take_apart(q)
    alternatives = SHIPPED.alternatives(typed.syllables)
    assert len(alternatives) == MOST_ALTERNATIVES
    assert min(a.weight for a in alternatives) == SAME
    query = build_engine_query(Plan(typed, tuple(alternatives), strict=strict), SearchQuery(q=q), frozenset({"public"}))
    assert query.gate is not None
    assert len(query.scored) + clauses_of(query.gate) <= MOST_CLAUSES


# --------------------------------------------------------------------------- edits


def edit(path: Path, text: str, at: int) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(at * 10**9, at * 10**9))


def test_an_edit_counts_for_the_next_search(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    edit(path, "same: [[alpha, beta]]", 1)
    followed = followed_synonyms(path)
    assert "beta" in instead_of("alpha", followed.current())
    edit(path, "same: [[alpha, gamma]]", 2)
    assert set(instead_of("alpha", followed.current())) == {"gamma"}


@pytest.mark.parametrize("damaged", ["same: [[alpha", "other: 1", "same: {a: b}", "succeeded: [a]", "\x00"])
def test_a_damaged_edit_keeps_what_was_read_before_and_says_so(
    damaged: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "own.yaml"
    edit(path, "same: [[alpha, beta]]", 1)
    followed = followed_synonyms(path)
    assert followed.problem is None
    edit(path, damaged, 2)
    assert "beta" in instead_of("alpha", followed.current())
    assert "own.yaml" in str(followed.problem)
    assert len([r for r in caplog.records if "still used" in r.message]) == 1
    edit(path, "same: [[alpha, gamma]]", 3)
    assert followed.problem is None
    assert "gamma" in instead_of("alpha", followed.current())


def test_a_file_taken_away_keeps_what_was_read_before(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    edit(path, "succeeded: {alpha one: beta one}", 1)
    followed = followed_synonyms(path)
    path.unlink()
    assert "beta one" in instead_of("alpha one", followed.current())
    assert followed.problem is not None


def test_forms_are_those_of_the_one_analysis() -> None:
    assert all(rule.said == tuple(syllables(" ".join(rule.said))) for rule in SHIPPED.rules)
