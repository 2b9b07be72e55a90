"""The power is cut at random points of a recorded day's work; the archive is opened again and has to be right."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from services.archive import open_archive
from services.core.settings import load_settings
from services.fields import Taxonomy
from services.search import open_engine
from tests.inline_work import work_off
from tests.new_data import new_data
from tests.power.disk import Disk
from tests.power.order import order_faults
from tests.power.record import Change, record
from tests.storm.files import texts
from tests.storm.sending import File
from tests.storm.verdict import look

_SAID = re.compile(r"acknowledged ([0-9a-f]{64})")
_SHARED_MEMORY = "-shm"  # SQLite's, made anew by whoever opens the catalogue first; written through a mapping


@dataclass(slots=True)
class Losses:
    """What was tried and what is wrong; `points` are numbers of changes, each tried strictly and with luck."""

    seed: int
    changes: int = 0
    syncs: int = 0
    points: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Say it in a few lines."""
        first = (
            f"seed {self.seed}: {self.changes} changes, {self.syncs} of them syncs, cut at {len(self.points)} points"
        )
        return "\n".join([first, f"faults: {len(self.faults)}", *self.faults])


def cut_everywhere(folder: Path, *, files: int, points: int, seed: int) -> Losses:
    """Record a day of so many files and cut the power at so many points, half of them right after something was said.

    At each point everything is lost that was not synced, or (every second one) each loose write and name by chance.
    """
    data = new_data(folder / "day" / "data")
    disk = Disk.of(data)
    command = ["-m", "tests.power.day", str(data.parent), str(files), str(seed)]
    changes = record(command, data, folder / "strace.log")
    sent = {file.sha256: file for file in islice(texts(seed), files)}
    losses = Losses(seed, len(changes), sum(change.call == "sync" for change in changes))
    losses.faults += order_faults(changes)
    chosen = _points(changes, points, random.Random(seed))
    losses.points = sorted(chosen)
    known: list[File] = []
    for number, change in enumerate(changes):
        if number in chosen:
            losses.faults += _cut(disk, known, folder / "cut", random.Random(seed + number), number)
        disk.apply(change)
        if change.call == "say":
            known += [sent[sha256] for sha256 in _SAID.findall(change.data.decode())]
    losses.faults += _model_faults(disk, data)
    return losses


def _points(changes: Sequence[Change], count: int, rng: random.Random) -> set[int]:
    after_said = [number + 1 for number, change in enumerate(changes[:-1]) if change.call == "say"]
    chosen = set(rng.sample(after_said, min(len(after_said), count // 2)))
    rest = [number for number in range(len(changes)) if number not in chosen]
    return chosen | set(rng.sample(rest, count - len(chosen)))


def _cut(disk: Disk, known: Sequence[File], folder: Path, rng: random.Random, number: int) -> list[str]:
    """Cut the power now, open what is left, let it complete and say what is wrong."""
    lucky = number % 2 == 1
    disk.cut(folder, rng if lucky else None)
    try:
        found = asyncio.run(_open_and_look(folder, known))
    except Exception as error:  # noqa: BLE001 - an archive that does not open is what is looked for
        found = [f"{type(error).__name__}: {error}"]
    finally:
        shutil.rmtree(folder)
    return [f"cut before change {number}, {'by chance' if lucky else 'strictly'}: {fault}" for fault in found]


async def _open_and_look(data_dir: Path, known: Sequence[File]) -> list[str]:
    settings = load_settings(data_dir=data_dir)
    engine = await open_engine(settings, write=True)
    try:
        async with await open_archive(settings) as archive:
            await archive.work.sweep(claimed_seconds=0, sent_seconds=0)  # Redis, too, has lost what it had
            await work_off(archive, Taxonomy.load(None), engine)
    finally:
        await engine.close()
    return await look(settings, known, uploads_wait=True)


def _model_faults(disk: Disk, data_dir: Path) -> Iterator[str]:
    """Say where the replay ends with other bytes than the real folder: then it has replayed something else."""
    real = {str(path.relative_to(data_dir)): path for path in data_dir.rglob("*") if path.is_file()}
    replayed = disk.files()
    yield from (f"the replay has {name} and the folder not, or the other way" for name in real.keys() ^ replayed.keys())
    for name in real.keys() & replayed.keys():
        if not name.endswith(_SHARED_MEMORY) and real[name].read_bytes() != replayed[name]:
            yield f"the replay ends with other bytes in {name}"
