"""Runs of pages as people write them ("1-2, 3-7"), and whether they make up a file."""

import re
from collections.abc import Sequence

from services.core.errors import InvalidInputError
from services.core.model import PageRun

_RUN = re.compile(r"(?P<first>[0-9]{1,6})(?:\s*[-–]\s*(?P<last>[0-9]{1,6}))?")


def run_text(first_page: int, last_page: int) -> str:
    """Write a run: "4-5", or "4" for a single page."""
    return str(first_page) if first_page == last_page else f"{first_page}-{last_page}"


def parse_runs(text: str) -> tuple[PageRun, ...]:
    """Read runs parted by blanks, commas or semicolons; InvalidInputError names the part that is none."""
    runs = []
    for part in re.split(r"[,;\s]+", re.sub(r"\s*([-–])\s*", r"\1", text.strip())):
        match = _RUN.fullmatch(part)
        if match is None or not int(match["first"]):
            raise InvalidInputError(
                f"{part!r} is no run of pages. Write runs such as 1-2, 3-7.", why="runs_unclear", part=part
            )
        last = match["last"] or match["first"]
        if int(last) < int(match["first"]):
            raise _reversed(part)
        runs.append(PageRun(first_page=int(match["first"]), last_page=int(last)))
    return tuple(runs)


def check_runs(runs: Sequence[PageRun], pages: int) -> tuple[PageRun, ...]:
    """Return runs in page order; InvalidInputError where they do not cover each page of the file exactly once."""
    if not runs:
        raise InvalidInputError("Name at least one run of pages, such as 1-2.", why="runs_none", example="1-2")
    ordered = tuple(sorted(runs, key=lambda run: (run.first_page, run.last_page)))
    following = 1
    for run in ordered:
        if run.last_page < run.first_page:
            raise _reversed(f"{run.first_page}-{run.last_page}")
        if run.last_page > pages:
            raise InvalidInputError(
                f"The file has {pages} pages; there is no page {run.last_page}.",
                why="runs_beyond",
                page=run.last_page,
                pages=pages,
            )
        if run.first_page < following:
            raise InvalidInputError(
                f"Page {run.first_page} stands in two documents. Name each page once.",
                why="runs_twice",
                page=run.first_page,
            )
        if run.first_page > following:
            raise _left_out(following)
        following = run.last_page + 1
    if following <= pages:
        raise _left_out(following)
    return ordered


def _reversed(run: str) -> InvalidInputError:
    return InvalidInputError(f"{run} is no run of pages: write the lower number first.", why="runs_reversed", run=run)


def _left_out(page: int) -> InvalidInputError:
    return InvalidInputError(
        f"Page {page} stands in no document. Name every page of the file.", why="runs_left_out", page=page
    )
