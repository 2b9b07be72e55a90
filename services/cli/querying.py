"""The options of a query, for every command that takes one."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal, cast

import typer

from services.core.errors import InvalidInputError
from services.search import Filters, SearchQuery, day_given

Values = Annotated[list[str] | None, typer.Option(help="Repeatable.", show_default=False)]
Day = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", show_default=False)]


def takes_query(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the arguments and options of `_query`, and hand it the SearchQuery they make, as `asked`.

    The command's other parameters stay its own.
    """
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "asked"]
    shared = inspect.signature(_query).parameters

    @functools.wraps(command)
    def wrapper(**given: Any) -> None:
        asked = _query(**{name: given.pop(name) for name in shared})
        command(asked, **given)

    parameters = [*shared.values(), *own]
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what typer reads
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapper


def _query(
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
    literal: Annotated[bool, typer.Option("--literal", help="All of the query is words, nothing else.")] = False,
) -> SearchQuery:
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
        date_from=day_given("--from", date_from or ""),
        date_to=day_given("--to", date_to or ""),
        due_from=day_given("--due-from", due_from or ""),
        due_to=day_given("--due-to", due_to or ""),
        arrived_from=day_given("--arrived-from", arrived_from or ""),
        arrived_to=day_given("--arrived-to", arrived_to or ""),
    )
    return SearchQuery(
        q=query,
        filters=filters,
        marks=cast(Literal["wish", "strict"], one_of("--marks", marks, ("wish", "strict"))),
        sort=cast(Literal["relevance", "newest", "oldest"], one_of("--sort", sort, ("relevance", "newest", "oldest"))),
        literal=literal,
    )


def one_of(option: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return the value; InvalidInputError names those that the option takes."""
    if value not in allowed:
        raise InvalidInputError(f"{option} is one of {', '.join(allowed)}, not {value!r}.")
    return value


def _values(given: list[str] | None) -> tuple[str, ...]:
    return tuple(value for value in given or () if value)
