"""Queries, grades, and nDCG over them."""

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

QUERIES = Path(__file__).with_name("queries.tsv")
GRADES = Path(__file__).with_name("grades.tsv")
DEPTH = 10


def read_queries() -> dict[str, str]:
    """Return the queries by number."""
    lines = QUERIES.read_text(encoding="utf-8").splitlines()
    return {number: query for number, _, query in (line.partition("\t") for line in lines)}


def read_grades() -> dict[str, dict[str, int]]:
    """Return for every query the grades of the documents that were read: 0 (no), 1 (touches), 2 (helps), 3 (is it)."""
    grades: dict[str, dict[str, int]] = {}
    for line in GRADES.read_text(encoding="utf-8").splitlines():
        query, document, grade = line.split("\t")
        grades.setdefault(query, {})[document] = int(grade)
    return grades


def ndcg(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return nDCG@10 with gains 2^grade - 1; what nobody read counts 0, and so does a query without a good answer."""
    best = _gain(sorted(grades.values(), reverse=True))
    return _gain([grades.get(document, 0) for document in ranking]) / best if best else 0.0


def mean_ndcg(rankings: Mapping[str, Sequence[str]], grades: Mapping[str, Mapping[str, int]]) -> float:
    """Return the mean of nDCG@10 over all queries."""
    return statistics.mean(ndcg(ids, grades.get(number, {})) for number, ids in rankings.items())


def unread(ranking: Sequence[str], grades: Mapping[str, int]) -> int:
    """Count the documents of the first ten that nobody read."""
    return sum(document not in grades for document in ranking[:DEPTH])


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades[:DEPTH], 1))
