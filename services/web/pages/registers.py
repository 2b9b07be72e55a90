"""Registers for people: the books of a month as the forms of NĐ 30/2020 have them, and those an office kept itself."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from services.archive import RegisterKind
from services.core.dates import VIETNAM
from services.core.errors import InvalidInputError, TooLargeError
from services.core.model import Principal
from services.export import REGISTERS, RegisterName, Table
from services.search import FacetValue, Filters, SearchQuery
from services.web.admission import DeclaredRoute
from services.web.api.registers import RegisterId
from services.web.i18n import request_locale
from services.web.problems import problem_of
from services.web.site import OurSite, Reads, Site, Uploads

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 50
ROWS_SHOWN = 200
_MONTH = r"^(1[0-9]{3}|2[0-9]{3})-(0[1-9]|1[0-2])$"
Book = Literal["incoming", "outgoing", "follow-up"]
_PERIODS: dict[Book, tuple[str, str]] = {
    "incoming": ("arrived_from", "arrived_to"),
    "outgoing": ("date_from", "date_to"),
    "follow-up": ("due_from", "due_to"),
}
_API_NAMES = {"date_from": "from", "date_to": "to"}


class BookParams(BaseModel):
    """Which register of which month is asked for, as an address carries it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    book: Book = "incoming"
    month: Annotated[str | None, BeforeValidator(lambda v: v or None), Field(pattern=_MONTH)] = None
    issuer: str = Field("", max_length=500)
    column: list[str] = Field([], max_length=30)
    page: int = Field(1, ge=1, le=100_000)

    @field_validator("column")
    @classmethod
    def _known(cls, titles: list[str]) -> list[str]:
        """Leave out what no register has: another one may have been chosen since."""
        known = {column.title for form in REGISTERS.values() for column in form.columns}
        return [title for title in titles if title in known]


@dataclass(frozen=True, slots=True)
class MonthBook:
    """A register of one month, its addresses, and the issuing bodies that it may be narrowed down to."""

    params: BookParams
    first: dt.date
    issuers: tuple[FacetValue, ...]
    table: Table

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The rows of the page that is shown."""
        return self.table.rows[(self.params.page - 1) * SHOWN : self.params.page * SHOWN]

    @property
    def more(self) -> bool:
        """Whether rows follow those shown."""
        return len(self.table.rows) > self.params.page * SHOWN

    def address(self, **changed: str | int) -> str:
        """Return the address of the page with some parameters changed."""
        values = {"month": f"{self.first:%Y-%m}", **self.params.model_dump(exclude={"month", "page"}), **changed}
        return "/registers?" + urlencode({k: v for k, v in values.items() if v}, doseq=True)

    def month(self, step: int) -> str | None:
        """Return the address of the month before or after; None beyond the years that have one."""
        months = self.first.year * 12 + self.first.month - 1 + step
        year, month = divmod(months, 12)
        return self.address(month=f"{year:04}-{month + 1:02}") if 1000 <= year <= 2999 else None

    def file(self, format_: str) -> str:
        """Return the address of the whole register as a file."""
        (first, last), (from_, to) = _bounds(self.first), _PERIODS[self.params.book]
        values = {
            "format": format_,
            "register": self.params.book,
            _API_NAMES.get(from_, from_): first.isoformat(),
            _API_NAMES.get(to, to): last.isoformat(),
            "issuer": self.params.issuer,
            "column": [column.title for column in self.table.columns] if self.params.column else "",
        }
        return "/api/v1/export?" + urlencode({k: v for k, v in values.items() if v}, doseq=True)


@router.get("/registers")
async def show_registers(site: OurSite, p: Reads, request: Request, params: Annotated[BookParams, Query()]) -> Response:
    """Show the register of a month, those that offices kept, and the form that sends one."""
    return await _page(site, p, request, params)


@router.post("/registers")
async def send_register(
    site: OurSite,
    p: Uploads,
    request: Request,
    file: Annotated[UploadFile, File()],
    kind: Annotated[Literal["incoming", "outgoing", ""], Form()] = "",
    office: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Take in a register and show how it and the archive stand to each other."""
    data = await file.read(site.settings.limits.register_bytes + 1)
    chosen: RegisterKind | None = kind or None
    try:
        register = await site.archive.registers.take_in(
            p, file.filename or "", data, kind=chosen, office=office.strip() or None
        )
    except (InvalidInputError, TooLargeError) as error:
        said = problem_of(error, 422, request_locale(request)).detail
        return await _page(site, p, request, BookParams(), refused=said)
    return RedirectResponse(f"/registers/{register.id}", 303)


@router.get("/registers/{register_id}")
async def show_register(
    site: OurSite,
    p: Reads,
    request: Request,
    register_id: RegisterId,
    limit: Annotated[int, Query(ge=1, le=50_000)] = ROWS_SHOWN,
) -> Response:
    """Show which rows have no scan, which scans have no row, and which values differ."""
    found = await site.archive.registers.reconcile(p, register_id, limit=limit)
    return site.views.render(request, "register.html", found=found, limit=limit)


async def _page(
    site: Site, p: Principal, request: Request, params: BookParams, *, refused: str | None = None
) -> Response:
    book, too_many = None, None
    try:
        book = await _month_book(site, p, params)
    except InvalidInputError as error:  # more documents than one register takes
        too_many = problem_of(error, 422, request_locale(request)).detail
    return site.views.render(
        request,
        "registers.html",
        status=422 if refused or too_many else 200,
        params=params,
        book=book,
        forms={name: REGISTERS[RegisterName(name)] for name in _PERIODS},
        kept=await site.archive.registers.known(p),
        refused=refused,
        too_many=too_many,
    )


async def _month_book(site: Site, p: Principal, params: BookParams) -> MonthBook:
    first = dt.date.fromisoformat(f"{params.month}-01") if params.month else await _newest_month(site, p)
    period = dict(zip(_PERIODS[params.book], _bounds(first), strict=True))
    name = RegisterName(params.book)
    titles = {column.title for column in REGISTERS[name].columns}
    facets = await site.search.search(
        p,
        SearchQuery(filters=Filters(**period), limit=1, facets=("issuer",)),  # type: ignore[arg-type] # names of _PERIODS
    )
    narrowed = Filters(**period, issuer=(params.issuer,) if params.issuer else ())  # type: ignore[arg-type] # as above
    columns = [title for title in params.column if title in titles]
    table = await site.exports.table(p, SearchQuery(filters=narrowed, facets=()), name, columns)
    return MonthBook(params, first, tuple(facets.facets.get("issuer", ())), table)


async def _newest_month(site: Site, p: Principal) -> dt.date:
    """Return the month of the newest document; this month where none has a date."""
    newest = await site.search.search(p, SearchQuery(sort="newest", limit=1, facets=()))
    issued = newest.hits[0].issued_on if newest.hits else None
    day = (issued.latest if issued else None) or dt.datetime.now(VIETNAM).date()
    return day.replace(day=1)


def _bounds(first: dt.date) -> tuple[dt.date, dt.date]:
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
