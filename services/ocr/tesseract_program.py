"""Tesseract as a program (pytesseract): works wherever tesseract is installed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytesseract

from services.ocr.layout import Line, Token
from services.ocr.letters import HIGHEST_COST, LANGUAGE, OPTIONS, token
from services.ocr.prepare import Prepared
from services.ocr.programs import FOLDER, ProgramTimeoutError, check_exit

_TITLE_BOX = re.compile(r"\bbbox (\d+) (\d+) (\d+) (\d+)")
_TITLE_CONFIDENCE = re.compile(r"\bx_w?confs? ([\d.]+)")
_LINES = {"ocr_line", "ocr_caption", "ocr_textfloat", "ocr_header"}

pytesseract.pytesseract.tesseract_cmd = str(FOLDER / "tesseract")


def recognise(prepared: Prepared, mode: int, folder: Path, timeout_seconds: float) -> list[Line]:
    """Read the words of a prepared page; see `recognise.recognise`."""
    path = folder / "page.pgm"
    prepared.image.save(path)
    try:
        return list(_lines(_run(path, mode, prepared, timeout_seconds), prepared))
    finally:
        path.unlink(missing_ok=True)


def _run(path: Path, mode: int, prepared: Prepared, timeout_seconds: float) -> bytes:
    config = " ".join((f"--psm {mode} --dpi {round(prepared.dpi)}", *(f"-c {k}={v}" for k, v in OPTIONS.items())))
    try:
        # a path, not a picture: given a picture, pytesseract writes it as PNG first
        hocr = pytesseract.image_to_pdf_or_hocr(
            str(path), lang=LANGUAGE, config=config, extension="hocr", timeout=timeout_seconds
        )
    except pytesseract.TesseractError as error:
        check_exit("tesseract", error.status, error.message)
        raise
    except subprocess.CalledProcessError as error:  # its question for tesseract's version, before the first page
        check_exit("tesseract", error.returncode)
        raise
    except RuntimeError as error:  # pytesseract's way to say that the time is over
        raise ProgramTimeoutError("tesseract") from error
    return bytes(hocr)


def _lines(hocr: bytes, prepared: Prepared) -> Iterator[Line]:
    for line in ET.fromstring(hocr).iter():  # noqa: S314 - tesseract wrote it, in this sandbox
        if line.get("class") in _LINES:
            words = [_token(word, prepared) for word in line if word.get("class") == "ocrx_word"]
            if read := tuple(word for word in words if word.text):
                yield Line(read)


def _token(word: ET.Element, prepared: Prepared) -> Token:
    title = word.get("title", "")
    left, top, right, bottom = map(float, _TITLE_BOX.search(title).groups())  # type: ignore[union-attr] # every word has one
    frame = (left, top, right - left, bottom - top)
    letters = [part for part in word if part.get("id", "").startswith("lstm_choices")]
    text = "".join(_own_text(word))
    return token(text, frame, _confidence(word), [_weighed(letter) for letter in letters], prepared)


def _own_text(word: ET.Element) -> Iterator[str]:
    """The word itself, which may be set bold or slanted, without the letters that were weighed."""
    yield word.text or ""
    for part in word:
        if part.get("class") != "ocrx_cinfo":
            yield from _own_text(part)
        yield part.tail or ""


def _weighed(letter: ET.Element) -> list[tuple[str, float]]:
    return [(choice.text or " ", HIGHEST_COST * (1 - _confidence(choice) / 100)) for choice in letter]


def _confidence(part: ET.Element) -> float:
    found = _TITLE_CONFIDENCE.search(part.get("title", ""))
    return float(found[1]) if found else 0.0
