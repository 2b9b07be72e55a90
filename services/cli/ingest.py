"""`vanban ingest`: send files, follow them, and give the account of every one."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from services.archive import Archive
from services.cli.account import follow, give_account, no_worker, some_failed
from services.cli.console import print_json, printable, say, ticker
from services.cli.exits import DONE, FILES_FAILED, INTERRUPTED
from services.cli.files import check_paths, walk
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened, somebody_works, stop_on_signal
from services.cli.watch import watch_folders
from services.core.errors import InvalidInputError, StorageFullError
from services.core.model import JSON, Batch, Level, OnDuplicate
from services.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Sending:
    """How files are sent; `external_id` and `given` (values of the record) belong to a single file."""

    label: str | None = None
    on_duplicate: OnDuplicate = "link"
    priority: int = 0
    external_id: str | None = None
    given: Mapping[str, JSON] = field(default_factory=dict)
    wait: bool = False
    as_json: bool = False
    access: Level | None = None
    collection: str | None = None


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders: PDF, TIFF, JPEG, PNG, edXML, text (.txt).")],
    wait: Annotated[bool, typer.Option("--wait", help="Return when every file is read and can be found.")] = False,
    label: Annotated[str | None, typer.Option(help="What people call this batch.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay and take each new file of the folders.")] = False,
    on_duplicate: Annotated[
        str, typer.Option(help="A content the archive has: link to it, reject the file, or accept it again.")
    ] = "link",
    priority: Annotated[int, typer.Option(min=-1000, max=1000, help="Higher is read earlier.")] = 0,
    external_id: Annotated[str | None, typer.Option(help="Your own id of the document (one file only).")] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="KEY=VALUE",
            help="A value of the record you know, such as symbol=12/UBND-VX (one file only).",
        ),
    ] = None,
    access: Annotated[Level | None, typer.Option(help="Access level of the documents [VANBAN_DEFAULT_ACCESS].")] = None,
    collection: Annotated[str | None, typer.Option(help="Collection that the documents go into.")] = None,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks of --watch.")] = 2.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Send scans to the archive. Each file is kept as received and then read by the workers of `vanban up`."""
    given = dict(_key_value(text) for text in value or ())
    if on_duplicate not in ("link", "reject", "accept"):
        raise InvalidInputError(f"--on-duplicate is link, reject or accept, not {on_duplicate!r}.")
    sending = Sending(label, on_duplicate, priority, external_id, given, wait, as_json, access, collection)  # type: ignore[arg-type] # checked above
    check_paths(paths)
    if watch:
        if wait or external_id or given or access or collection:
            raise InvalidInputError(
                "--watch does not go with --wait, --external-id, --field, --access or --collection."
            )
        watch_folders(settings_of(data_dir), paths, label, sending.on_duplicate, priority, interval)
        return
    files = list(walk(paths))
    if (external_id or given) and len(files) != 1:
        raise InvalidInputError(f"--external-id and --field belong to one file; {len(files)} were named.")
    raise typer.Exit(asyncio.run(_ingest(settings_of(data_dir), files, sending)))


async def _ingest(settings: Settings, files: Sequence[Path], sending: Sending) -> int:
    if not files:
        say("No files there: nothing was sent.")
        return DONE
    async with opened(settings) as archive:
        with stop_on_signal() as stop:
            batch = await archive.intake.create_batch(
                me(),
                label=sending.label,
                on_duplicate=sending.on_duplicate,
                priority=sending.priority,
                access=sending.access,
                collection=sending.collection,
            )
            sent = await _send(archive, batch, files, sending, stop)
            if stop.is_set():
                await give_account(archive, batch.id, settings.locale)
                say(f"Stopped: {sent} of {len(files)} files were received and stay. The same command sends the rest;")
                say("what is there already is linked, not read twice.")
                return INTERRUPTED
            return await finish(archive, settings, batch.id, stop, wait=sending.wait, as_json=sending.as_json)


async def _send(archive: Archive, batch: Batch, files: Sequence[Path], sending: Sending, stop: asyncio.Event) -> int:
    """Send the files one after the other until all are there or a stop is asked for; return how many were sent."""
    with ticker("Receiving", len(files)) as shown:
        for sent, path in enumerate(files):
            if stop.is_set():
                return sent
            shown.update(sent, path.name)
            try:
                await archive.intake.receive_path(
                    me(), batch.id, path, external_id=sending.external_id, given=sending.given or None
                )
            except StorageFullError:
                await give_account(archive, batch.id, "en")
                say(f"{sent} of {len(files)} files were received before {printable(path.name)}.")
                raise
        shown.update(len(files))
    return len(files)


async def finish(
    archive: Archive, settings: Settings, batch_id: str, stop: asyncio.Event, *, wait: bool, as_json: bool
) -> int:
    """Wait for the batch where that is asked for, give its account, and return the exit code."""
    works = await somebody_works(settings)
    waited = wait and works and await follow(archive, settings, batch_id, stop)
    batch = await archive.account.batch(me(), batch_id)
    if as_json:
        print_json(batch)
    await give_account(archive, batch_id, settings.locale)
    if wait and not works:
        raise no_worker(settings)
    if wait and not waited:
        if not stop.is_set():
            raise no_worker(settings)
        say("Not waiting any longer; the files are received and will be read. `vanban status` shows how far it is.")
        return INTERRUPTED
    if not wait and not works:
        say("The files are kept; they are read once `vanban up` runs on this data directory.")
    return FILES_FAILED if some_failed(batch) else DONE


def _key_value(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise InvalidInputError(f"--field wants KEY=VALUE, not {text!r}.")
    return key.strip(), value
