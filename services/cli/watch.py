"""`vanban ingest --watch`: take each file of some folders once it has stopped growing."""

import asyncio
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from services.archive import Archive
from services.cli.console import printable, say
from services.cli.files import Seen, look, walk
from services.cli.options import me
from services.cli.session import opened, pause, stop_on_signal
from services.core.errors import ConflictError, InvalidInputError, StorageFullError, UnavailableError
from services.core.messages import say as sentence
from services.core.model import ItemState, OnDuplicate
from services.core.settings import Settings


def watch_folders(
    settings: Settings,
    folders: Sequence[Path],
    label: str | None,
    on_duplicate: OnDuplicate,
    priority: int,
    interval_seconds: float,
) -> None:
    """Take new files until Ctrl-C. A file is new until it was taken looking as it looks now, also by an earlier run."""
    wrong = [str(folder) for folder in folders if not folder.is_dir()]
    if wrong:
        raise InvalidInputError(f"--watch wants folders, not files: {', '.join(wrong)}")
    asyncio.run(_watch(settings, folders, label, on_duplicate, priority, interval_seconds))


async def _watch(
    settings: Settings,
    folders: Sequence[Path],
    label: str | None,
    on_duplicate: OnDuplicate,
    priority: int,
    interval_seconds: float,
) -> None:
    taken = Taken.load(settings.data_dir, folders)
    growing = Growing(taken)
    async with opened(settings) as archive:
        receiver = _Receiver(archive, settings, label or f"watch {folders[0].name}", on_duplicate, priority)
        with stop_on_signal() as stop:
            say(f"Watching {', '.join(printable(str(folder)) for folder in folders)}; Ctrl-C ends it.")
            while not await pause(stop, interval_seconds):
                for path, seen in growing.ready(folders):
                    if stop.is_set() or not await receiver.take(path):
                        break
                    taken.add(path, seen)
    say(f"Stopped watching; {receiver.count} files were taken and stay.")


class _Receiver:
    """Takes files into one batch, which is opened with the first of them."""

    def __init__(
        self, archive: Archive, settings: Settings, label: str, on_duplicate: OnDuplicate, priority: int
    ) -> None:
        self.count = 0
        self._archive = archive
        self._settings = settings
        self._label = label
        self._on_duplicate = on_duplicate
        self._priority = priority
        self._batch_id: str | None = None

    async def take(self, path: Path) -> bool:
        """Take one file; False when the archive cannot take any now (it is tried again at the next look)."""
        try:
            if self._batch_id is None:
                batch = await self._archive.intake.create_batch(
                    me(), label=self._label, on_duplicate=self._on_duplicate, priority=self._priority
                )
                self._batch_id = batch.id
            item = await self._archive.intake.receive_path(me(), self._batch_id, path)
        except ConflictError:  # somebody cancelled the batch: what comes now goes into another
            self._batch_id = None
            return False
        except (StorageFullError, UnavailableError) as error:
            say(f"Not taken, trying again: {printable(path.name)}: {error}")
            return False
        why = f": {printable(sentence(item.reason, self._settings.locale))}" if item.reason else ""
        verb = {ItemState.FAILED: "failed   ", ItemState.DUPLICATE: "duplicate"}.get(item.state, "taken    ")
        say(f"{verb}  {printable(path.name)}{why}")
        self.count += 1
        return True


class Growing:
    """Knows which files have stopped growing: those that look the same at two looks, an interval apart."""

    def __init__(self, taken: "Taken") -> None:
        self._taken = taken
        self._before: dict[Path, Seen] = {}

    def ready(self, folders: Sequence[Path]) -> list[tuple[Path, Seen]]:
        """Look at all files, and return those that are new and no longer change, in the order of their names."""
        now = {path: seen for path in walk(folders) if (seen := look(path)) is not None}
        ready = [
            (path, seen)
            for path, seen in now.items()
            if self._before.get(path) == seen and not self._taken.has(path, seen)
        ]
        self._before = now
        return ready


class Taken:
    """Which files were taken and how they looked then, kept in the data directory over restarts.

    Nothing depends on it but the trouble of sending again: what is sent twice is linked to what is there.
    """

    def __init__(self, file: Path, seen: dict[str, Seen]) -> None:
        self._file = file
        self._seen = seen

    @classmethod
    def load(cls, data_dir: Path, folders: Sequence[Path]) -> "Taken":
        """Read what earlier runs on the same folders took; an unreadable note is an empty one."""
        names = sorted(os.path.abspath(folder) for folder in folders)  # noqa: PTH100 - a link is its own folder
        key = hashlib.sha256(os.fsencode("\0".join(names))).hexdigest()[:16]
        file = data_dir / "watch" / f"{key}.jsonl"
        seen: dict[str, Seen] = {}
        try:
            for line in file.read_text(encoding="utf-8").splitlines():
                name, *values = json.loads(line)
                seen[name] = Seen(*values)
        except (OSError, ValueError, TypeError):
            pass
        return cls(file, seen)

    def has(self, path: Path, seen: Seen) -> bool:
        """Say whether the file was taken looking like this."""
        return self._seen.get(_name(path)) == seen

    def add(self, path: Path, seen: Seen) -> None:
        """Note that it was taken."""
        self._seen[_name(path)] = seen
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([_name(path), *astuple(seen)]) + "\n")


def _name(path: Path) -> str:
    return os.fsencode(os.path.abspath(path)).hex()  # noqa: PTH100 - as above; names need not be UTF-8
