"""`vanban search`: the search of the web pages, in a terminal."""

import asyncio
import datetime as dt
from typing import Annotated, Literal, cast

import typer
from rich.text import Text

from services.cli.console import out, print_json, printable, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened, search_service
from services.core.errors import InvalidInputError
from services.core.model import PartialDate
from services.core.settings import Settings
from services.search import Filters, Hit, PageHit, SearchPage, SearchQuery

Values = Annotated[list[str] | None, typer.Option(help="Repeatable.", show_default=False)]
Day = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", show_default=False)]
_PAGES_SHOWN = 2


def search(
    query: Annotated[str, typer.Argument(help="What is looked for, with or without tone marks; empty lists all.")] = "",
    issuer: Values = None,
    kind: Values = None,
    topic: Values = None,
    year: Values = None,
    signer: Values = None,
    urgency: Values = None,
    state: Values = None,
    addressee: Values = None,
    assignee: Values = None,
    cites: Values = None,
    arrival_number: Values = None,
    level: Values = None,
    province: Values = None,
    batch: Values = None,
    dossier: Values = None,
    date_from: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", show_default=False)] = None,
    date_to: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", show_default=False)] = None,
    due_from: Day = None,
    due_to: Day = None,
    arrived_from: Day = None,
    arrived_to: Day = None,
    marks: Annotated[str, typer.Option(help="Typed tone marks: wish (raise) or strict (require).")] = "wish",
    sort: Annotated[str, typer.Option(help="relevance, newest or oldest.")] = "relevance",
    limit: Annotated[int, typer.Option(min=1, help="Hits on one page.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.", show_default=False)] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Find documents, and show where the words stand."""
    filters = Filters(
        issuer=_values(issuer),
        kind=_values(kind),
        topic=_values(topic),
        year=_values(year),
        signer=_values(signer),
        urgency=_values(urgency),
        state=_values(state),
        addressee=_values(addressee),
        assignee=_values(assignee),
        cites=_values(cites),
        arrival_number=_values(arrival_number),
        level=_values(level),
        province=_values(province),
        batch=_values(batch),
        dossier=_values(dossier),
        date_from=_day("--from", date_from),
        date_to=_day("--to", date_to),
        due_from=_day("--due-from", due_from),
        due_to=_day("--due-to", due_to),
        arrived_from=_day("--arrived-from", arrived_from),
        arrived_to=_day("--arrived-to", arrived_to),
    )
    asked = SearchQuery(
        q=query,
        filters=filters,
        marks=cast(Literal["wish", "strict"], _one_of("--marks", marks, ("wish", "strict"))),
        sort=cast(Literal["relevance", "newest", "oldest"], _one_of("--sort", sort, ("relevance", "newest", "oldest"))),
        limit=limit,
        cursor=cursor,
    )
    page = asyncio.run(_search(settings_of(data_dir), asked))
    if as_json:
        print_json(page)
    else:
        show_page(page)


async def _search(settings: Settings, asked: SearchQuery) -> SearchPage:
    async with opened(settings) as archive, search_service(settings, archive) as service:
        return await service.search(me(), asked)


def show_page(page: SearchPage) -> None:
    """Print the hits: symbol, issuer, date, subject, and the places with what was found standing out."""
    for number, hit in enumerate(page.hits, 1):
        _show_hit(number, hit)
    if not page.hits:
        say("Nothing found. Try fewer words, or without the filters.")
        return
    more = f"; the next page: --cursor {page.next}" if page.next else ""
    say(f"{len(page.hits)} of {page.total} documents in {page.took_ms:.0f} ms{more}")


def show_date(date: PartialDate | None) -> str:
    """Write what is known of a date as it is written in Vietnam; an unknown part is left out, never made up."""
    if date is None:
        return ""
    if date.year and date.month and date.day:
        return f"{date.day:02}/{date.month:02}/{date.year}"
    if date.year and date.month:
        return f"{date.month:02}/{date.year}"
    return str(date.year) if date.year else printable(date.as_written or "")


def _show_hit(number: int, hit: Hit) -> None:
    head = Text(f"{number:2}. ")
    head.append(printable(hit.symbol or (hit.kind.name if hit.kind else "") or hit.file_name or "?"), style="bold")
    about = [hit.issuer.name if hit.issuer else "", show_date(hit.issued_on), f"[{hit.tier}]"]
    head.append("  " + "  ".join(printable(part) for part in about if part))
    out.print(head)
    if hit.subject:
        out.print(Text("    " + printable(hit.subject)))
    for page in hit.pages[:_PAGES_SHOWN]:
        out.print(_snippet(page))
    out.print(Text(f"    {hit.id}", style="dim"))


def _snippet(page: PageHit) -> Text:
    line = Text(f"    p. {page.number}: ")
    for piece in page.snippet:
        text = printable(piece.text.replace("\n", " "))
        if not piece.hit:
            line.append(text)
        elif out.is_terminal:
            line.append(text, style="bold yellow")
        else:
            line.append(f"**{text}**")
    return line


def _values(given: list[str] | None) -> tuple[str, ...]:
    return tuple(value for value in given or () if value)


def _day(option: str, text: str | None) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{option} wants a day as YYYY-MM-DD, not {text!r}.") from error


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidInputError(f"{option} is one of {', '.join(allowed)}, not {value!r}.")
    return value
