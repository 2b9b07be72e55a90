"""Runs of pages as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidInputError
from services.core.model import PageRun
from services.core.page_runs import check_runs, parse_runs, run_text

LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=12)


def runs_of(lengths: list[int]) -> tuple[PageRun, ...]:
    ends = [sum(lengths[: n + 1]) for n in range(len(lengths))]
    return tuple(PageRun(first_page=e - n + 1, last_page=e) for n, e in zip(lengths, ends, strict=True))


@given(LENGTHS, st.sampled_from([", ", " ", ";", ",\n"]))
def test_what_is_written_reads_back(lengths: list[int], glue: str) -> None:
    runs = runs_of(lengths)
    assert parse_runs(glue.join(run_text(r.first_page, r.last_page) for r in runs)) == runs


@given(LENGTHS, st.randoms())
def test_runs_that_cover_a_file_are_put_in_page_order(lengths: list[int], rng: object) -> None:
    runs = list(runs_of(lengths))
    rng.shuffle(runs)  # type: ignore[attr-defined]  # random.Random
    assert check_runs(runs, sum(lengths)) == runs_of(lengths)


@pytest.mark.parametrize("text", ["", "a", "0", "0-3", "1-", "-2", "3-1", "1-2-3", "1..3", "2 - ", "9999999"])
def test_what_is_no_run_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="run of pages"):
        parse_runs(text)


def test_blanks_around_the_hyphen_and_a_dash_are_taken() -> None:
    assert parse_runs(" 1 - 2,  3–7 ") == runs_of([2, 5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1-2", "Page 3 stands in no document"),
        ("2-3", "Page 1 stands in no document"),
        ("1, 3", "Page 2 stands in no document"),
        ("1-2, 2-3", "Page 2 stands in two documents"),
        ("1-2, 3-4", "no page 4"),
    ],
)
def test_runs_that_are_not_the_whole_file_are_refused_with_the_page(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        check_runs(parse_runs(text), 3)
    with pytest.raises(InvalidInputError, match="at least one"):
        check_runs([], 3)
