"""The order of a record: a blob lasts before the catalogue names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.power.record import Change


def order_faults(changes: Sequence[Change]) -> Iterator[str]:
    """Say which blob, its name or a new folder above it was not synced before the catalogue named it."""
    syncs: defaultdict[str, list[int]] = defaultdict(list)
    for number, change in enumerate(changes):
        if change.call == "sync":
            syncs[change.path].append(number)
    named = dict(_named(changes))
    for blob, (made, known) in named.items():
        for path, since in {blob: made, _parent(blob): made, **_new_folders(changes, blob)}.items():
            if not any(since < number < known for number in syncs[path]):
                yield f"{path} was not synced before the catalogue named {blob}"
    if not named:
        yield "the catalogue named no blob"


def _named(changes: Sequence[Change]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each blob with the numbers of the change that made it and of the first write of its name to the log."""
    made: dict[str, int] = {}
    for number, change in enumerate(changes):
        if change.other.startswith("blobs/"):
            made[change.other] = number
        if change.call == "write" and change.path.endswith("-wal"):
            for blob in [blob for blob in made if blob.rpartition("/")[2].encode() in change.data]:
                yield blob, (made.pop(blob), number)


def _new_folders(changes: Sequence[Change], blob: str) -> dict[str, int]:
    """Return where a name of a folder above the blob was made, with the number of the change that made it."""
    made = {change.path: number for number, change in enumerate(changes) if change.call == "mkdir"}
    return {_parent(folder): number for folder, number in made.items() if blob.startswith(f"{folder}/")}


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
