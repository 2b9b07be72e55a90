"""The hostile files and mutants that `python -m tests.bench.hostile` sends through the archive."""

from __future__ import annotations

from collections import Counter

from tests.corpus.fuzz import mutants
from tests.corpus.hostile_cases import cases


def test_there_are_hundreds_of_hostile_files_and_no_two_are_the_same() -> None:
    every = list(cases(bombs=False))
    names = Counter((case.kind, case.name) for case in every)
    assert len(every) >= 200
    assert len({case.data for case in every}) == len(every)
    assert set(names.values()) == {1}


def test_mutants_are_the_same_for_the_same_seed() -> None:
    assert list(mutants(6, 7)) == list(mutants(6, 7)) != list(mutants(6, 8))
