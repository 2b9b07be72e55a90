"""Tasks: who a document asks to do what, by when.

An order has a doer and a verb (fields.orders). Who is named in a heading ("2. Sở Y tế") or in the sentence that leads
to a list ("... yêu cầu các sở thực hiện các nội dung sau:") acts in the clauses below. What was done, cited or defined
is no task, and neither is the sentence that closes every document, unless it asks for nothing else. A tờ trình asks
its reader for consent: what it proposes that others do is no task yet.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.core.deadlines import FoundDeadline, find_deadlines
from services.core.model import Clause, Due, PartialDate, Task
from services.core.text import fold
from services.fields.agencies import read_agencies
from services.fields.orders import (
    LETTERS,
    NORMATIVE,
    NOT_NOW,
    Above,
    Asking,
    Order,
    clause_orders,
    is_issuer,
    request,
    sentences,
)

_DUTIES = re.compile(r"\W*(?:quy dinh )?(?:ve )?(?:trach nhiem|to chuc thuc hien|phan cong|nhiem vu cua)\b")
_AIMS = re.compile(
    r"\W*(?:muc (?:dich|tieu)|yeu cau\W*$|quan diem|su can thiet|can cu|pham vi|doi tuong|tinh hinh|danh gia|ket qua"
    r"|giai thich|nguyen tac|thuc trang|boi canh)"
)
_TO_COME = re.compile(r"nhiem vu|giai phap|kien nghi|de xuat|phuong huong|to chuc thuc hien|phan cong|trach nhiem")
_ASKS_FOR_LIST = re.compile(
    r"(?:^|[,;.])\s*(?:[^\W\d_]+\s+){0,8}?(?P<asks>yêu cầu|đề nghị|giao|chỉ đạo)(?!\w)[^,;.]*:\s*$", re.IGNORECASE
)
_IN_WHICH = re.compile(r"(?<!\w)trong đó[^,;.:]{0,60}:\s*$", re.IGNORECASE)
"""Ends an order that stands by itself, of which the list below only says what to heed ("..., trong đó lưu ý:")."""
_COOPERATE = re.compile(
    r"phối hợp(?:\s+(?:chặt chẽ|thường xuyên|tốt|đồng bộ))?,?(?:\s+(?:với|cùng))*(?:\s+với)?\s+", re.IGNORECASE
)
_REPORT = re.compile(
    r"(?<!\w)(?:báo cáo|(?<!quy )(?<!lộ )(?<!chương )(?<!công )(?<!quá )(?<!giải )trình|tham mưu|đề xuất|kiến nghị"
    r"|xin ý kiến|gửi)(?=\s)",
    re.IGNORECASE,
)
_TO = frozenset(("cho", "với", "về", "lên", "đến", "tới", "trình"))
_WORDS_TO = 7  # "báo cáo kết quả thực hiện về UBND tỉnh": so many words from the cue to the name


def find_tasks(clauses: Sequence[Clause], asking: Asking) -> tuple[Task, ...]:
    """Find the tasks of a document in the order of its clauses (`fields.clauses.find_clauses`)."""
    found = list(_walk(clauses, Above(), asking))
    real = [(clause, order) for clause, order in found if not order.closing]
    kept = real or [(clause, order) for clause, order in found if order.doers and asking.kind not in NORMATIVE]
    return tuple(task for clause, order in kept for task in _tasks(clause, order, asking))


# --------------------------------------------------------------------------- from clause to clause


def _walk(clauses: Sequence[Clause], above: Above, asking: Asking) -> Iterator[tuple[Clause, Order]]:
    leading = above
    for clause in clauses:
        around = leading if clause.number is not None else above
        below = _below(clause, around, asking)
        own = list(clause_orders(clause, replace(around, aims=below.aims), asking))
        inner = list(_walk(clause.children, below, asking))
        announces = bool(clause.children) and clause.text.rstrip().endswith(":") and not _IN_WHICH.search(clause.text)
        if not (announces and any(not order.closing for _, order in inner)):
            yield from ((clause, order) for order in own)
        yield from inner
        if not clause.children and clause.text.rstrip().endswith(":"):
            leading = _led(clause, above, asking)


def _below(clause: Clause, above: Above, asking: Asking) -> Above:
    """Return what a clause says of those inside it."""
    title = fold(clause.heading or clause.text.partition("\n")[0][:120])
    announced = _DUTIES.match(title) if asking.kind in NORMATIVE else _TO_COME.search(title)
    duties = above.duties or bool(announced)
    above = replace(above, duties=duties, aims=above.aims or bool(_AIMS.match(fold(clause.heading or ""))))
    if clause.agencies and not is_issuer(clause.agencies, asking):
        return replace(above, doers=clause.agencies, led=False)
    if clause.text.rstrip().endswith(":") and (led := request(sentences(clause.text)[-1], asking)):
        return replace(above, doers=led.names, led=True)
    return above


def _led(clause: Clause, above: Above, asking: Asking) -> Above:
    """Return what a paragraph that ends in a colon says of the clauses behind it."""
    last = sentences(clause.text)[-1]
    named = request(last, asking)
    if named:
        return replace(above, doers=named.names, led=True)
    asks = _ASKS_FOR_LIST.search(last)
    if asks and not NOT_NOW.search(last[: asks.start("asks")]) and asking.kind in LETTERS:
        return replace(above, doers=asking.addressees, led=True)
    return above


# --------------------------------------------------------------------------- the task


def _tasks(clause: Clause, order: Order, asking: Asking) -> Iterator[Task]:
    """Make a task of an order; one for each deadline where it has several."""
    for text, due in _by_deadline(order.text, asking.issued):
        yield Task(
            assignees=order.doers,
            cooperating=_others(_helped_by(text), text, order.doers),
            report_to=_others(_reported_to(text), text, order.doers),
            text=text,
            due=due,
            clause=clause.id,
            page=clause.page,
        )


def _by_deadline(text: str, issued: PartialDate | None) -> Iterator[tuple[str, Due | None]]:
    """Cut a text behind each part that has a deadline of its own; what follows the last belongs to it."""
    deadlines = find_deadlines(text, issued)
    if len(deadlines) < 2:
        yield text, deadlines[0].due if deadlines else None
        return
    start = 0
    for at, deadline in enumerate(deadlines):
        last = at == len(deadlines) - 1
        end = len(text) if last else _part_end(text, deadline, deadlines[at + 1])
        yield text[start:end].strip(" ;,"), deadline.due
        start = end


def _part_end(text: str, deadline: FoundDeadline, following: FoundDeadline) -> int:
    mark = re.compile(r"[.;,]\s").search(text, deadline.end, following.start)
    return mark.end() if mark else deadline.end


def _others(places: Iterator[int], text: str, doers: Sequence[str]) -> tuple[str, ...]:
    """Return the agencies named at these places, each once, the doers left out."""
    names: dict[str, None] = {}
    for at in places:
        named = read_agencies(text, at)
        names.update(dict.fromkeys(n for n in (named.names if named else ()) if n not in doers))
    return tuple(names)


def _helped_by(text: str) -> Iterator[int]:
    return (match.end() for match in _COOPERATE.finditer(text))


def _reported_to(text: str) -> Iterator[int]:
    """Yield where a name may stand behind "báo cáo", "trình", "tham mưu cho", with a few words between."""
    for cue in _REPORT.finditer(text):
        leads = True
        for word in list(re.finditer(r"\S+", text[cue.end() : cue.end() + 120]))[:_WORDS_TO]:
            if leads:
                yield cue.end() + word.start()
            if word[0][-1] in ",;.:" or word[0][:1].isupper():
                break
            leads = word[0].lower() in _TO
