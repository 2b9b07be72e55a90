"""Damage to archives by hand, and what a check finds of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.archive import Archive
from services.archive.checking import Finding
from tests.contract.archive.archive_play import ME, pdf, upload, work

DATA = pdf("công văn", pages=2)


async def findings(archive: Archive, *, quick: bool = False) -> list[Finding]:
    return [found async for found in archive.checks.run(quick=quick)]


async def codes(archive: Archive, *, quick: bool = False) -> list[str]:
    return [found.code for found in await findings(archive, quick=quick)]


async def read(archive: Archive) -> str:
    """Send a file of two pages and read it; return its source's id."""
    item = await upload(archive, "công văn.pdf", DATA)
    await work(archive)
    assert item.source_id is not None
    return item.source_id


async def change(archive: Archive, *statements: Any) -> None:
    """Do to the catalogue what nobody should."""
    async with archive._database.writer.begin() as conn:
        for statement in statements:
            await conn.execute(statement)


def blob(archive: Archive, kind: str) -> Path:
    root = archive._blobs.root
    assert root is not None
    return next(path for path in sorted((root / kind).rglob("*")) if path.is_file())


def flip(path: Path) -> None:
    """Change one bit in the middle of a file; its size stays."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


async def mend(archive: Archive, *, orphans: bool = False) -> list[bool]:
    return [await archive.checks.mend(ME, found, orphans=orphans) for found in await findings(archive)]


async def words(archive: Archive, source_id: str) -> list[Any]:
    return await archive.work.source_pages(source_id)
