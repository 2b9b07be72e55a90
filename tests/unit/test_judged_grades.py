"""The judged set: its files hold together, and nDCG is what the books say."""

import math
import re

import pytest

from tests.bench.judged.grades import mean_ndcg, ndcg, read_grades, read_queries, unread


def test_every_query_is_short_and_has_an_answer_among_what_was_read() -> None:
    queries, grades = read_queries(), read_grades()
    assert len(queries) >= 60
    assert set(queries) == set(grades)
    assert all(2 <= len(query.split()) <= 6 or query == "PCTN" for query in queries.values())
    assert all(max(graded.values()) > 0 for graded in grades.values())


def test_grades_name_documents_by_id_and_hold_none_of_their_text() -> None:
    for graded in read_grades().values():
        assert set(graded.values()) <= {0, 1, 2, 3}
        assert all(re.fullmatch(r"bd:\d+|(?:cb|sample|scan):[\w.-]+", document) for document in graded)


def test_ndcg_of_a_ranking_worked_out_by_hand() -> None:
    grades = {"a": 3, "b": 1, "c": 0}
    assert ndcg(["a", "b"], grades) == pytest.approx(1)
    assert ndcg(["b", "x", "a"], grades) == pytest.approx((1 + 7 / math.log2(4)) / (7 + 1 / math.log2(3)))
    assert ndcg(["c"], grades) == ndcg([], grades) == ndcg(["a"], {}) == 0
    assert ndcg(["c"] * 10 + ["a"], grades) == 0
    assert unread(["a", "x", *"bcaaaaaa", "y"], grades) == 1
    assert mean_ndcg({"1": ["a", "b"], "2": []}, {"1": grades}) == pytest.approx(0.5)
