"""edXML messages (QCVN 102:2016/BTTTT): the header as values of a record, the attachments as files.

A message is hostile until read: it is parsed as a stream by expat, a document type (and with it every entity) is
refused, what is kept of the header is limited, and attachments are decoded piece by piece into a folder.
"""

import binascii
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import NoReturn
from xml.parsers.expat import ExpatError, ParserCreate

from services.archive.records import apply, shape
from services.core.errors import InvalidInputError, ReadError
from services.core.kinds import kind_named
from services.core.model import JSON, Reason
from services.core.symbols import join_symbol
from services.core.text import nfc, squeeze

EDXML_MEDIA_TYPE = "application/x-edxml+xml"
RECALL = "1"
"""BussinessDocType of a message by which the issuer takes a document back (thu hồi)."""

_ROOT = re.compile(rb"\s*<(?:\?xml|!--|(?:\w+:)?edXML\b)")
_NAMED = re.compile(rb"<(?:\w+:)?edXML\b")
_HEADER_CHARS = 1_000_000
_ATTACHMENTS = 1000
_DEPTH = 100
_READ_BYTES = 1 << 16
_TOKEN_BYTES = 1 << 20  # a tag, a comment
_CONTENT = "ContentTransferEncoded"
_FROM_HEADER: Mapping[str, str] = {"place": "PromulgationInfo/Place", "subject": "Subject"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a message carries, decoded."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says: values in the record's own shapes, the files, and what it is if not a document.

    `status` is the code of an acknowledgment (01 arrived ... 16), `business` the BussinessDocType (0 new, 1 recalled, 2
    updated, 3 replaced), `about` the symbol of the document that it is about.
    """

    given: Mapping[str, JSON]
    document_id: str | None
    about: str | None
    status: str | None
    business: str | None
    attachments: tuple[Attachment, ...]

    @property
    def outcome(self) -> Reason:
        """What became of the message; raises ReadError for one that should carry a file and does not."""
        about = self.about or ""
        if self.business == RECALL:
            return Reason(code="edxml_recalled", params={"symbol": about})
        if self.attachments:
            return Reason(code="edxml_unpacked", params={"files": len(self.attachments)})
        if self.status is not None:
            return Reason(code="edxml_status", params={"status": self.status, "symbol": about})
        raise ReadError("edxml_empty", symbol=about)


def is_edxml(head: bytes) -> bool:
    """Tell by its first bytes whether a file is an edXML message."""
    return bool(_ROOT.match(head.removeprefix(b"\xef\xbb\xbf"))) and bool(_NAMED.search(head))


def read_message(path: Path, folder: Path) -> Message:
    """Read a message and write its attachments into `folder`.

    Raises ReadError `edxml_broken` for what is no well-formed message and `edxml_attachment_broken` for an attachment
    that cannot be decoded; nothing of such a message is to be used.
    """
    target = _Target(folder)
    parser = ParserCreate()  # without namespaces: messages are met whose prefixes nobody declared
    parser.buffer_text = True
    parser.StartElementHandler = target.start
    parser.CharacterDataHandler = target.data
    parser.EndElementHandler = target.end
    parser.StartDoctypeDeclHandler = target.doctype
    try:
        with path.open("rb") as file:
            while chunk := file.read(_READ_BYTES):
                parser.Parse(chunk, False)
                if file.tell() - parser.CurrentByteIndex > _TOKEN_BYTES:  # kept whole, and looked at again each time
                    _broken(f"{parser.CurrentLineNumber}")
        parser.Parse(b"", True)
    except ExpatError as error:
        raise ReadError("edxml_broken", problem=f"XML, {error.lineno}") from error
    finally:
        target.end_file()
    return _message(target)


def _message(target: "_Target") -> Message:
    header = {path: found[0] for path, found in target.texts.items()}
    answered = header.get("ResponseFor/Code") or None
    given = _given(target.texts)
    return Message(
        given=given,
        document_id=header.get("DocumentId") or None,
        about=str(given.get("symbol") or answered or "") or None,
        status=header.get("StatusCode") or None,
        business=next((found[0] for path, found in target.texts.items() if path.endswith("/BussinessDocType")), None),
        attachments=tuple(target.attachments),
    )


def _given(texts: Mapping[str, list[str]]) -> dict[str, JSON]:
    """Return what the header says of the document; a value that makes no sense alone is left out."""
    header = {path: found[0] for path, found in texts.items()}
    values: dict[str, JSON] = {key: header.get(path) for key, path in _FROM_HEADER.items()}
    values["symbol"] = join_symbol(header.get("Code/CodeNumber", ""), header.get("Code/CodeNotation", ""))
    values["issuer"] = _issuer(header)
    values["issued_on"] = header.get("PromulgationInfo/PromulgationDate", "").split(" ")[0].replace("/", "-") or None
    kind = kind_named(header.get("DocumentType/TypeName", ""))
    values["kind"] = kind.model_dump(mode="json") if kind else None
    values["signer"] = _signer(header)
    values["addressees"] = list(dict.fromkeys(texts.get("To/OrganName", ())))
    values["recipients"] = list(dict.fromkeys(texts.get("ToPlaces/Place", ())))
    sound: dict[str, JSON] = {}
    for key, value in values.items():
        try:
            shaped = shape({key: value}) if value else {}
            apply({}, shaped)
        except InvalidInputError:
            continue
        sound |= shaped
    return sound


def _issuer(header: Mapping[str, str]) -> JSON:
    name, above = header.get("From/OrganName"), header.get("From/OrganizationInCharge")
    return {"name": name, "parent": above if above != name else None} if name else None


def _signer(header: Mapping[str, str]) -> JSON:
    authority, title = header.get("SignerInfo/Competence"), header.get("SignerInfo/Position")
    name = header.get("SignerInfo/FullName")
    return {"authority": [authority] if authority else [], "title": title, "name": name} if name or title else None


@dataclass(slots=True)
class _Target:
    """Takes the events of the parser; `texts` has the texts by their paths, in the header from below MessageHeader."""

    folder: Path
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    attachments: list[Attachment] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)
    _chars: int = 0
    _name: str = ""
    _decoder: "_Decoder | None" = None

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        """Open an element."""
        self._open.append(tag.rpartition(":")[2])
        self._text.clear()
        if len(self._open) == 1 and self._open[0] != "edXML":
            _broken(self._open[0])
        if len(self._open) > _DEPTH or len(self.attachments) > _ATTACHMENTS:
            _broken(self._open[-1])
        if self._open[-1] == "Attachment":
            self._name = ""
        if self._open[-1] == _CONTENT:
            self._decoder = _Decoder(self.folder / str(len(self.attachments)))

    def data(self, text: str) -> None:
        """Take a piece of text."""
        if self._decoder is not None:
            self._decoder.feed(text, self._name)
            return
        self._chars += len(text)
        if self._chars > _HEADER_CHARS:
            _broken(self._open[-1])
        self._text.append(text)

    def end(self, _tag: str) -> None:
        """Close an element."""
        name = self._open.pop()
        if self._decoder is not None and name == _CONTENT:
            shown = self._name or f"{len(self.attachments) + 1}"
            self.attachments.append(self._decoder.finish(shown))
            self._decoder = None
        elif text := squeeze(nfc("".join(self._text))):
            self.texts["/".join([*self._below_header(), name])].append(text)
            if self._open and self._open[-1] == "Attachment" and name == "AttachmentName":
                self._name = text
        self._text.clear()

    def doctype(self, name: str, _system: str | None, _public: str | None, _internal: bool) -> None:
        """Refuse a document type: entities come with it, and no message needs one."""
        _broken(f"DOCTYPE {name}")

    def _below_header(self) -> list[str]:
        inside = "MessageHeader" in self._open
        return self._open[self._open.index("MessageHeader") + 1 :] if inside else self._open

    def end_file(self) -> None:
        """Close what an error left open."""
        if self._decoder is not None:
            self._decoder.file.close()


class _Decoder:
    """Decodes base64 into a file as it comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BufferedWriter = path.open("wb")
        self._rest = ""

    def feed(self, text: str, name: str) -> None:
        """Take a piece; ReadError when it is no base64."""
        text = self._rest + "".join(text.split())
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        try:
            data = binascii.a2b_base64(text[:whole].encode("ascii"), strict_mode=True) if whole else b""
        except (ValueError, UnicodeEncodeError) as error:
            raise ReadError("edxml_attachment_broken", name=name) from error
        self.file.write(data)

    def finish(self, name: str) -> Attachment:
        """End the file; ReadError when its last letters are missing."""
        self.file.close()
        if self._rest:
            raise ReadError("edxml_attachment_broken", name=name)
        return Attachment(name, self.path)


def _broken(where: str) -> NoReturn:
    raise ReadError("edxml_broken", problem=where[:100])
