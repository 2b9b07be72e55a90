"""Where in a file a new document begins: several official documents are often scanned into one PDF.

A document begins with a head of its own (NĐ 30/2020, PL I, ô 1 to 4: motto, issuer, number and symbol, place and date;
Party papers by Hướng dẫn 36-HD/VPTW). Annexes, the forms in them (with heads to be filled in), what is issued with a
decision, copies' certificates and blank backs stay with the document before them. A wrong split is worse than none:
what only looks like a beginning is not split off and is named, so that a person may decide.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import Literal

from services.core.dates import find_long_dates
from services.core.model import PageStatus, PageText, Zone
from services.fields.foot import find_foot
from services.fields.head import Head, find_head
from services.fields.lines import Line, page_lines
from services.fields.number import NumberLine, read_number_line
from services.fields.stamps import is_stamp_line

Run = tuple[int, int]

_TOP_WORDS = 160  # a head with its subject and addressees has fewer; what stands lower begins no page
_TOP_LINES = 12  # marks of forms and annexes stand above the title or right under it
_HIGHEST = 8  # lines that stamps, marks and notes may take above the first line of a head
_LOOK_BACK = 60  # pages in which the end of a document is looked for: a file of 5,000 pages stays quick to cut
_LEVEL_HEIGHTS = 2.0  # number line and date stand on one row (ô 3 and 4): so many letter heights apart at most

_COUNTRY = re.compile(r"\bcong h\w{1,2} x\w h\w{1,2} chu ngh|\bdang cong san viet nam")
_MOTTO = re.compile(r"^\W{0,3}doc lap\W{1,5}tu do")
_FORM = re.compile(r"^\W{0,3}(?:mau(?! giao)|bieu mau|bieu so|bieu \d|phu luc|phu bieu|de cuong)\b")
_ENCLOSED = re.compile(r"^\W{0,3}(?:ban hanh )?(?:dinh )?kem theo\b")
_DRAFT = re.compile(r"^\W{0,3}(?:ban )?du thao\b")
_TO_FILL_IN = re.compile(
    r"\.{3}|…|_{3}|^\W*\[|^\W*ten (?:co quan|to chuc|don vi|cq|doanh)|^\W*co quan (?:chu quan|cap tren)"
)
_COPY_KINDS = frozenset({"SY", "SL", "TrS"})  # bản sao (NĐ 30/2020, PL III): what is copied stands before it
_BLANK_NUMBER = re.compile(r"^\W{0,6}s[o06%]\W*(?:/|-\s?[a-z]{2,5}/)")
_END_MARK = re.compile(r"[./]/\.?\W{0,3}$")


class _Verdict(Enum):
    BEGINS = "begins"
    DOUBTFUL = "doubtful"
    GOES_ON = "goes on"


@dataclass(frozen=True, slots=True)
class Split:
    """The documents of a file as page runs that cover it, and the pages that may begin further ones."""

    runs: tuple[Run, ...]
    doubtful: tuple[int, ...] = ()

    def doubtful_in(self, run: Run) -> tuple[int, ...]:
        """Return the doubtful pages of one run."""
        return tuple(n for n in self.doubtful if run[0] <= n <= run[1])


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the top of a page shows of a head.

    `number` is "given" where something stands, be it unreadable; `form` says that the head is that of a form, or of the
    note which certifies a copy; `enclosed` that a line says what it comes with.
    """

    motto: bool
    issuer: bool
    number: Literal["given", "blank"] | None
    dated: bool
    placed: bool
    on_one_row: bool
    form: bool
    enclosed: bool
    draft: bool
    numbered: bool

    @property
    def whole(self) -> bool:
        """Whether issuer, number line and a date with its year are all there."""
        return self.issuer and self.number is not None and self.dated

    @property
    def annexed(self) -> bool:
        """Whether the page says that it belongs to another document."""
        return self.form or self.enclosed


def split_pages(pages: Sequence[PageText | PageStatus]) -> Split:
    """Cut the pages of a file, in order and those that failed included, into documents; no pages have no runs."""
    if not pages:
        return Split(())
    starts: list[int] = [0]
    doubtful: list[int] = []
    annexed = begun = False
    for at, page in enumerate(pages):
        if isinstance(page, PageStatus) or page.blank or not page.words:
            continue  # a blank back stays with its front
        marks = _marks(page)
        verdict = _verdict(marks, pages[starts[-1] : at], annexed=annexed) if begun else _Verdict.GOES_ON
        if verdict is _Verdict.BEGINS:
            starts.append(at)
            annexed = False
        elif verdict is _Verdict.DOUBTFUL:
            doubtful.append(page.number)
        annexed = annexed or (marks.annexed and verdict is not _Verdict.BEGINS and begun)
        begun = True
    runs = tuple((pages[a].number, pages[b - 1].number) for a, b in pairwise([*starts, len(pages)]))
    return Split(runs, tuple(doubtful))


def _verdict(marks: _Marks, before: Sequence[PageText | PageStatus], *, annexed: bool) -> _Verdict:
    """Decide on a page; `before` are the pages of the document so far, `annexed` says that they include an annex."""
    if marks.form or not (marks.motto or marks.whole):
        return _Verdict.GOES_ON
    if marks.whole and marks.number == "given":
        sure = marks.motto or (marks.on_one_row and _ended(before))
        return _Verdict.BEGINS if sure else _Verdict.DOUBTFUL
    if marks.whole and marks.motto:  # a draft: its number is blank
        own = marks.placed and not annexed and not marks.numbered and (marks.draft or not marks.enclosed)
        return _Verdict.BEGINS if own and _ended(before) else _Verdict.DOUBTFUL
    partial = marks.motto and (marks.issuer or marks.dated or marks.number is not None)
    return _Verdict.DOUBTFUL if partial and not annexed and not marks.enclosed else _Verdict.GOES_ON


def _ended(pages: Sequence[PageText | PageStatus]) -> bool:
    """Tell whether a document shows its end: the mark "./.", Nơi nhận or a signature block."""
    return any(
        _shows_end(page) for page in reversed(pages[-_LOOK_BACK:]) if isinstance(page, PageText) and not page.blank
    )


def _shows_end(page: PageText) -> bool:
    foot = find_foot([page])
    return bool(foot.signatures or foot.recipients) or any(_END_MARK.search(line.text) for line in page_lines(page))


# --------------------------------------------------------------------------- the top of a page


def _marks(page: PageText) -> _Marks:
    lines = [x for x in page_lines(replace(page, words=page.words[:_TOP_WORDS])) if not is_stamp_line(x)]
    head = find_head(lines)
    top = lines[:_TOP_LINES]
    number = _number(head, page)
    certifies = number is not None and number.symbol.notation.split("-")[0] in _COPY_KINDS
    fill_in = any(_TO_FILL_IN.search(x.folded) for x in head.issuer)
    return _Marks(
        motto=any(_is_motto(x) for x in lines[: _HIGHEST + _TOP_LINES]),
        issuer=bool(head.issuer) and head.issuer[0] in lines[:_HIGHEST],
        number=None if number is None else _given(number, head.number[0]),
        dated=any(d.date.year is not None for x in head.place_date for d in find_long_dates(x.text)),
        placed=any(_is_place(x) for x in head.place_date),
        on_one_row=_on_one_row(head),
        form=certifies or fill_in or any(_FORM.search(x.folded) and len(x.text) < 60 for x in top),
        enclosed=any(_is_note_of_enclosure(x) for x in lines[: _HIGHEST + _TOP_LINES]),
        draft=any(_DRAFT.search(x.folded) and len(x.text) < 40 for x in top),
        numbered=any(n > 1 for n in _printed_numbers(page)),
    )


def _is_motto(line: Line) -> bool:
    return line.column != "left" and bool(_MOTTO.search(line.folded) or (line.shouted and _COUNTRY.search(line.folded)))


def _number(head: Head, page: PageText) -> NumberLine | None:
    pen = next((r for r in page.readings if r.part == "number" and r.witness == "pen"), None)
    return read_number_line(head.number, head.kind, None, None, pen)


def _given(number: NumberLine, line: Line) -> Literal["given", "blank"]:
    """Tell a number that nobody wrote from one that is there and cannot be read."""
    return "blank" if number.symbol.number is None and _BLANK_NUMBER.search(line.folded) else "given"


def _is_place(line: Line) -> bool:
    """Tell whether a place stands before the date: forms leave it to be filled in."""
    found = find_long_dates(line.text)
    return bool(found) and sum(c.isalpha() for c in line.text[: found[0].start]) > 1


def _is_note_of_enclosure(line: Line) -> bool:
    """Tell whether a line is "(Kèm theo Quyết định số ...)", and not the middle of a sentence."""
    first = re.search(r"\w", line.text)
    return bool(first and first[0].isupper() and _ENCLOSED.search(line.folded))


def _on_one_row(head: Head) -> bool:
    """Tell whether number and date stand side by side, as in a head and nowhere else."""
    if not head.number or not head.place_date:
        return False
    left, right = head.number[0].box, head.place_date[0].box
    if left is None or right is None or left.x1 > right.x0:
        return False
    apart = abs((left.y0 + left.y1) - (right.y0 + right.y1)) / 2
    return apart <= _LEVEL_HEIGHTS * (left.y1 - left.y0)


def _printed_numbers(page: PageText) -> Iterator[int]:
    digits = (word.text.strip("-– .") for word in page.words if word.zone is Zone.PAGE_NUMBER)
    return (int(text) for text in digits if text.isdecimal())
