"""The addressees of Kính gửi, one name each."""

import re
from collections.abc import Sequence

from services.core.text import nfc
from services.fields.lines import Line, joined

_LABEL = re.compile(r"^\W{0,4}k\w?nh\s?g\wi\W*", re.IGNORECASE)
_WIRE_LABEL = re.compile(r"\s*điện\s*:\s*$", re.IGNORECASE)
_BULLET = re.compile(r"^\W{0,2}[-–—•+]\s*")


def read_addressees(lines: Sequence[Line]) -> tuple[str, ...]:
    """Return the names after "Kính gửi:" or the bullets below it, without bullets and end marks."""
    if not lines:
        return ()
    inline = _LABEL.sub("", nfc(lines[0].text)) if not _WIRE_LABEL.search(lines[0].text) else ""
    entries: list[list[Line]] = []
    for line in lines[1:]:
        if _BULLET.match(line.text) or (not entries and not inline):
            entries.append([line])
        elif entries:
            entries[-1].append(line)
        else:
            inline = f"{inline} {line.text}"
    names = [*re.split(r";\s+(?=[^\W\d_a-zđ])", inline), *(joined(entry) for entry in entries)]
    tidy = (re.sub(r"[\s;:.,]+$", "", _BULLET.sub("", nfc(name))).strip() for name in names)
    return tuple(name for name in tidy if len(name) > 1)
