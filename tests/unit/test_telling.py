"""Which terms of a document are its most telling ones."""

from hypothesis import given
from hypothesis import strategies as st

from services.search.telling import MOST_CANDIDATES, TELLING_TERMS, Candidate, candidates, choose, similar_query

WORDS = st.lists(st.sampled_from("tiêm vắc xin ưu tiên Sở Y tế 30 2021 dịch đất".split()), max_size=60).map(" ".join)
PUBLIC = frozenset({"public"})


def tokens(found: list[Candidate]) -> list[str]:
    return [candidate.term.token for candidate in found]


def test_pairs_of_the_subject_and_what_is_said_often_are_strongest() -> None:
    found = candidates("tiêm chủng", "Sở Y tế báo cáo, y tế xã")
    assert tokens(found)[:2] == ["tiem_chung", "y_te"]
    assert found[0].term.words == "tiêm chủng"


def test_numbers_make_no_term() -> None:
    assert tokens(candidates("", "ngày 12 tháng 8")) == []


def test_what_stands_in_every_document_loses_and_what_no_other_has_is_left_out() -> None:
    found = candidates("", "kính gửi vắc xin lỗi đọc")
    counts = {"kinh_gui": 1000, "vac_xin": 10, "loi_doc": 1}
    assert [term.token for term in choose(found, counts, 1000)] == ["vac_xin", "kinh_gui"]


@given(WORDS, WORDS)
def test_the_choice_is_bounded_and_the_same_however_often_it_is_made(subject: str, body: str) -> None:
    found = candidates(subject, body)
    assert len(set(tokens(found))) == len(found) <= MOST_CANDIDATES
    counts = {token: 2 + n for n, token in enumerate(sorted(tokens(found)))}
    terms = choose(found, counts, 100)
    assert len(terms) == min(TELLING_TERMS, len(found))
    assert terms == choose(list(reversed(found)), counts, 100)
    query = similar_query(terms, PUBLIC, 5)
    assert query.gate is not None
    assert query.gate.minimum == min(2, len(terms))
