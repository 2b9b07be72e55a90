"""One OpenSearch node for all processes of a test run: who comes first has it started, it ends when the last has gone.

The node belongs to a keeper, a process of its own. Whoever uses the node holds a shared lock on a file in the run's
folder; the keeper ends once it can have that lock for itself, which the kernel grants also when users were killed.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.servers import ROOT, MissingServer, opensearch_node

_LOOK_SECONDS = 0.2
_START_SECONDS = 240.0


@contextmanager
def shared_opensearch(folder: Path) -> Iterator[str]:
    """Give the address of the node that the run of `folder` shares; indices must have names that nobody else takes."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users").open("w") as users, (folder / "starting").open("w") as starting:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper takes down the node of those before
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not _address(folder).exists():
            _start_keeper(folder)
        fcntl.flock(starting, fcntl.LOCK_UN)
        yield _address(folder).read_text()


def keep(folder: Path) -> None:
    """Run the node until nobody uses it."""
    with (folder / "users").open("w") as users, opensearch_node(folder / "node") as node:
        part = folder / "address.part"
        part.write_text(node.url)
        part.rename(_address(folder))
        while not _alone(users):
            time.sleep(_LOOK_SECONDS)
        _address(folder).unlink()


def _start_keeper(folder: Path) -> None:
    log = folder / "keeper.log"
    with log.open("ab") as out:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.shared_node", str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while not _address(folder).exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            keeper.kill()
            raise MissingServer(f"the shared node did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)


def _alone(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _address(folder: Path) -> Path:
    return folder / "address"


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
