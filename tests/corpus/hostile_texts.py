# ruff: noqa: E501 - a hostile file a line
"""Hostile texts, messages, names and files that are several kinds at once. Used through `hostile_cases`."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator

from tests.corpus.hostile import plain_png
from tests.corpus.hostile_pdf import OnePage

_LETTER = "ỦY BAN NHÂN DÂN\nSố: 12/UBND-VX\nNội dung công văn.\n"


def texts() -> Iterator[tuple[str, bytes]]:
    """Yield texts that no writer wrote."""
    text = _LETTER.encode()
    yield "nul", text + b"\0" + text
    yield "half-surrogate", text + b"\xed\xa0\x80\xed\xb0\x80"
    yield "utf-16", _LETTER.encode("utf-16")
    yield "utf-8-cut", text[:-1] + "ễ".encode()[:-1]
    yield "overlong", text + b"\xc0\xaf\xe0\x80\xaf"
    yield "old-font", _LETTER.encode("cp1258", "replace")
    yield "only-a-mark", b"\xef\xbb\xbf"
    yield "only-control", bytes(range(1, 32)) * 100
    yield "only-spaces", b" \n\t" * 100_000
    yield "bidi", ("\u202e\u2066\u2069" * 1000 + _LETTER).encode()
    yield "tags-and-joiners", ("\U000e0041\u200d\ufe0f" * 1000 + _LETTER).encode()
    yield "marks-upon-marks", ("a" + "\u0301\u0323" * 200_000 + "\n" + _LETTER).encode()
    yield "one-word-of-megabytes", b"a" * 5_000_000
    yield "one-line-of-megabytes", b"van ban " * 600_000
    yield "a-million-lines", b"x\n" * 1_000_000
    yield "ten-thousand-pages", b"trang\f" * 10_000
    yield "markup", b"<script>alert(1)</script><img src=x onerror=alert(1)>" + text
    yield "escape-codes", b"\x1b[2J\x1b]0;x\x07" + text
    yield "template", b"{{ 7*7 }} ${7*7} #{7*7} %s %n" + text
    yield "a-million-brackets", b"[" * 1_000_000
    yield (
        "numbers-beyond",
        b"S\xe1\xbb\x91: " + b"9" * 100_000 + b"/UBND\nng\xc3\xa0y 99 th\xc3\xa1ng 99 n\xc4\x83m 999999\n" + text,
    )
    yield "citations-by-the-thousand", "".join(f"Căn cứ Quyết định số {n}/QĐ-UBND;\n" for n in range(20_000)).encode()
    yield "heads-by-the-thousand", (_LETTER * 5000).encode()
    yield "dots-by-the-million", b"So: " + b". " * 500_000 + b"/UBND"
    yield "unassigned", ("\U0003fffe\ufdd0\uffff" * 1000 + _LETTER).encode()


def messages() -> Iterator[tuple[str, bytes]]:
    """Yield edXML messages that want to be more than a message."""
    head = b"<edXML><edXMLEnvelope><edXMLHeader><MessageHeader><Subject>%s</Subject></MessageHeader></edXMLHeader>"
    attachment = b"<Attachment><AttachmentName>%s</AttachmentName><ContentTransferEncoded>%s</ContentTransferEncoded></Attachment>"
    end = b"</edXMLEnvelope></edXML>"
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(10))
    doctype = b'<?xml version="1.0"?><!DOCTYPE edXML [<!ENTITY l0 "ha">%s]>'
    yield "laughs", doctype % laughs + head % b"&l10;" + end
    yield (
        "outside-entity",
        b'<?xml version="1.0"?><!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + head % b"&x;" + end,
    )
    yield "deep", b"<edXML>" + b"<a>" * 100_000
    yield "tag-of-megabytes", b"<edXML><" + b"a" * 5_000_000
    yield "attribute-of-megabytes", b'<edXML a="' + b"x" * 5_000_000
    yield "subject-of-megabytes", head % (b"x" * 5_000_000) + end
    yield "attachment-damaged", head % b"x" + attachment % (b"a.pdf", b"@@@not base64@@@") + end
    yield (
        "attachment-name-leads-out",
        head % b"x" + attachment % (b"../../../tmp/ra-ngoai.txt", base64.b64encode(_LETTER.encode())) + end,
    )
    yield "attachment-in-attachment", head % b"x" + attachment % (b"b.edxml", base64.b64encode(head % b"y" + end)) + end
    yield "attachments-by-the-thousand", head % b"x" + attachment % (b"a.txt", b"eA==") * 1100 + end
    yield "cut", (head % b"x")[:-20]
    yield "nothing", b"<edXML/>"


def kinds_at_once() -> Iterator[tuple[str, str, bytes]]:
    """Yield files that are several kinds at once, or none, with their names."""
    pdf = OnePage().build()
    yield "page-and-pdf", "trang.pdf", b"<html><script>alert(1)</script>" + pdf
    yield "pdf-and-archive", "a.pdf", pdf + b"PK\x03\x04" + bytes(100)
    yield "script-and-pdf", "chay.pdf", b"#!/bin/sh\nid\nexit\n" + pdf
    yield "picture-named-pdf", "anh.pdf", plain_png()
    yield "pdf-named-picture", "giay.png", pdf
    yield "pdf-behind-a-kilobyte", "sau.pdf", b" " * 1100 + pdf
    yield "pdf-in-pdf", "long.pdf", pdf + pdf
    yield "program-named-pdf", "x.pdf", b"\x7fELF" + bytes(500)
    yield "archive", "x.zip", b"PK\x03\x04" + bytes(500)
    yield "page", "x.html", b"<!doctype html><script>alert(1)</script>"
    yield "drawing", "x.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    yield "film", "x.mp4", b"\0\0\0\x18ftypmp42" + bytes(100)
    yield "nothing", "rong.pdf", b""
    yield "one-byte", "mot.pdf", b"%"
    yield "only-the-mark", "dau.pdf", b"%PDF-1.7\n"
    yield "zeros", "khong.pdf", bytes(100_000)
    yield "word-97", "x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


NAMES = (
    "../../../tmp/ra-ngoai.txt", "..\\..\\windows\\x.txt", "/etc/passwd.txt", "-rf.txt", "--help.txt", "a\nb.txt", "a\0b.txt",
    "\x1b[2Jx.txt", "a" * 5000 + ".txt", "<script>alert(1)</script>.txt", "nghi\u202etxt.exe.txt", "CON.txt", "...txt", " .txt",
    unicodedata.normalize("NFD", "Quyết định số 12.txt"), "\ud800.txt", "{{7*7}}.txt", "x'; DROP TABLE items; --.txt", "=1+1.txt", "%2e%2e%2fx.txt",
)  # fmt: skip
"""Names of files that must neither lead anywhere nor be shown as they are."""


def named_text(number: int) -> bytes:
    """A small text, another for every number."""
    return f"{_LETTER}Lần {number}.\n".encode()
