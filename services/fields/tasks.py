"""Tasks: who a document asks to do what, by when.

An order has a doer and a verb (fields.agencies). The doer is named before the verb ("Giao Sở Y tế chủ trì ..."), in a
heading above the clause ("2. Sở Y tế"), in the sentence that leads to the clauses ("... yêu cầu các sở thực hiện các
nội dung sau:"), or is the addressee of a letter that asks without a name. What was done, cited or defined is no task,
and neither is the sentence that closes every letter, unless the document asks for nothing else.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.core.deadlines import FoundDeadline, find_deadlines
from services.core.model import Clause, Due, PartialDate, Record, Task
from services.core.places import plain_words
from services.core.text import fold
from services.fields.agencies import ASKS, Named, read_agencies
from services.fields.wording import orders, starts_order

_LETTERS = frozenset({"CV", "CĐ", "GM", "PC", "PG"})
"""Kinds that speak to their addressees: those are meant where none is named."""

_NORMATIVE = frozenset({"HP", "BL", "L", "PL", "NĐ", "TT", "TTLT", "NQLT", "VBHN", "QC", "QyĐ", "QĐi", "QCPH"})
"""Kinds that lay down duties for ever: only what a named agency is made responsible for is a task there."""

_REPORTS = frozenset({"BC", "TTr", "BB"})
"""Kinds that tell what was done: only the parts about what is to come ask for something."""

_DUTIES = re.compile(r"\W*(?:quy dinh )?(?:ve )?(?:trach nhiem|to chuc thuc hien|phan cong|nhiem vu cua)\b")
_AIMS = re.compile(
    r"\W*(?:muc (?:dich|tieu)|yeu cau\W*$|quan diem|su can thiet|can cu|pham vi|doi tuong|tinh hinh|danh gia|ket qua"
    r"|giai thich|nguyen tac|thuc trang|boi canh)"
)
_TO_COME = re.compile(r"nhiem vu|giai phap|kien nghi|de xuat|phuong huong|to chuc thuc hien|phan cong|trach nhiem")
_RESPONSIBLE = re.compile(
    r"\W*(?:co trach nhiem|chiu trach nhiem|chu tri|phoi hop|co nhiem vu|huong dan|bao cao|to chuc)\b"
)

_REQUEST = re.compile(rf"(?<!\w){ASKS}\s+", re.IGNORECASE)
_NOT_NOW = re.compile(
    r"(?:đã|được|vừa|từng|xét|theo|của|sự|việc|các|những|nội dung|khi có|bàn|chuyển|nhiệm vụ|quyền|mà)\s*$",
    re.IGNORECASE,
)
_PAST = re.compile(r"(?<!\w)(?:đã|vừa qua|trong thời gian qua)(?!\w)", re.IGNORECASE)
_NARRATIVE = re.compile(
    r"(?:trong qua trinh|tren day la|neu co|neu gap|truong hop (?:co|phat sinh|gap|vuong mac)|moi (?:chi tiet|vuong mac)"
    r"|thoi gian qua|trong thoi gian qua|hien nay|ngay \d|kinh gui|noi nhan|quyet dinh nay|thong tu nay|nghi dinh nay)\b"
)
_CLOSING = re.compile(
    r"(?:trien khai|to chuc|nghiem tuc|khan truong|phoi hop|chu dong|biet|quan tam|va|,|thuc hien|thi hanh|chiu trach"
    r" nhiem|quyet dinh|ke hoach|chi thi|cong van|noi dung|yeu cau|dam bao|bao dam|cac|tren|nay|theo|dung|xem xet|lien quan"
    r"|tham muu|hieu qua|thoi gian|quy dinh|day du|kip thoi|de|cong dien|thong bao|van ban|luu y|tich cuc|phai|can|\s|\W)+"
)
_CARRIED_OUT = re.compile(r"chiu trach nhiem (?:thi hanh|thuc hien) \w+ \w+(?: \w+)? nay\W*$")
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
_SENTENCE = re.compile(r"(?<=[.;!?])\s+(?=[\"“(]?[A-ZĐÂĂÊÔƠƯÁÀẢÃẠỦỨỪÝỦÚÙ])|\n")
_ABBREVIATED = re.compile(r"(?:\b(?:TP|TX|TT|TS|ThS|GS|PGS|BS|KT|TM|TL|Tp|Q|P|H|v\.v|đ/c)|\b[A-ZĐ])\.$")
_MODAL = re.compile(
    r"(?<!\w)(?:phải|cần|không để|không được|tuyệt đối|yêu cầu|kiên quyết|nghiêm cấm)(?!\w)", re.IGNORECASE
)
_ASKS_FOR_LIST = re.compile(
    r"(?:^|[,;.])\s*(?:[^\W\d_]+\s+){0,8}?(?P<asks>yêu cầu|đề nghị|giao|chỉ đạo)(?!\w)[^,;.]*:\s*$", re.IGNORECASE
)
_TOPIC = re.compile(r"(?:Về|Đối với)\s(?:[^:.]{2,400}:|[^:,.]{2,80},)\s*(?=\S)")
_SHORTEST = 12


@dataclass(frozen=True, slots=True)
class Asking:
    """What of the record says who asks whom: code of the kind, name of the issuer, addressees, day of issue."""

    kind: str | None
    issuer: str | None
    addressees: tuple[str, ...]
    issued: PartialDate | None

    @classmethod
    def of(cls, record: Record) -> "Asking":
        """Take it from a record."""
        kind = record.kind.code if record.kind else None
        return cls(kind, record.issuer.name if record.issuer else None, record.addressees, record.issued_on)


@dataclass(frozen=True, slots=True)
class _Order:
    """A stretch of a clause in which somebody is told to do something."""

    doers: tuple[str, ...]
    text: str
    closing: bool = False


@dataclass(frozen=True, slots=True)
class _Above:
    """What the clauses above one say: who acts there, whether orders are due at all."""

    doers: tuple[str, ...] = ()
    led: bool = False
    """Whether the doers were named by a sentence that leads to a list, not by a heading."""

    duties: bool = False
    """Whether a heading announces tasks or duties (Tổ chức thực hiện, Trách nhiệm của ...)."""

    aims: bool = False
    """Whether a heading says that what follows is the purpose, the scope or the situation, not what is to be done."""


def find_tasks(clauses: Sequence[Clause], asking: Asking) -> tuple[Task, ...]:
    """Find the tasks of a document in the order of its clauses (`fields.clauses.find_clauses`)."""
    found = list(_walk(clauses, _Above(), asking))
    real = [(clause, order) for clause, order in found if not order.closing]
    kept = real or [(clause, order) for clause, order in found if _asks_now(order, asking)]
    return tuple(task for clause, order in kept for task in _tasks(clause, order, asking))


# --------------------------------------------------------------------------- from clause to clause


def _walk(clauses: Sequence[Clause], above: _Above, asking: Asking) -> Iterator[tuple[Clause, _Order]]:
    leading = above
    for clause in clauses:
        around = leading if clause.number is not None else above
        below = _below(clause, around, asking)
        own = list(_orders(clause, replace(around, aims=below.aims), asking))
        inner = list(_walk(clause.children, below, asking))
        announces = bool(clause.children) and clause.text.rstrip().endswith(":")
        if not (announces and any(not order.closing for _, order in inner)):
            yield from ((clause, order) for order in own)
        yield from inner
        if not clause.children and clause.text.rstrip().endswith(":"):
            leading = _led(clause, above, asking)


def _below(clause: Clause, above: _Above, asking: Asking) -> _Above:
    """Return what a clause says of those inside it."""
    title = fold(clause.heading or clause.text.partition("\n")[0][:120])
    announced = _DUTIES.match(title) if _is_normative(asking) else _TO_COME.search(title)
    duties = above.duties or bool(announced)
    above = replace(above, duties=duties, aims=above.aims or bool(_AIMS.match(title)))
    if clause.agencies and not _is_issuer(clause.agencies, asking):
        return replace(above, doers=clause.agencies, led=False)
    if clause.text.rstrip().endswith(":") and (led := _request(_sentences(clause.text)[-1], asking)):
        return replace(above, doers=led.names, led=True)
    return above


def _led(clause: Clause, above: _Above, asking: Asking) -> _Above:
    """Return what a paragraph that ends in a colon says of the clauses behind it."""
    last = _sentences(clause.text)[-1]
    named = _request(last, asking)
    if named:
        return replace(above, doers=named.names, led=True)
    asks = _ASKS_FOR_LIST.search(last)
    if asks and not _NOT_NOW.search(last[: asks.start("asks")]) and asking.kind in _LETTERS:
        return replace(above, doers=asking.addressees, led=True)
    return above


# --------------------------------------------------------------------------- inside a clause


def _orders(clause: Clause, above: _Above, asking: Asking) -> Iterator[_Order]:
    """Yield the orders of a clause's own text; sentences that go on with one belong to it."""
    current: _Order | None = None
    inherited = above.doers
    for at, sentence in enumerate(_sentences(clause.text)):
        if at == 0 and _is_title(clause, sentence):
            inherited = clause.agencies or inherited
            continue
        around = replace(above, doers=inherited)
        order = None if _is_narrative(sentence, clause) else _order(sentence, clause, around, asking)
        if order and (current is None or order.doers != current.doers or order.closing):
            if current:
                yield current
            current = order
            inherited = order.doers
        elif current:
            current = replace(current, text=f"{current.text} {sentence}")
    if current:
        yield current


def _is_title(clause: Clause, sentence: str) -> bool:
    """Whether the first line is a heading that names a matter, or agencies and nothing of what they do."""
    if clause.heading is None or not sentence.rstrip(" :").endswith(clause.heading):
        return False
    return not clause.agencies or not orders(_behind_names(clause.heading))


def _behind_names(text: str) -> str:
    lead = re.match(rf"(?:{ASKS}\s+)?", text, re.IGNORECASE)
    named = read_agencies(text, lead.end() if lead else 0)
    return text[named.end :] if named else text


def _order(sentence: str, clause: Clause, above: _Above, asking: Asking) -> _Order | None:
    """Read one sentence as an order: named outright, with its doer in front, or with the doer named above."""
    named = _request(sentence, asking)
    if named:
        return None if sentence.endswith(":") else _made(named.names, sentence, named.end)
    if not _may_order(above, asking):
        return None
    in_front = read_agencies(sentence, _behind_topic(sentence))
    if in_front and orders(sentence[in_front.end :]):
        if _is_issuer(in_front.names, asking) or (_is_normative(asking) and not _is_duty(sentence[in_front.end :])):
            return None
        return _made(in_front.names, sentence, in_front.end) if clause.number or _closes(sentence) else None
    asked = _asked_of_addressees(sentence, asking)
    if asked is not None:
        return _made(asking.addressees, sentence, asked)
    if clause.number is None and asking.kind in _LETTERS and _sends_by_a_day(sentence, asking):
        return _made(asking.addressees, sentence, 0)
    if above.doers and _continues_order(sentence, clause, above):
        return _made(above.doers, sentence, 0)
    return None


def _continues_order(sentence: str, clause: Clause, above: _Above) -> bool:
    """Whether a sentence tells those named above to do something: it begins with a verb, or says they must."""
    if clause.number is None:
        return False
    begins = re.sub(r"^\(\w{1,2}\)\s*", "", sentence[_behind_topic(sentence) :])
    return starts_order(begins) or (bool(_MODAL.search(sentence)) and (above.led or not sentence.endswith(":")))


def _behind_topic(sentence: str) -> int:
    """Return where a sentence goes on behind its topic: "Về tiêm chủng: Sở Y tế ..."."""
    topic = _TOPIC.match(sentence)
    return topic.end() if topic else 0


def _request(sentence: str, asking: Asking) -> Named | None:
    """Find the agencies that a sentence asks something of: "... giao Sở Y tế chủ trì"."""
    for match in _REQUEST.finditer(sentence):
        before = sentence[: match.start()]
        here = re.split(r"[,;:.]", before)[-1]
        if _NOT_NOW.search(before) or _PAST.search(here):
            continue
        named = read_agencies(sentence, match.end())
        if named and not _is_issuer(named.names, asking):
            behind = sentence[named.end :]
            if orders(behind) or not before.strip() or behind.strip(" ./")[:1] in ("", ":"):
                return named
    return None


def _asked_of_addressees(sentence: str, asking: Asking) -> int | None:
    """Return where the order begins in "Đề nghị khẩn trương ...": a letter that asks and names nobody."""
    if asking.kind not in _LETTERS or not asking.addressees:
        return None
    match = _REQUEST.search(sentence)
    if match is None or _NOT_NOW.search(sentence[: match.start()]) or _PAST.search(sentence[: match.start()]):
        return None
    return match.end() if starts_order(sentence[match.end() :]) and match.start() < 80 else None


def _sends_by_a_day(sentence: str, asking: Asking) -> bool:
    """Whether a letter says what is to arrive by when without saying who sends it ("Báo cáo gửi về Sở trước ...")."""
    sends = re.search(r"(?<!\w)(?:gửi|nộp|báo cáo|đăng ký|hoàn thành)(?!\w)", sentence, re.IGNORECASE)
    return bool(asking.addressees and sends and not _PAST.search(sentence) and find_deadlines(sentence, asking.issued))


def _made(doers: tuple[str, ...], sentence: str, at: int) -> _Order | None:
    text = re.sub(r"^[\s,:;.–-]+(?:\([^)]{0,200}\)[\s,:;.–-]+)?", "", sentence[at:]).strip()
    if len(text) < _SHORTEST:
        return None
    return _Order(doers, text, closing=_closes(text))


def _closes(text: str) -> bool:
    """Whether an order says no more than that the document is to be carried out."""
    folded = fold(text)
    return bool(_CARRIED_OUT.search(folded) or _CLOSING.fullmatch(folded.split("(")[0]))


def _may_order(above: _Above, asking: Asking) -> bool:
    if asking.kind in _REPORTS or _is_normative(asking):
        return above.duties and not above.aims
    return not above.aims


def _is_duty(behind: str) -> bool:
    return bool(_RESPONSIBLE.match(fold(behind)))


def _is_normative(asking: Asking) -> bool:
    return asking.kind in _NORMATIVE


def _is_narrative(sentence: str, clause: Clause) -> bool:
    begins = fold(sentence).lstrip(' "“(-–')
    return bool(_NARRATIVE.match(begins)) or (clause.number is None and begins.startswith("can cu "))


def _asks_now(order: _Order, asking: Asking) -> bool:
    return order.closing and bool(order.doers) and asking.kind not in _NORMATIVE


def _is_issuer(names: Sequence[str], asking: Asking) -> bool:
    """Whether the only one named is the issuer or who heads it: it does not order itself."""
    if asking.issuer is None or len(names) != 1:
        return False
    own, name = plain_words(asking.issuer), plain_words(names[0])
    name = re.sub(r"^(?:chu tich|giam doc|bo truong|thu truong|lanh dao|pho chu tich)\s+", "", name)
    return own.startswith(name) or name == own


def _sentences(text: str) -> list[str]:
    """Cut a text into sentences; what stands behind an abbreviation or a semicolon goes on with the one before."""
    sentences: list[str] = []
    for part in filter(str.strip, _SENTENCE.split(text)):
        before = sentences[-1] if sentences else ""
        listed = before.endswith(";") and not _REQUEST.match(part)
        if before and (listed or _ABBREVIATED.search(before)):
            sentences[-1] = f"{before} {part.strip()}"
        else:
            sentences.append(part.strip())
    return sentences or [text]


# --------------------------------------------------------------------------- the task


def _tasks(clause: Clause, order: _Order, asking: Asking) -> Iterator[Task]:
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
