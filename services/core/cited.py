"""Which body a citation means: "UBND tỉnh" is the citing document's own province, "Bộ trưởng Bộ Y tế" the ministry."""

import re

from services.core.gazetteer import is_listed, lookup_issuer
from services.core.model import Citation, Record
from services.core.places import find_area
from services.core.symbols import UPPER, parse_symbol

_HEADS = re.compile(
    rf"^(?:(?:Phó )?(?:Chủ tịch|Bộ trưởng|Giám đốc|Chủ nhiệm|Thống đốc|Tổng Giám đốc|Tổng [Cc]ục trưởng)"
    rf"|Ban Thường vụ|Thường trực) (?=[{UPPER}])"
)
_STATE = re.compile(r" nước (?:Cộng h|CHXH).*$")
_OF_THE_PROVINCE = re.compile(r"\btỉnh$", re.IGNORECASE)
_OF_A_PLACE = re.compile(r"\b(?:thành phố|huyện|quận|thị xã|thị trấn|xã|phường)$", re.IGNORECASE)
_CENTRAL = ("central", "ministry")


def cited_issuer_id(citation: Citation, record: Record) -> str | None:
    """Return the gazetteer id of the body that issued what `record` cites; None where the words leave it open
    or name a body that is not listed.

    A body that is not named is taken from the symbol only where that body exists once in the country (BYT, TTg): 63
    provinces share UBND.
    """
    province = _province(record)
    if citation.issuer:
        name = _STATE.sub("", _HEADS.sub("", citation.issuer))
        if _OF_A_PLACE.search(name):
            return None
        if _OF_THE_PROVINCE.search(name):
            name = f"{name} {province}" if province else name
        found = lookup_issuer(name, None, province)
        return found.id if found and found.id and is_listed(found.id) else None
    symbol = parse_symbol(citation.raw)
    inferred = lookup_issuer(None, None, None, symbol.notation) if symbol else None
    return inferred.id if inferred and inferred.level in _CENTRAL else None


def _province(record: Record) -> str | None:
    """Return the province that a document comes from."""
    if record.issuer and record.issuer.place:
        return record.issuer.place
    area = find_area(record.place) if record.place else None
    return area.province.name if area and area.province else None
