"""`vanban search`: the search of the web pages, in a terminal."""

import asyncio
import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from services.cli.console import out, print_json, printable, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.querying import takes_query
from services.cli.session import opened, search_service
from services.core.dates import date_text
from services.core.errors import InvalidInputError
from services.core.model import PartialDate
from services.core.settings import Settings
from services.export import BatchSearch
from services.search import Hit, PageHit, SearchPage, SearchQuery, UnderstoodPart

_PAGES_SHOWN = 2


@takes_query
def search(
    asked: SearchQuery,
    limit: Annotated[int, typer.Option(min=1, help="Hits on one page.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.", show_default=False)] = None,
    queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Ask all queries of a CSV or XLSX, and write a CSV.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Find documents, and show where the words stand."""
    if queries is not None:
        if asked != SearchQuery() or as_json or cursor:
            raise InvalidInputError("--queries goes alone: what each query is asked with stands in its line.")
        asyncio.run(_ask_all(settings_of(data_dir), _table(queries)))
        return
    page = asyncio.run(_search(settings_of(data_dir), dataclasses.replace(asked, limit=limit, cursor=cursor)))
    if as_json:
        print_json(page)
    else:
        show_page(page)


def _table(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read ({error.strerror}). Check the name and its rights.") from error


async def _ask_all(settings: Settings, data: bytes) -> None:
    async with opened(settings) as archive, search_service(settings, archive) as service:
        asking = BatchSearch(service, settings)
        async for lines in asking.answer(me(), asking.rows(data)):
            sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()


async def _search(settings: Settings, asked: SearchQuery) -> SearchPage:
    async with opened(settings) as archive, search_service(settings, archive) as service:
        return await service.search(me(), asked)


def show_page(page: SearchPage) -> None:
    """Print how the query was read, and the hits: symbol, issuer, date, subject, and the places that answer."""
    if page.query.understood.parts:
        say("Understood: " + "; ".join(map(_part, page.query.understood.parts)))
    if meant := page.query.did_you_mean:
        say(f"Did you mean: {printable(meant.q)} ({meant.total} documents)")
    for number, hit in enumerate(page.hits, 1):
        _show_hit(number, hit)
    if not page.hits:
        say("Nothing found. Try fewer words, or without the filters.")
        return
    more = f"; the next page: --cursor {page.next}" if page.next else ""
    say(f"{len(page.hits)} of {page.total} documents in {page.took_ms:.0f} ms{more}")


def _part(part: UnderstoodPart) -> str:
    what = f"{part.field} {part.label}" if part.field else f'"{part.label}"'
    said = {"phrase": what, "excluded": f"without {what}", "filter": f"only {what}", "boost": f"first {what}"}
    return printable(said[part.how])


def show_date(date: PartialDate | None) -> str:
    """Write what is known of a date, fit for a terminal."""
    return printable(date_text(date))


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
