"""Tesseract as a library in this process (tesserocr): the model is loaded once, a third of the time is saved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import tesserocr

from services.ocr.layout import Line, Token
from services.ocr.letters import LANGUAGE, OPTIONS, token
from services.ocr.prepare import Prepared
from services.ocr.programs import ProgramTimeoutError, tesseract_models


def recognise(prepared: Prepared, mode: int, folder: Path, timeout_seconds: float) -> list[Line]:
    """Read the words of a prepared page; see `recognise.recognise`."""
    del folder
    api = _api()
    api.SetPageSegMode(mode)
    width, height = prepared.image.size
    api.SetImageBytes(prepared.image.tobytes(), width, height, 1, width)  # SetImage would make a PNG of it first
    api.SetSourceResolution(round(prepared.dpi))
    try:
        if not api.Recognize(max(1, round(timeout_seconds * 1000))):
            raise ProgramTimeoutError("tesseract")
        return [
            Line(tuple(word for _, word in line)) for _, line in groupby(_words(api, prepared), lambda pair: pair[0])
        ]
    finally:
        api.Clear()


@cache
def _api() -> tesserocr.PyTessBaseAPI:
    api = tesserocr.PyTessBaseAPI(path=str(tesseract_models()), lang=LANGUAGE)
    for name, value in OPTIONS.items():
        api.SetVariable(name, value)
    return api


def _words(api: tesserocr.PyTessBaseAPI, prepared: Prepared) -> Iterator[tuple[int, Token]]:
    """Yield the words, each with the number of its line."""
    word = tesserocr.RIL.WORD
    number = 0
    at = api.GetIterator()
    while at is not None:
        number += at.IsAtBeginningOf(tesserocr.RIL.TEXTLINE)
        text = "" if at.Empty(word) else at.GetUTF8Text(word)
        if text.strip():
            left, top, right, bottom = at.BoundingBox(word)
            frame = (left, top, right - left, bottom - top)
            yield number, token(text, frame, at.Confidence(word), at.GetBestLSTMSymbolChoices() or (), prepared)
        if not at.Next(word):
            return
