"""`vanban task`: what a document asks for, and how far that has come."""

import asyncio
from typing import Annotated

import typer

from services.cli.console import out, print_json, printable
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.errors import InvalidInputError
from services.core.model import Document
from services.core.settings import Settings


def task(
    document: Annotated[str, typer.Argument(help="Id of the document.")],
    number: Annotated[int | None, typer.Argument(min=1, help="Which of its tasks; all are shown without one.")] = None,
    done: Annotated[bool | None, typer.Option("--done/--open", help="Whether it is done.")] = None,
    reply: Annotated[str | None, typer.Option(help="Symbol of the document that answers it; '' takes it away.")] = None,
    note: Annotated[str | None, typer.Option(help="A note for the register; '' takes it away.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show the tasks of a document, or say how far one of them has come."""
    options = {"done": done, "reply": reply, "note": note}
    said = {key: value for key, value in options.items() if value is not None}
    if said and number is None:
        raise InvalidInputError("Name the task by its number: `vanban task DOCUMENT 1 --done`.")
    found = asyncio.run(_do(settings_of(data_dir), document, number, said))
    if as_json:
        print_json([task.model_dump(mode="json") for task in found.record.tasks])
        return
    for place, one in enumerate(found.record.tasks, start=1):
        if number not in (None, place):
            continue
        progress = one.progress
        state = "done" if progress and progress.done else "open"
        replies = f", answered by {', '.join(progress.replies)}" if progress and progress.replies else ""
        due = f" ({one.due.as_written})" if one.due else ""
        out.print(f"{place:>3}  {state}{printable(replies)}  {printable(', '.join(one.assignees))}: ", end="")
        out.print(f"{printable(one.text)}{printable(due)}")


async def _do(settings: Settings, document: str, number: int | None, said: dict[str, bool | str]) -> Document:
    async with opened(settings) as archive:
        if number is None or not said:
            return await archive.documents.get(me(), document)
        return await archive.documents.report_task(me(), document, number, said)
