"""Digital signatures as witnesses: who may have issued the document, and the day after which it cannot be dated.

An office signs what it issues, then portals and gazettes sign what they publish: those vouch for the file and bound
its date, and are never taken for its issuer.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.dates import VIETNAM
from services.core.gazetteer import lookup_issuer
from services.core.model import DigitalSignature, Issuer
from services.core.text import fold

_PUBLISHERS = re.compile(r"\b(?:cong thong tin|cong bao|trung tam (?:tin hoc|cong nghe|thong tin|du lieu)|cong ttdt)\b")


@dataclass(frozen=True, slots=True)
class Signed:
    """What the signatures of a file say: the offices that may have issued it, first signer first, and when they signed.

    `office_day` is the day on which the first such office signed, `last_day` the first day on which anybody did: an
    issue date after it is wrong. Days are those of Vietnam.
    """

    offices: tuple[Issuer, ...] = ()
    office_day: dt.date | None = None
    last_day: dt.date | None = None


def read_signed(signatures: Sequence[DigitalSignature]) -> Signed:
    """Weigh the signatures of a file; those that were broken since say nothing."""
    sound = [s for s in signatures if s.intact]
    days = [_day(s) for s in sound]
    offices = [(office, day) for s, day in zip(sound, days, strict=True) if (office := _office(s))]
    return Signed(
        offices=tuple(office for office, _ in offices),
        office_day=offices[0][1] if offices else None,
        last_day=min((day for day in days if day), default=None),
    )


def _day(signature: DigitalSignature) -> dt.date | None:
    return signature.signed_at.astimezone(VIETNAM).date() if signature.signed_at else None


def _office(signature: DigitalSignature) -> Issuer | None:
    """Return the office of a certificate where the gazetteer knows it and it does not publish for others."""
    if not signature.name or _PUBLISHERS.search(fold(signature.name)):
        return None
    issuer = lookup_issuer(signature.name, None, signature.organization)
    return issuer if issuer and issuer.id and not issuer.id.startswith("khac") else None
