"""edXML (QCVN 102:2016/BTTTT): the message header of documents whose issuer, number and date are known for sure.

No schema of the standard is public; which elements a message has was learnt from messages of the national document
exchange, all of which have From, Code, PromulgationInfo, DocumentType, Subject, SignerInfo, OtherInfo and DocumentId.
An element whose value is unknown, or only a guess, is left out. What no scan tells is left out too: the codes of
offices (OrganId, which the sending system knows) and the code lists of DocumentType and Priority, of which the
published messages use more than one.
"""

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from services.core.model import Document, PartialDate, Reason, Record
from services.core.symbols import parse_symbol
from services.export.values import cell, exact_day, named_recipients, unconfirmed

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_REQUIRED = ("issuer", "symbol", "issued_on")
_SUBJECT_CHARS, _PLACE_CHARS, _RECIPIENT_CHARS = 500, 50, 150

ET.register_namespace("edXML", NAMESPACE)

Fields = Mapping[str, "str | None"]


def refusal(document: Document) -> Reason | None:
    """Return why no message header can be written for a document, None where one can."""
    record = document.record
    known = {
        "issuer": bool(record.issuer and record.issuer.name),
        "symbol": _code(record) is not None,
        "issued_on": exact_day(record.issued_on) is not None,
    }
    if unknown := [key for key in _REQUIRED if not known[key]]:
        return Reason(code="edxml_unknown", params={"fields": ", ".join(unknown)})
    if guesses := [key for key in _REQUIRED if unconfirmed(document.evidence.get(key))]:
        return Reason(code="edxml_unconfirmed", params={"fields": ", ".join(guesses)})
    return None


def message(document: Document) -> bytes:
    """Return the message of a document that `refusal` has nothing against, as UTF-8."""
    root = ET.Element(_name("edXML"))
    header = ET.SubElement(ET.SubElement(root, _name("edXMLEnvelope")), _name("edXMLHeader"))
    _fill(ET.SubElement(header, _name("MessageHeader")), document.id, sure(document))
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def sure(document: Document) -> Record:
    """Return the record without the values that are only guesses."""
    empty = Record()
    guesses = [key for key in Record.model_fields if unconfirmed(document.evidence.get(key))]
    return document.record.model_copy(update={key: getattr(empty, key) for key in guesses})


def _fill(header: ET.Element, document_id: str, record: Record) -> None:
    """Add the elements in the order of the standard's messages."""
    issuer, signer = record.issuer, record.signer
    number, notation = _code(record) or (None, None)
    if issuer:
        _group(header, "From", {"OrganizationInCharge": issuer.parent, "OrganName": issuer.name})
    for addressee in record.addressees:
        _group(header, "To", {"OrganName": addressee})
    _group(header, "Code", {"CodeNumber": number, "CodeNotation": notation})
    place = (record.place or "")[:_PLACE_CHARS]
    _group(header, "PromulgationInfo", {"Place": place, "PromulgationDate": _date(record.issued_on)})
    _group(header, "DocumentType", {"TypeName": record.kind.name if record.kind else None})
    _add(header, "Subject", (record.subject or "")[:_SUBJECT_CHARS])
    if signer:
        competence = ", ".join(signer.authority)
        _group(header, "SignerInfo", {"Competence": competence, "Position": signer.title, "FullName": signer.name})
    _places(header, (recipient.name[:_RECIPIENT_CHARS] for recipient in named_recipients(record)))
    _group(header, "OtherInfo", {"PageAmount": str(record.pages) if record.pages else None})
    _add(header, "DocumentId", document_id)


def _code(record: Record) -> tuple[str, str] | None:
    """Return number and notation; what the symbol has behind its number, the year of a legal instrument included."""
    symbol = parse_symbol(record.symbol) if record.symbol else None
    if symbol is None or not symbol.number:
        return None
    return symbol.number, f"{symbol.year}/{symbol.notation}" if symbol.year else symbol.notation


def _date(date: PartialDate | None) -> str | None:
    day = exact_day(date)
    return f"{day:%Y/%m/%d}" if day else None


def _places(header: ET.Element, names: Iterable[str]) -> None:
    written = [name for name in map(cell, names) if name]
    if written:
        group = ET.SubElement(header, _name("ToPlaces"))
        for name in written:
            _add(group, "Place", name)


def _group(parent: ET.Element, name: str, fields: Fields) -> None:
    """Add an element with those of its parts that are known; without any of them none."""
    known = {part: value for part, value in fields.items() if cell(value)}
    if known:
        group = ET.SubElement(parent, _name(name))
        for part, value in known.items():
            _add(group, part, value)


def _add(parent: ET.Element, name: str, value: str | None) -> None:
    if text := cell(value):
        ET.SubElement(parent, _name(name)).text = text


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
