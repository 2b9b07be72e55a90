"""The issuer: the bodies named in capitals top left, told into parent and issuer, or inferred if the head is lost."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.gazetteer import lookup_issuer, repair_issuer_name
from services.core.model import Issuer
from services.core.places import find_area
from services.core.symbols import Symbol
from services.core.text import fold, nfc, syllables
from services.fields.lines import Line, joined
from services.fields.signed import Signed

_BODY_WORDS = (
    r"ubnd|hdnd|uy ban|hoi dong|bo|so|van phong|cuc|chi cuc|tong cuc|vu|ban|trung tam|truong|vien|toa an|cong an|"
    r"lien doan|tong lien doan|dang uy|dang bo|tinh uy|thanh uy|huyen uy|quan uy|cong ty|tong cong ty|tap doan|"
    r"ngan hang|kho bac|bao hiem|hoi|doan|mat tran|chinh phu|thu tuong|quoc hoi|chu tich nuoc|kiem toan|"
    r"thanh tra|benh vien|hoc vien|dai|"
    r"phong giao duc|phong y te|phong noi vu|phong tai chinh|phong lao dong|bch|dai hoc|phan hieu"
)
_STARTS_BODY = re.compile(rf"^(?:{_BODY_WORDS})(?![a-z])(?!,)")
_OPEN_ENDED = re.compile(r"^(?:van phong|thu tuong|thanh tra|bao hiem xa hoi|ngan hang nha nuoc)$")
_ENDS_OPEN = re.compile(r"(?:\b(?:va|cua|nhan dan|quoc gia|tinh|thanh pho|huyen|quan|xa|phuong)|,)$")
_JOINT_KINDS = frozenset({"TTLT", "NQLT", "CTPH", "QCPH"})


@dataclass(frozen=True, slots=True)
class FoundIssuer:
    """An issuer, how it was got, the lines it stands on, and what was printed where the name was repaired."""

    issuer: Issuer
    how: str
    confidence: float
    confirmed: bool
    lines: tuple[Line, ...] = ()
    candidates: tuple[str, ...] = ()
    witness: str | None = None


def read_issuer(
    lines: Sequence[Line], symbol: Symbol | None, place: str | None, issued: dt.date | None = None
) -> FoundIssuer | None:
    """Read the issuer from the lines of its cell; where there are none, infer it from notation and place."""
    bodies = _bodies(lines)
    if not bodies:
        return _inferred(symbol, place, issued)
    bodies[-1] = _without_junk(bodies[-1])
    names = [_name(body) for body in bodies]
    joint = bool(symbol and symbol.kind and symbol.kind.code in _JOINT_KINDS)
    if joint or len(bodies) == 1:
        name, parent = " ".join(names), None
    else:
        name, parent = names[-1], " ".join(names[:-1])
    printed = " ".join(joined(body) for body in (bodies if joint else bodies[-1:]))
    issuer = lookup_issuer(name, parent, place, symbol.notation if symbol else None, issued)
    if issuer is None:
        return None
    used = tuple(line for body in bodies for line in body)
    confidence = min((line.confidence for line in used), default=1.0)
    known = not (issuer.id or "khac").startswith("khac")
    repaired = () if fold(printed) == fold(name) else (printed,)
    return FoundIssuer(issuer, "read", confidence, known or confidence > 0.6, used, repaired)


def _bodies(lines: Sequence[Line]) -> list[list[Line]]:
    """Group lines into bodies: a line that begins a body's name starts a group, unless the one above is unfinished."""
    groups: list[list[Line]] = []
    for line in lines:
        words = _words(line.text)
        above = _words(joined(groups[-1])) if groups else ""
        unfinished = bool(above) and bool(_OPEN_ENDED.match(above) or _ENDS_OPEN.search(above))
        if _STARTS_BODY.match(words) and not (unfinished and not _is_whole(words)):
            groups.append([line])
        elif groups:
            groups[-1].append(line)
        elif len(words.split()) > 1:
            groups.append([line])
    return groups


def _without_junk(body: list[Line]) -> list[Line]:
    """Drop lines below a name that the gazetteer knows without them and not with them: pieces of stamps."""
    for size in range(1, len(body)):
        shorter = lookup_issuer(_name(body[:size]))
        if shorter and shorter.level in ("central", "ministry"):
            longer = lookup_issuer(_name(body))
            return body if longer and longer.level in ("central", "ministry") else body[:size]
    return body


def _is_whole(words: str) -> bool:
    """Tell whether a line names a body by itself that no line above can need ("uy ban nhan dan tinh x")."""
    return bool(re.match(r"(?:ubnd|uy ban nhan dan|bo|so|hoi dong nhan dan) ", words))


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9,]+", fold(text).replace(" ,", ",")))


def _name(body: Sequence[Line]) -> str:
    text = re.sub(r"^[^\w]+|[^\w)]+$", "", nfc(joined(body)))
    if body and joined(body).rstrip().endswith("-"):
        text = f"{text} -"
    return repair_issuer_name(text)


def _inferred(symbol: Symbol | None, place: str | None, issued: dt.date | None) -> FoundIssuer | None:
    notation = symbol.notation if symbol else None
    issuer = lookup_issuer(None, None, place, notation, issued)
    if issuer is None:
        return None
    return FoundIssuer(issuer, "inferred", 0.7, confirmed=False, candidates=(issuer.name,), witness="place,notation")


def signed_issuer(inferred: FoundIssuer | None, signed: Signed) -> FoundIssuer | None:
    """Hold an issuer that no line names against the offices that signed: one of them agrees, else the first is taken.

    Where the head names nobody, who signed the file digitally is a guess until place and notation say the same.
    """
    if not signed.offices:
        return inferred
    agreed = next((o for o in signed.offices if inferred and o.id == inferred.issuer.id), None)
    if inferred and agreed:
        return replace(inferred, confidence=0.95, confirmed=True, candidates=(), witness="place,notation,signature")
    first = signed.offices[0]
    others = (inferred.issuer.name,) if inferred else ()
    return FoundIssuer(first, "inferred", 0.7, False, candidates=(first.name, *others), witness="signature")


def tidy_place(printed: str, issued: dt.date | None = None) -> str:
    """Write a place line's name as the gazetteer has it where the reader slipped ("Hô Chí Minh"); keep it otherwise."""
    text = re.sub(r"^[^\w]+|[^\w.)]+$", "", nfc(printed))
    area = find_area(text, issued)
    if area is None or not area.province or area.level != "province":
        return text
    name = area.province.name
    words, size = text.split(), len(name.split())
    if len(words) < size or "".join(syllables(" ".join(words[-size:]))) == "".join(syllables(name)):
        return text
    prefix = " ".join(words[:-size])
    return f"{_PLACE_TYPES.get(fold(prefix), prefix)} {name}".strip()


_PLACE_TYPES = {"thanh pho": "Thành phố", "tinh": "Tỉnh", "tp.": "TP."}
