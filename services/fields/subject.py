"""The subject (trích yếu) as printed, its lines joined."""

import re
from collections.abc import Sequence

from services.core.text import nfc
from services.fields.lines import Line, joined

_RUN_TOGETHER = re.compile(r"^(V[ềêeè])(vi[ệe]c)\b", re.IGNORECASE)


def read_subject(lines: Sequence[Line]) -> str | None:
    """Join the subject's lines; end marks and the dirt around them are dropped, "V/v" and "Về việc" are kept."""
    text = nfc(joined(lines))
    text = re.sub(r"^[^\w\"“(]+|[\s.;:,_—–-]+$", "", text)
    text = _RUN_TOGETHER.sub(r"Về \2", text)
    return text or None
