"""The recognition model of PP-OCR (onnxruntime): a picture of one line in, what it sees step by step out.

The model comes in the wheel of rapidocr (extra `handwriting`), of which only that file is used.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from services.core.errors import MissingProgramError

_PACKAGE = "rapidocr"
_MODEL = "*_rec_small.onnx"
_HEIGHT = 48
_NARROWEST = 320


def look(line: Image.Image) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return chances (steps from left to right, letters) and the letters; the first is none, the last the blank.

    Raises MissingProgramError where the wheel is not installed.
    """
    session, letters = _load()
    width = max(8, round(_HEIGHT * line.width / max(1, line.height)))
    resized = line.convert("L").resize((width, _HEIGHT), Image.Resampling.BILINEAR)
    pixels = np.zeros((1, 3, _HEIGHT, max(width, _NARROWEST)), np.float32)
    pixels[..., :width] = np.asarray(resized, np.float32) / 127.5 - 1
    chances: np.ndarray = session.run(None, {session.get_inputs()[0].name: pixels})[0][0]
    return chances[: max(1, round(len(chances) * width / pixels.shape[3]))], letters


@cache
def _load() -> tuple[onnxruntime.InferenceSession, tuple[str, ...]]:
    """Load the model, once per process and for one thread; it carries its letters with it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # lines differ in length: an arena only keeps memory
    session = onnxruntime.InferenceSession(str(_file()), options, providers=["CPUExecutionProvider"])
    letters = session.get_modelmeta().custom_metadata_map["character"].split("\n")
    return session, ("", *letters, " ")


def _file() -> Path:
    """Find the model in the installed wheel without importing it."""
    try:
        files = distribution(_PACKAGE).files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        if file.match(_MODEL):
            return Path(str(file.locate()))
    raise MissingProgramError("The model of rapidocr is not installed; `vanban doctor` says how.", program=_PACKAGE)
