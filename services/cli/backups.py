"""`vanban backup` and `vanban restore`: the archive into a folder, and out of it."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.archive import BackupReport, RestoreReport, VerifyReport, restore_archive, verify_backup
from services.cli.console import out, print_json, printable, say, ticker
from services.cli.exits import EXIT_CODES, NOT_SOUND
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.pace import Pace
from services.cli.session import opened
from services.core.errors import CorruptError, InvalidInputError
from services.core.settings import Settings

SHOWN = 20


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the backups are kept, best on another disk.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Afterwards remove all but so many of the newest snapshots.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Take none: read every byte that DIR holds and hash it.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Add a snapshot of the archive to DIR, while it runs; what DIR has of earlier ones is not copied again.

    A run that is stopped or killed leaves the earlier snapshots whole, and the next one goes on from there.
    """
    if verify and keep is not None:
        raise InvalidInputError("Give --verify or --keep, not both.")
    if verify:
        raise typer.Exit(asyncio.run(_verify(folder, as_json=as_json)))
    raise typer.Exit(asyncio.run(_backup(settings_of(data_dir), folder, keep, as_json=as_json)))


async def _backup(settings: Settings, folder: Path, keep: int | None, *, as_json: bool) -> int:
    async with opened(settings) as archive:
        with ticker("Backing up") as shown:
            report = await archive.backups.take(me(), folder, keep=keep, progress=Pace(shown, "blobs").update)
    if as_json:
        print_json(report)
    else:
        _tell(report)
    return EXIT_CODES[CorruptError] if report.lacking else NOT_SOUND if report.log_differs else 0


def _tell(report: BackupReport) -> None:
    say(
        f"Snapshot {report.snapshot}: {report.blobs} blobs, {megabytes(report.bytes)}; "
        f"{report.copied} of them were new, {megabytes(report.copied_bytes)}."
    )
    for name in report.removed:
        say(f"Removed: {name}")
    for key in report.lacking[:SHOWN]:
        say(f"  the archive itself has not, or not whole: {printable(key)}")
    if report.lacking:
        say(f"{len(report.lacking)} blobs are lacking, all others are in the backup. Run `vanban check`.")
    if report.log_differs:
        say(
            f"The log does not go on from the snapshot {report.log_differs}: the last line of then is not in it. "
            "That is so after an older snapshot was restored; else the log was changed: keep that snapshot, and run "
            f"`vanban audit verify --backup {report.folder}`."
        )


async def _verify(folder: Path, *, as_json: bool) -> int:
    with ticker("Verifying") as shown:
        report = await verify_backup(folder, Pace(shown, "blobs").update)
    if as_json:
        print_json(report)
    else:
        _tell_verified(report)
    return 0 if report.whole else EXIT_CODES[CorruptError]


def _tell_verified(report: VerifyReport) -> None:
    for one in report.snapshots:
        state = "damaged" if one.problems else "whole"
        out.print(f"{one.name}  {one.blobs} blobs, {megabytes(one.bytes)}, {state}")
        for problem in one.problems[:SHOWN]:
            say(f"  {printable(problem)}")
    for path in report.damaged[:SHOWN]:
        say(f"  damaged: {printable(path)}")
    if report.whole:
        say(f"All is as it was written: {report.contents} blobs, {megabytes(report.bytes)}.")
    else:
        say("Delete a damaged file of blobs/ and back up again: it is copied anew. Look after the disk.")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of backups.")],
    snapshot: Annotated[str | None, typer.Option(help="Which one [default: the newest].")] = None,
    with_purged: Annotated[
        bool, typer.Option("--with-purged", help="Bring back also what was purged after the snapshot.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Put an archive back into an empty data directory, every byte held against its hash.

    A restore that was stopped goes on with the same command. What was purged after the snapshot stays gone.
    """
    settings = settings_of(data_dir)
    raise typer.Exit(asyncio.run(_restore(settings, folder, snapshot, with_purged=with_purged, as_json=as_json)))


async def _restore(settings: Settings, folder: Path, snapshot: str | None, *, with_purged: bool, as_json: bool) -> int:
    with ticker("Restoring") as shown:
        pace = Pace(shown, "blobs").update
        report = await restore_archive(me(), settings, folder, name=snapshot, with_purged=with_purged, progress=pace)
    if as_json:
        print_json(report)
    else:
        _tell_restored(settings, report)
    return EXIT_CODES[CorruptError] if report.lacking else 0


def _tell_restored(settings: Settings, report: RestoreReport) -> None:
    size = f"{report.documents} documents, {report.blobs} blobs, {megabytes(report.bytes)}"
    say(f"The archive of {report.taken_at:%Y-%m-%d %H:%M} UTC is in {settings.data_dir}: {size}.")
    if report.purged:
        say(f"{report.purged} files and documents purged after that stay gone (--with-purged brings them back).")
    if report.returned:
        say(f"{report.returned} files and documents that were purged after that are back.")
    if report.shut_out:
        say(f"Disabled or revoked after that, and so again: {printable(', '.join(report.shut_out))}")
    say(f"{report.users} users and {report.keys} keys can come in, with the passwords of then; all must log in again.")
    say("Who or what was disabled, revoked or purged after the last backup into this folder is not known here:")
    say("  look through `vanban user list` and `vanban key list NAME` before you start.")
    for path in report.settings:
        say(f"Set VANBAN_{Path(path).stem.upper()}={path}")
    for key in report.lacking[:SHOWN]:
        say(f"  damaged or missing in the backup: {printable(key)}")
    if report.lacking:
        say(f"{len(report.lacking)} blobs are lacking: `vanban check --repair` mends what is derived.")
    say("Start `vanban up`: it brings all documents into the index.")
    if settings.engine == "opensearch":
        say("Run `vanban reindex` then: the index there may hold documents that this archive does not have.")


def megabytes(count: int) -> str:
    """Write a size as people say it."""
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
