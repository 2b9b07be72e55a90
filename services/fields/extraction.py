"""From pages of words to the record: every part is read by its module, and put together with its evidence here."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from services.core.dates import find_long_dates, narrow
from services.core.deadlines import find_deadlines
from services.core.gazetteer import lookup_issuer
from services.core.kinds import kind
from services.core.learnt import NOTHING, TAUGHT, Learnt
from services.core.model import (
    JSON,
    Arrival,
    CleanText,
    DigitalSignature,
    Evidence,
    Extraction,
    Kind,
    PageText,
    PartialDate,
    Reading,
    Reason,
    Record,
    Signer,
    Word,
    bounds,
)
from services.core.places import find_area
from services.core.text import fold, squeeze
from services.fields.addressees import read_addressees
from services.fields.citations import FoundCitation, find_citations
from services.fields.clauses import find_clauses
from services.fields.foot import Foot, find_foot, make_signer
from services.fields.given import lay_over
from services.fields.head import Head, find_head
from services.fields.issued import IssueDate, read_issue_date
from services.fields.issuer import FoundIssuer, read_issuer, signed_issuer, tidy_place
from services.fields.lines import Line, page_lines
from services.fields.number import NumberLine, doubted, number_from_file_name, read_number_line
from services.fields.orders import Asking
from services.fields.signed import read_signed
from services.fields.stamps import find_stamp, read_pen_date
from services.fields.subject import read_subject
from services.fields.tasks import find_tasks
from services.fields.topics import Taxonomy
from services.fields.warnings import find_warnings

SURE_LINE = 0.6
"""Confidence that the weakest word of a line read for its exact letters must have."""

SURE_NAME = 0.9
"""The same for a person's name and the copy line, of which no lexicon knows better: wrong marks had .83 and .89."""

SURE_TEXT = 0.88
"""Mean confidence from which a printed subject is believed: over stamps it was 0.68 to 0.80, else 0.92 and more."""

_REACH = 60.0
"""Points: a pen may have written where print lost the words beside it."""

How = Literal["read", "inferred", "entered"]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a document besides its words.

    `given` holds values that came with the upload, by the record's keys: plain strings (`issued_on` ISO, `kind` a code
    or the Vietnamese name, `issuer` a name) or the JSON of the model. They are kept as entered; the rest is read.
    `followed` says that other documents, perhaps its enclosures, stand behind it in the file; `learnt` what people made
    of names that were read so before.
    """

    file_name: str | None = None
    received_on: dt.date | None = None
    signatures: tuple[DigitalSignature, ...] = ()
    given: Mapping[str, JSON] = field(default_factory=dict)
    followed: bool = False
    learnt: Learnt = NOTHING


def extract(pages: Sequence[PageText], clean: CleanText, hints: Hints, taxonomy: Taxonomy) -> Extraction:
    """Read the record of one document from its pages; pure, deterministic, never raises on what a page says.

    Every value has an Evidence under the record's key: how it was got, page, box, confidence; with `confirmed=False`
    and candidates where it is doubtful. `hints.given` that makes no sense raises InvalidInputError.
    """
    first = page_lines(pages[0]) if pages else []
    head = find_head(first)
    draft = _Draft(pages, clean, hints, head, find_foot(pages), first)
    record, evidence = draft.record()
    record, evidence = lay_over(record, evidence, hints.given)
    topics = taxonomy.assign(record, clean)
    tasks = record.tasks if "tasks" in evidence else find_tasks(find_clauses(clean), Asking.of(record))
    more = find_warnings(
        record,
        evidence,
        clean,
        file_name=hints.file_name,
        received_on=hints.received_on,
        ends_at_signature=draft.ends_at_signature and not hints.followed,
    )
    update = {"topics": topics, "tasks": tasks, "warnings": (*record.warnings, *more)}
    return Extraction(record=record.model_copy(update=update), evidence=evidence)


def entered_record(given: Mapping[str, JSON], clean: CleanText, taxonomy: Taxonomy) -> Extraction:
    """Make the record of a document that nobody scanned, from values alone; `clean` is what else is known of it.

    Citations and topics are read off the text. Values that make no sense raise InvalidInputError.
    """
    record, evidence = lay_over(Record(), {}, given)
    citations = tuple(found.citation for found in find_citations(clean, record.symbol_key, ()))
    record = record.model_copy(update={"citations": citations})
    return Extraction(record=record.model_copy(update={"topics": taxonomy.assign(record, clean)}), evidence=evidence)


class _Draft:
    """The record in the making: what later fields need of earlier ones."""

    def __init__(
        self,
        pages: Sequence[PageText],
        clean: CleanText,
        hints: Hints,
        head: Head,
        foot: Foot,
        first: Sequence[Line],
    ) -> None:
        self.pages = pages
        self.clean = clean
        self.hints = hints
        self.head = head
        self.foot = foot
        self.signed = read_signed(hints.signatures)
        self.stamp = find_stamp(first, pages[0].readings if pages else (), self._issue_day())
        self.evidence: dict[str, Evidence] = {}
        self.warnings: list[Reason] = []

    def record(self) -> tuple[Record, dict[str, Evidence]]:
        """Put the parts together, in the order in which they lean on each other."""
        place = self._place()
        number = self._number(place)
        issued = self._head_date(number)
        issuer = self._issuer(number, place, issued)
        citations = self._citations(number)
        record = Record(
            symbol=number.as_written if number else None,
            number=number.symbol.number if number else None,
            notation=number.symbol.notation if number else None,
            symbol_key=number.symbol.key if number else None,
            kind=self._kind(number),
            issuer=issuer.issuer if issuer else None,
            issued_on=self._issued_on(issued, citations),
            place=place,
            subject=self._subject(),
            addressees=self._addressees(),
            recipients=self.foot.recipients,
            copy_line=self.foot.copy_line,
            signer=self._signer(),
            urgency=self.head.urgency[0] if self.head.urgency else None,
            secrecy=self.head.secrecy[0] if self.head.secrecy else None,
            arrival=self._arrival(number, issued),
            citations=tuple(c.citation for c in citations),
            pages=len(self.pages),
            warnings=tuple(self.warnings),
        )
        return record, self.evidence

    @property
    def ends_at_signature(self) -> bool:
        """Whether the last page with print is the one that is signed."""
        printed = [page.number for page in self.pages if any(w.text for w in page.words)]
        signed = {line.page for s in self.foot.signatures for line in s.lines}
        return bool(signed) and max(signed) == max(printed)

    def _place(self) -> str | None:
        if not self.head.place_date:
            return None
        line = self.head.place_date[0]
        dated = find_long_dates(line.text)[0]
        printed = line.text[: dated.start].strip(" ,.;")
        place = tidy_place(printed)
        known = find_area(place) is not None or _confidence(line, printed) >= SURE_TEXT
        self._note("place", (line,), confirmed=line.box is None or known)
        return place or None

    def _number(self, place: str | None) -> NumberLine | None:
        lines = self.head.number
        guess = read_issuer(self.head.issuer, None, place)
        issuer_id = guess.issuer.id if guess else None
        looks = self._looks_at(lines[0]) if lines else ()
        pen = next((r for r in looks if r.part == "number" and r.witness == "pen"), None)
        number = read_number_line(lines, self.head.kind, issuer_id, self.hints.file_name, pen)
        number = number or number_from_file_name(self.head.kind, issuer_id, self.hints.file_name)
        if number and lines and self._is_stamped(lines[0]):
            number = doubted(number, issuer_id)
        if number is None:
            self.warnings.append(Reason(code="symbol_not_found"))
            return None
        how: How = "inferred" if number.how == "inferred" else "read"
        self._note("symbol", lines, how, number.confidence, number.confirmed, number.candidates, number.witness)
        if number.symbol.number is None:
            self.warnings.append(Reason(code="number_blank", params={"symbol": number.as_written}))
        return number

    def _head_date(self, number: NumberLine | None) -> IssueDate | None:
        if not self.head.place_date:
            return None
        line = self.head.place_date[0]
        year = number.symbol.year if number else None
        return read_issue_date(line, self._looks_at(line), self.signed, year)

    def _issue_day(self) -> dt.date | None:
        issued = self._head_date(None)
        return issued.date.earliest if issued else None

    def _is_stamped(self, line: Line) -> bool:
        """Whether a stamp of arrival lies over a line."""
        places = [reading.box for reading in self._readings(line) if reading.part == "stamp"]
        return line.box is not None and any(place and place.meets(line.box) for place in places)

    def _looks_at(self, line: Line) -> tuple[Reading, ...]:
        """Return what was read again in the row of a line; a stamp above it may have been taken for the line."""
        readings = self._readings(line)
        if line.box is None:
            return readings
        row = line.box._replace(x0=line.box.x0 - _REACH, x1=line.box.x1 + _REACH)
        return tuple(reading for reading in readings if reading.box is None or reading.box.meets(row))

    def _readings(self, line: Line) -> tuple[Reading, ...]:
        return next((page.readings for page in self.pages if page.number == line.page), ())

    def _issued_on(self, issued: IssueDate | None, citations: Sequence[FoundCitation]) -> PartialDate | None:
        """Keep the date of the head; a blank day is bounded by what is cited, the first deadline and the arrival."""
        if issued is None or issued.date.year is None:
            self.warnings.append(Reason(code="date_not_found"))
            return issued.date if issued else None
        bounded = self._bounded(issued.date, citations)
        candidates = () if issued.confirmed else (*issued.candidates, *_bounds(bounded))
        lines = self.head.place_date
        self._note("issued_on", lines, "read", issued.confidence, issued.confirmed, candidates, issued.witness)
        if bounded.day is None:
            self.warnings.append(Reason(code="day_blank", params={"date": bounded.as_written or ""}))
        return bounded

    def _bounded(self, read: PartialDate, citations: Sequence[FoundCitation]) -> PartialDate:
        if read.day is not None:
            return read
        cited = [c.citation.date.earliest for c in citations if c.citation.date and c.citation.date.day]
        deadlines = [d.due.latest.date() for d in find_deadlines(self.clean.text, read) if d.due.latest]
        arrived = [self.stamp.arrival.on if self.stamp else None, self.hints.received_on, self.signed.last_day]
        return narrow(read, [d for d in cited if d], [d for d in (*deadlines, *arrived) if d])

    def _issuer(self, number: NumberLine | None, place: str | None, issued: IssueDate | None) -> FoundIssuer | None:
        found = read_issuer(
            self.head.issuer, number.symbol if number else None, place, issued.date.earliest if issued else None
        )
        if found is None or found.how == "inferred":
            found = signed_issuer(found, self.signed)
        if found is None:
            self.warnings.append(Reason(code="issuer_not_found"))
            return None
        found = self._as_taught(found, number, place, issued)
        lines = found.lines or self.head.place_date
        how: How = "inferred" if found.how == "inferred" else "read"
        self._note("issuer", lines, how, found.confidence, found.confirmed, found.candidates, found.witness)
        return found

    def _as_taught(
        self, found: FoundIssuer, number: NumberLine | None, place: str | None, issued: IssueDate | None
    ) -> FoundIssuer:
        """Take the name that people put in the place of one that was read so; what was read stays a candidate."""
        alias = self.hints.learnt.issuer(found.issuer.name, found.issuer.id) if found.how == "read" else None
        if alias is None:
            return found
        notation = number.symbol.notation if number else None
        issuer = lookup_issuer(alias.name, alias.parent, place, notation, issued.date.earliest if issued else None)
        others = (found.issuer.name, *found.candidates)
        return replace(found, issuer=issuer or found.issuer, confirmed=alias.sure, candidates=others, witness=TAUGHT)

    def _signer(self) -> Signer | None:
        """Take the name of the signer that people put in the place of one that was read so."""
        signer = make_signer(self.foot.signatures)
        self._witness_foot()
        alias = self.hints.learnt.signer(signer.name) if signer and signer.name else None
        if signer is None or alias is None:
            return signer
        seen = self.evidence["signer"]
        sure = alias.sure and (seen.confirmed or bool(signer.title))
        told = {"confirmed": sure, "candidates": (signer.name or "", *seen.candidates), "witness": TAUGHT}
        self.evidence["signer"] = seen.model_copy(update=told)
        return signer.model_copy(update={"name": alias.name})

    def _kind(self, number: NumberLine | None) -> Kind | None:
        """Take the title's word for the kind; without a title the symbol's code, and công văn where it has none."""
        title, coded = self.head.kind, number.symbol.kind if number else None
        if title and self.head.kind_line:
            agrees = coded is None or coded.code in (title.code, "CV")
            others = () if agrees or coded is None else (title.name, coded.name)
            self._note("kind", (self.head.kind_line,), "read", 1.0, agrees, others)
            return title
        if coded:
            self._note("kind", self.head.number, "inferred", 0.95, witness="notation")
            return coded
        if self.head.subject and fold(self.head.subject[0].text).startswith("v/v"):
            self._note("kind", self.head.subject, "inferred", 0.7, confirmed=False, witness="subject")
            return kind("CV")
        return None

    def _subject(self) -> str | None:
        subject = read_subject(self.head.subject)
        if subject:
            mean = _mean([w for line in self.head.subject for w in line.words])
            scanned = self.head.subject[0].box is not None
            whole = subject[:1].isupper() or not subject[:1].isalpha()  # a stamp hides the first word
            self._note("subject", self.head.subject, confirmed=not scanned or (whole and mean >= SURE_TEXT))
        return subject

    def _addressees(self) -> tuple[str, ...]:
        names = read_addressees(self.head.addressees)
        if names:
            self._note("addressees", self.head.addressees)
        return names

    def _citations(self, number: NumberLine | None) -> list[FoundCitation]:
        own = self._own_places()
        return find_citations(self.clean, number.symbol.key if number else None, own)

    def _own_places(self) -> list[tuple[int, int]]:
        """Return the spans of the number line, and of the stamp, in the clean text."""
        lines = [*self.head.number, *(self.stamp.lines if self.stamp else ())]
        words = {(line.page, i) for line in lines for i in line.indexes}
        return [(s.start, s.end) for s in self.clean.spans if (s.page, s.word) in words]

    def _witness_foot(self) -> None:
        foot = self.foot
        if foot.signatures:
            lines = tuple(line for s in foot.signatures for line in s.lines)
            complete = all(s.name and s.title and not s.inferred for s in foot.signatures)
            scanned = any(line.box for line in lines)
            clear = min(line.confidence for line in lines) >= SURE_LINE if scanned else True
            named = min((s.name.confidence for s in foot.signatures if s.name and s.name.box), default=1.0) >= SURE_NAME
            self._note("signer", lines, confirmed=complete and clear and named)
        if foot.recipients:
            self._note("recipients", foot.recipient_lines)
        if foot.copy_line:
            clear = min(line.confidence for line in foot.copy_lines) >= SURE_NAME
            self._note("copy_line", foot.copy_lines, confirmed=clear)
        for key, mark in (("urgency", self.head.urgency), ("secrecy", self.head.secrecy)):
            if mark:
                self._note(key, (mark[1],), confirmed=mark[1].box is None or mark[1].confidence >= SURE_LINE)

    def _arrival(self, number: NumberLine | None, issued: IssueDate | None) -> Arrival | None:
        """Take the stamp as printed where its date is one; else the date that a pen wrote into it, unconfirmed."""
        printed = self.stamp.arrival if self.stamp else None
        if printed and number and printed.number == number.symbol.number:  # the stamp lies beside the document's own
            printed = printed.model_copy(update={"number": None})
        lines = self.stamp.lines if self.stamp else ()
        clear = self.stamp is not None and self.stamp.clear
        pen = None
        if self.pages and not clear:
            pen = read_pen_date(self.pages[0].readings, issued.date.earliest if issued else None)
        if pen:
            printed = pen[0].model_copy(update={"number": printed.number if printed else None})
        if printed is None or not (printed.number or printed.date):
            return None
        self._note("arrival", lines, confirmed=clear)
        if pen:
            seen = {"page": self.pages[0].number, "box": pen[1].box, "confidence": pen[1].confidence, "witness": "pen"}
            self.evidence["arrival"] = self.evidence["arrival"].model_copy(update=seen)
        return printed

    def _note(
        self,
        key: str,
        lines: Sequence[Line],
        how: How = "read",
        confidence: float | None = None,
        confirmed: bool = True,
        candidates: tuple[str, ...] = (),
        witness: str | None = None,
    ) -> None:
        words = [w for line in lines for w in line.words if lines and line.page == lines[0].page]
        mean = _mean(words) if confidence is None else confidence
        self.evidence[key] = Evidence(
            how=how,
            page=lines[0].page if lines else None,
            box=bounds(words),
            confidence=round(mean, 3),
            confirmed=confirmed,
            candidates=tuple(dict.fromkeys(candidates)),
            witness=witness,
        )


def _mean(words: Sequence[Word]) -> float:
    total = sum(len(w.text) for w in words)
    return sum(w.confidence * len(w.text) for w in words) / total if total else 0.0


def _confidence(line: Line, text: str) -> float:
    """Lowest confidence of the line's words that make up a text."""
    wanted = set(squeeze(text).split())
    return min((w.confidence for w in line.words if w.text.strip(",.;") in wanted), default=line.confidence)


def _bounds(date: PartialDate) -> tuple[str, ...]:
    """The day read, or the first and last that are possible."""
    return tuple(dict.fromkeys(d.isoformat() for d in (date.earliest, date.latest) if d))
