"""Tasks of real documents, counted by hand: agencies, clauses and times; under the folder that VANBAN_SHARED names."""

import os
from functools import cache
from pathlib import Path

import pytest

from services.core.model import Task
from services.fields import Hints, Taxonomy, extract
from services.ocr import compose, text_pages

SHARED = Path(os.environ.get("VANBAN_SHARED", "/nowhere"))
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="VANBAN_SHARED names no folder with the shared documents")

HEALTH, FINANCE = ("Sở Y tế",), ("Sở Tài chính",)
ALL = ("Các sở, ban, ngành", "UBND các huyện, thành phố")
DISTRICTS = ("Ủy ban nhân dân các huyện, thành phố",)

OF_003: list[tuple[str, tuple[str, ...], str | None]] = [
    ("1.gach-1", ALL, None),
    ("1.gach-2", ALL, None),
    ("2.gach-1", HEALTH, "2021-09-11T11:30:00+07:00"),
    ("2.gach-2", HEALTH, None),
    ("2.gach-3", HEALTH, None),
    ("2.gach-4", HEALTH, None),
    ("4", FINANCE, None),
    ("3.gach-1", DISTRICTS, "2021-09-12T16:00:00+07:00"),
    ("3.gach-2", DISTRICTS, None),
    ("3.gach-3", DISTRICTS, "2021-09-11T11:00:00+07:00"),
]
"""Every task of sample 003 in printed order; its last sentence only says that all of this is to be carried out."""

CLAUSES = {
    "000": {"1.1", "1.2", "1.3", "2.gach-1", "2.gach-2", "2.gach-3"},
    "001": {"1.gach-2", "1.gach-3", "1.gach-4", "2", "3"},
    "002": {"1", "2", "3", "4", "4.gach-1", "5", "6", "7"},
    "004": {f"{one}.gach-{n}" for one in (1, 2) for n in range(1, 6)},
}
"""Clauses of the others that ask for something."""


@cache
def tasks(name: str) -> tuple[Task, ...]:
    pages = text_pages((SHARED / "data" / "samples" / f"{name}.txt").read_bytes())
    return extract(pages, compose(pages), Hints(), Taxonomy.load()).record.tasks


def test_every_task_and_deadline_of_the_sample_with_deadlines_is_found_and_no_other() -> None:
    found = [
        (t.clause, t.assignees, t.due.latest.isoformat() if t.due and t.due.latest else None) for t in tasks("003")
    ]
    assert found == OF_003


def test_helpers_and_receivers_of_that_sample_are_found() -> None:
    finance = next(t for t in tasks("003") if t.clause == "4")
    assert finance.cooperating == ("Mặt trận Tổ quốc Việt Nam tỉnh", "UBND các huyện, thành phố")
    assert finance.report_to == ("UBND tỉnh",)
    late = next(t for t in tasks("003") if t.clause == "3.gach-3")
    assert late.report_to == ("Ban Chỉ đạo", "UBND tỉnh")


@pytest.mark.parametrize("name", CLAUSES)
def test_the_other_samples_ask_in_the_clauses_that_ask_and_set_no_deadline(name: str) -> None:
    assert {t.clause for t in tasks(name)} == CLAUSES[name]
    assert all(t.due is None and t.assignees for t in tasks(name))
