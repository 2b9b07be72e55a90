"""Tasks of real documents, counted by hand: agencies, clauses and times; under the folder that VANBAN_SHARED names."""

import os
from functools import cache
from pathlib import Path

import pytest

from services.core.model import Task
from services.core.text import key
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

ASKED = {
    "000": {
        "1.1": "bi-thu-chu-tich-ubnd-cac-huyen-thi-xa-thanh-pho",
        "1.2": "cac-dia-phuong",
        "1.3": "lanh-dao-cac-huyen-thi-xa-thanh-pho",
        **{f"2.gach-{n}": "so-y-te" for n in (1, 2, 3)},
    },
    "001": {
        "1": "so-y-te",
        "1.gach-2": "benh-vien-da-chien",
        "1.gach-3": "so-y-te",
        "1.gach-4": "so-y-te",
        "2": "so-thong-tin-va-truyen-thong",
        "3": "ubnd-cac-huyen-thi-xa-thanh-pho",
    },
    "002": {
        "1": "cac-cap-cac-nganh-dia-phuong",
        "2": "cac-so-ban-nganh-dia-phuong",
        "3": "so-thong-tin-va-truyen-thong",
        "4": "so-y-te",
        "4.gach-1": "so-y-te",
        "5": "so-y-te-so-thong-tin-va-truyen-thong-cac-co-quan-bao-chi-cac-dia-phuong",
        "6": "cac-so-ban-nganh-dia-phuong",
        "7": "ubnd-cac-huyen-thanh-pho-cac-xa-phuong-thi-tran",
    },
    "004": {
        **{f"1.gach-{n}": "cac-co-quan-don-vi-ubnd-cac-xa-phuong" for n in range(1, 6)},
        **{f"2.gach-{n}": "trung-tam-y-te-thanh-pho" for n in range(1, 6)},
    },
}
"""What the others ask, read and counted by hand: clause and who is to act. None of them sets a deadline.

In 002 the agencies of clause 6 are those of the sentence above the list: its own go on with a condition ("khi ..."),
which is not read.
"""


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


@pytest.mark.parametrize("name", ASKED)
def test_the_other_samples_ask_whom_they_ask_where_they_ask_and_set_no_deadline(name: str) -> None:
    assert [(t.clause, key(", ".join(t.assignees)), t.due) for t in tasks(name)] == [
        (clause, doers, None) for clause, doers in ASKED[name].items()
    ]
