"""Orders inside a clause: which of its sentences tell somebody to do something, and who that is.

The doer is named outright ("Giao Sở Y tế ..."), stands before the verb ("Sở Y tế chủ trì ..."), was named above
(`Above`), or is the addressee of a letter that asks without a name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.core.deadlines import find_deadlines
from services.core.model import Clause, PartialDate, Record
from services.core.places import plain_words
from services.core.text import CAPITALS, fold
from services.fields.agencies import ASKS, Named, read_agencies
from services.fields.wording import orders, starts_order

LETTERS = frozenset({"CV", "CĐ", "GM", "PC", "PG"})
"""Kinds that speak to their addressees: those are meant where none is named."""

NORMATIVE = frozenset({"HP", "BL", "L", "PL", "NĐ", "TT", "TTLT", "NQLT", "VBHN", "QC", "QyĐ", "QĐi", "QCPH"})
"""Kinds that lay down duties for ever: only what a named agency is made responsible for is a task there."""

_REPORTS = frozenset({"BC", "TTr", "BB"})
"""Kinds that tell what was done: only the parts about what is to come ask for something."""

_RESPONSIBLE = re.compile(
    r"\W*(?:co trach nhiem|chiu trach nhiem|chu tri|phoi hop|co nhiem vu|huong dan|bao cao|to chuc)\b"
)
_REQUEST = re.compile(rf"(?<!\w){ASKS}\s+", re.IGNORECASE)
NOT_NOW = re.compile(
    r"(?:đã|được|vừa|từng|xét|theo|của|sự|việc|các|những|nội dung|khi có|bàn|chuyển|nhiệm vụ|quyền|mà)\s*$",
    re.IGNORECASE,
)
_PAST = re.compile(r"(?<!\w)(?:đã|vừa qua|trong thời gian qua)(?!\w)", re.IGNORECASE)
_NARRATIVE = re.compile(
    r"(?:trong qua trinh|tren day la|neu co|neu gap|truong hop (?:co|phat sinh|gap|vuong mac)|(?:trong )?thoi gian qua"
    r"|moi (?:chi tiet|vuong mac)|hien nay|ngay \d|kinh gui|noi nhan|(?:quyet dinh|thong tu|nghi dinh) nay)\b"
)
_CLOSING = frozenset(
    "trien khai to chuc nghiem tuc khan truong phoi hop chu dong biet quan tam va thuc hien thi hanh chiu trach nhiem "
    "quyet dinh ke hoach chi thi cong van noi dung yeu cau dam bao cac tren nay theo dung xem xet lien quan tham muu "
    "hieu qua thoi gian quy day du kip thoi de cong dien thong bao van ban luu y tich cuc phai can".split()
)
"""Syllables of the sentence that closes a document: "... nghiêm túc triển khai thực hiện các nội dung trên"."""

_CARRIED_OUT = re.compile(r"chiu trach nhiem (?:thi hanh|thuc hien) \w+ \w+(?: \w+)? nay\W*$")
_SENTENCE = re.compile(rf"(?<=[.;!?])\s+(?=[\"“(]?[{CAPITALS}])|\n")
_ABBREVIATED = re.compile(r"(?:\b(?:TP|TX|TT|TS|ThS|GS|PGS|BS|KT|TM|TL|Tp|Q|P|H|v\.v|đ/c)|\b[A-ZĐ])\.$")
_MODAL = re.compile(
    r"(?<!\w)(?:phải|cần|không để|không được|tuyệt đối|yêu cầu|kiên quyết|nghiêm cấm)(?!\w)", re.IGNORECASE
)
_TOPIC = re.compile(r"(?:Về|Đối với)\s(?:[^:.]{2,400}:|[^:,.]{2,80},)\s*(?=\S)")
_SHORTEST = 12
_BACK = 200  # characters before a request that may say that it was made in the past


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
class Order:
    """A stretch of a clause in which somebody is told to do something."""

    doers: tuple[str, ...]
    text: str
    closing: bool = False


@dataclass(frozen=True, slots=True)
class Above:
    """What the clauses above one say: who acts there, whether orders are due at all."""

    doers: tuple[str, ...] = ()
    led: bool = False
    """Whether the doers were named by a sentence that leads to a list, not by a heading."""

    duties: bool = False
    """Whether a heading announces tasks or duties (Tổ chức thực hiện, Trách nhiệm của ...)."""

    aims: bool = False
    """Whether a heading says that what follows is the purpose, the scope or the situation, not what is to be done."""


def clause_orders(clause: Clause, above: Above, asking: Asking) -> Iterator[Order]:
    """Yield the orders of a clause's own text; sentences that go on with one belong to it."""
    current: Order | None = None
    inherited = above.doers
    for at, sentence in enumerate(sentences(clause.text)):
        if at == 0 and _is_title(clause, sentence):
            inherited = clause.agencies or inherited
            continue
        if _is_narrative(sentence, clause):
            continue
        order = _order(sentence, clause, replace(above, doers=inherited), asking)
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


def _order(sentence: str, clause: Clause, above: Above, asking: Asking) -> Order | None:
    """Read one sentence as an order: named outright, with its doer in front, or with the doer named above."""
    named = request(sentence, asking)
    if named:
        return None if sentence.endswith(":") else _made(named.names, sentence, named.end)
    if not _may_order(above, asking):
        return None
    in_front = read_agencies(sentence, _behind_topic(sentence))
    if in_front and orders(sentence[in_front.end :]):
        if is_issuer(in_front.names, asking) or (asking.kind in NORMATIVE and not _is_duty(sentence[in_front.end :])):
            return None
        spoken = clause.number or _closes(sentence) or find_deadlines(sentence, asking.issued)
        return _made(in_front.names, sentence, in_front.end) if spoken else None
    asked = _asked_of_addressees(sentence, asking)
    if asked is not None:
        return _made(asking.addressees, sentence, asked)
    if clause.number is None and asking.kind in LETTERS and _sends_by_a_day(sentence, asking):
        return _made(asking.addressees, sentence, 0)
    if above.doers and _continues_order(sentence, clause, above):
        return _made(above.doers, sentence, 0)
    return None


def _continues_order(sentence: str, clause: Clause, above: Above) -> bool:
    """Whether a sentence tells those named above to do something: it begins with a verb, or says they must."""
    if clause.number is None:
        return False
    begins = re.sub(r"^\(\w{1,2}\)\s*", "", sentence[_behind_topic(sentence) :])
    return starts_order(begins) or (bool(_MODAL.search(sentence)) and (above.led or not sentence.endswith(":")))


def _behind_topic(sentence: str) -> int:
    """Return where a sentence goes on behind its topic: "Về tiêm chủng: Sở Y tế ..."."""
    topic = _TOPIC.match(sentence)
    return topic.end() if topic else 0


def request(sentence: str, asking: Asking) -> Named | None:
    """Find the agencies that a sentence asks something of: "... giao Sở Y tế chủ trì"."""
    for match in _REQUEST.finditer(sentence):
        before = sentence[max(0, match.start() - _BACK) : match.start()]
        here = re.split(r"[,;:.]", before)[-1]
        if NOT_NOW.search(before) or _PAST.search(here):
            continue
        named = read_agencies(sentence, match.end())
        if named and not is_issuer(named.names, asking):
            behind = sentence[named.end :]
            if orders(behind) or not before.strip() or behind.strip(" ./")[:1] in ("", ":"):
                return named
    return None


def _asked_of_addressees(sentence: str, asking: Asking) -> int | None:
    """Return where the order begins in "Đề nghị khẩn trương ...": a letter that asks and names nobody."""
    if asking.kind not in LETTERS or not asking.addressees:
        return None
    match = _REQUEST.search(sentence)
    if match is None or NOT_NOW.search(sentence[: match.start()]) or _PAST.search(sentence[: match.start()]):
        return None
    return match.end() if starts_order(sentence[match.end() :]) and match.start() < 80 else None


def _sends_by_a_day(sentence: str, asking: Asking) -> bool:
    """Whether a letter says what is to arrive by when without saying who sends it ("Báo cáo gửi về Sở trước ...")."""
    sends = re.search(r"(?<!\w)(?:gửi|nộp|báo cáo|đăng ký|hoàn thành)(?!\w)", sentence, re.IGNORECASE)
    return bool(asking.addressees and sends and not _PAST.search(sentence) and find_deadlines(sentence, asking.issued))


def _made(doers: tuple[str, ...], sentence: str, at: int) -> Order | None:
    text = re.sub(r"^[\s,:;.–-]+(?:\([^)]{0,200}\)[\s,:;.–-]+)?", "", sentence[at:]).strip()
    if len(text) < _SHORTEST:
        return None
    return Order(doers, text, closing=_closes(text))


def _closes(text: str) -> bool:
    """Whether an order says no more than that the document is to be carried out."""
    folded = fold(text)
    said = re.findall(r"[a-z0-9]+", folded.partition("(")[0])
    return bool(_CARRIED_OUT.search(folded)) or _CLOSING.issuperset(said)


def _may_order(above: Above, asking: Asking) -> bool:
    if asking.kind in _REPORTS or asking.kind in NORMATIVE:
        return above.duties and not above.aims
    return not above.aims


def _is_duty(behind: str) -> bool:
    return bool(_RESPONSIBLE.match(fold(behind)))


def _is_narrative(sentence: str, clause: Clause) -> bool:
    begins = fold(sentence).lstrip(' "“(-–')
    return bool(_NARRATIVE.match(begins)) or (clause.number is None and begins.startswith("can cu "))


def is_issuer(names: Sequence[str], asking: Asking) -> bool:
    """Whether the only one named is the issuer or who heads it: it does not order itself."""
    if asking.issuer is None or len(names) != 1:
        return False
    own, name = plain_words(asking.issuer), plain_words(names[0])
    name = re.sub(r"^(?:chu tich|giam doc|bo truong|thu truong|lanh dao)\s+", "", name)
    return own.startswith(name) or name == own


def sentences(text: str) -> list[str]:
    """Cut a text into sentences; what stands behind an abbreviation or a semicolon goes on with the one before."""
    found: list[str] = []
    for part in filter(str.strip, _SENTENCE.split(text)):
        before = found[-1] if found else ""
        listed = before.endswith(";") and not _REQUEST.match(part)
        if before and (listed or _ABBREVIATED.search(before)):
            found[-1] = f"{before} {part.strip()}"
        else:
            found.append(part.strip())
    return found or [text]
