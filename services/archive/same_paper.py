"""Whether two documents are readings of one paper, or two papers of one form: rules over what both are known by.

A form shares nearly all its words with the next one; what tells them apart is number, date and the few words that were
filled in. Number and date decide where both are sure of them (NĐ 30/2020, Điều 15: number, symbol, issuer and year are
a document's identity); where they are not, all the words must agree but for what reading gets wrong.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Self

from services.archive.resolving import Identity, overlaps, repeats
from services.core.alignment import Comparison
from services.core.gazetteer import is_listed
from services.core.model import Document

SHARED_BY_NUMBER = 0.5
"""Share of the shorter text that both must have where number and date agree: a lost page, a poor reading."""
SHARED_BY_TEXT = 0.8
"""The same where the number of one is not known."""
LEAST_BY_TEXT = 100
"""Syllables of the shorter text from which it can decide alone: shorter ones are closing articles, blank forms."""
UNLIKE = 0.003
"""Share of the shorter text that may say something else there, and a tenth of the share of slips of reading besides: a
poor reading has more of both, a form that is filled in otherwise has no slips."""
OTHER_NUMERALS = 0.08
"""Share of the numerals that may differ there, and half as much again as the share of slips besides: a numeral has as
many letters as a syllable, and no language model to mend it."""
_FEW = 2  # syllables that may say something else in any text: what a stamp hides


@dataclass(frozen=True, slots=True)
class Known:
    """What a document is known by; what is only a guess is not."""

    identity: Identity
    number: str | None

    @classmethod
    def of(cls, document: Document) -> Self:
        """Take what is sure from a record."""
        record = document.record

        def sure(key: str) -> bool:
            return key not in document.evidence or document.evidence[key].confirmed

        numbered, date = sure("symbol") and record.symbol_key is not None, record.issued_on
        dated = date is not None and sure("issued_on")
        issuer_id = record.issuer.id if record.issuer and sure("issuer") else None
        return cls(
            Identity(
                document.id,
                record.symbol_key if numbered else None,
                issuer_id=issuer_id if issuer_id is not None and is_listed(issuer_id) else None,
                earliest=date.earliest if date and dated else None,
                latest=date.latest if date and dated else None,
            ),
            record.number if numbered else None,
        )

    @property
    def day(self) -> dt.date | None:
        """The day of issue, where it is known to the day."""
        return self.identity.earliest if self.identity.earliest == self.identity.latest else None


def may_be_one(a: Known, b: Known) -> bool:
    """Tell whether nothing that both are sure of speaks against one paper."""
    one, other = a.identity, b.identity
    if one.issuer_id and other.issuer_id and one.issuer_id != other.issuer_id:
        return False
    if repeats(one, other):
        return True
    if one.earliest and other.earliest and not overlaps(one, other):
        return False
    if one.key is None or other.key is None or one.key == other.key:
        return True
    # another number: of the same day and a slip of reading apart, the words decide
    return a.day is not None and a.day == b.day and _slip(a.number, b.number)


def are_one(a: Known, b: Known, compared: Comparison) -> bool:
    """Tell whether two documents of which `may_be_one` holds are readings of one paper, by their texts."""
    shorter, read_alike = min(compared.here, compared.there), compared.same + compared.slips
    slips = compared.slips / read_alike if read_alike else 0.0
    if a.identity.key is not None and a.identity.key == b.identity.key:
        return compared.shared >= SHARED_BY_NUMBER
    return (
        shorter >= LEAST_BY_TEXT
        and compared.shared >= SHARED_BY_TEXT
        and compared.unlike <= max(_FEW, (UNLIKE + slips / 10) * shorter)
        and compared.other_numerals <= max(1, (OTHER_NUMERALS + 1.5 * slips) * compared.numerals)
    )


def _slip(one: str | None, other: str | None) -> bool:
    """Tell whether two numbers differ in one digit, or lack one."""
    if not one or not other:
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        return sum(x != y for x, y in zip(one, other, strict=True)) <= 1
    longer, shorter = sorted((one, other), key=len, reverse=True)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
