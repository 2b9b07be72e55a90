"""New data directories for tests: a migrated catalogue is copied, since migrating takes longer than most tests."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from services.archive import open_archive
from services.core.settings import load_settings

_CATALOGUE = "catalogue.sqlite3"


def new_data(data_dir: Path) -> Path:
    """Make a data directory with an empty catalogue of today's schema and return it; what is there stays."""
    data_dir.mkdir(parents=True, exist_ok=True)
    file = data_dir / _CATALOGUE
    if not file.exists():
        file.write_bytes(_migrated())
    return data_dir


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as aside:  # the caller may be in a loop of its own
        aside.submit(asyncio.run, _migrate(Path(folder))).result()
        return (Path(folder) / _CATALOGUE).read_bytes()


async def _migrate(data_dir: Path) -> None:
    async with await open_archive(load_settings(data_dir=data_dir)):
        pass
