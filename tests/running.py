"""A whole archive as people run it: `vanban up` on a free port of loopback with a data directory of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.corpus.sample import SAMPLE

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 300.0
STOP_SECONDS = 25.0
_MARK = "VANBAN_TEST_RUN"
_CLI = (sys.executable, "-m", "services.cli")
_OPEN = {"received", "reading"}
_CONFLICT = 7  # exit code

NamedBytes = tuple[str, bytes]


@dataclass(frozen=True)
class RunningArchive:
    """A running archive: its address, its data directory, and the two front doors."""

    url: str
    data_dir: Path
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    http: httpx.Client = field(repr=False)

    def cli(self, *arguments: str, send: str = "", timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run `vanban ARGUMENTS` on the same data directory; the exit code is the caller's to judge."""
        return subprocess.run(
            [*_CLI, *arguments], cwd=ROOT, env=dict(self.environment), input=send, capture_output=True, text=True,
            timeout=timeout,
        )  # fmt: skip

    def reindex(self, timeout: float = 3600) -> dict[str, Any]:
        """Rebuild the index and return the report; a rebuild under way, the worker's own first one, is waited out."""
        while (done := self.cli("reindex", "--json", timeout=timeout)).returncode == _CONFLICT:
            time.sleep(0.2)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return dict(json.loads(done.stdout))

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON at a path under /api/v1."""
        answer = self.http.get(f"/api/v1{path}", params=parameters)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **values: Any) -> Any:
        """Send JSON to a path under /api/v1 and return what comes back."""
        answer = self.http.post(f"/api/v1{path}", json=values or None)
        answer.raise_for_status()
        return answer.json()

    def upload(self, *files: NamedBytes, **form: Any) -> str:
        """Send files in one batch and return the batch's id."""
        parts = [("files", (name, data)) for name, data in files]
        answer = self.http.post("/api/v1/batches", files=parts, data=form)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def items(self, batch_id: str) -> list[dict[str, Any]]:
        """Return the files of a batch, all of them."""
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.get(f"/batches/{batch_id}/items", limit=100, **({"cursor": cursor} if cursor else {}))
            found += page["items"]
            cursor = page.get("next")
            if not cursor:
                return found

    def wait(self, batch_id: str, seconds: float = 900) -> list[dict[str, Any]]:
        """Return the files of a batch once none is being worked on."""
        deadline = time.monotonic() + seconds
        while True:
            items = self.items(batch_id)
            if not any(item["state"] in _OPEN for item in items):
                return items
            if time.monotonic() > deadline:
                states = {item["name"]: item["state"] for item in items}
                raise TimeoutError(f"still at work after {seconds} s: {states}\n{self.log_end()}")
            time.sleep(0.2)

    def read(self, *files: NamedBytes, seconds: float = 900, **form: Any) -> list[dict[str, Any]]:
        """Send files in one batch and return them when they are through."""
        return self.wait(self.upload(*files, **form), seconds)

    def search(self, q: str, **filters: Any) -> Any:
        """Search through the JSON API."""
        return self.get("/search", q=q, **filters)

    def log_end(self, size: int = 4000) -> str:
        """Return the end of what the group has printed."""
        return self.log.read_text(errors="replace")[-size:]

    def pids(self, part: str = "") -> list[int]:
        """Return the processes of the group, children of children included, whose command line holds `part`."""
        return [pid for pid, command in self.commands().items() if part in command]

    def commands(self) -> dict[int, str]:
        """Return the command lines of the processes of the group, children of children included."""
        return {one.pid: one.command for one in _descendants(self.process.pid)}


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    started: str
    command: str


@contextmanager
def running_archive(
    data_dir: Path,
    *,
    engine: str = "embedded",
    sample: bool = False,
    environment: Mapping[str, str] | None = None,
    check_stop: bool = True,
) -> Iterator[RunningArchive]:
    """Start `vanban up`, wait until it is ready, stop it with SIGINT; afterwards none of its processes may be left.

    `environment` is added to a clean one: no VANBAN_ variable of the caller gets in.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    port, mark = _free_port(), uuid.uuid4().hex
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VANBAN_")}
    variables = {
        **clean, "VANBAN_DATA_DIR": str(data_dir), "VANBAN_PORT": str(port), _MARK: mark, **(environment or {})
    }  # fmt: skip
    log = data_dir.with_name(data_dir.name + ".log")
    command = [*_CLI, "up", "--engine", engine, *(["--sample"] if sample else [])]
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as out, httpx.Client(base_url=url, timeout=60) as client:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=out, stderr=subprocess.STDOUT)
        archive = RunningArchive(url, data_dir, log, process, variables, client)
        try:
            _wait_until_ready(archive)
            yield archive
        except BaseException:
            _stop(archive, check=False)  # what went wrong first is what the reader of the report wants to see
            raise
        _stop(archive, check=check_stop)


def read_sample(data_dir: Path) -> None:
    """Make a data directory that `vanban up --sample` has read the sample archive into; nothing runs on it then."""
    with running_archive(data_dir, sample=True) as archive:
        archive.wait(_only_batch(archive))


def _only_batch(archive: RunningArchive) -> str:
    """Return the id of the sample's batch; it is made right after the web server is ready."""
    for _ in range(300):
        batches = archive.get("/batches")["items"]
        if batches and len(archive.items(batches[0]["id"])) >= len(SAMPLE):
            return str(batches[0]["id"])
        time.sleep(0.1)
    raise TimeoutError(f"the sample archive did not come in:\n{archive.log_end()}")


def _wait_until_ready(archive: RunningArchive) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if archive.process.poll() is not None:
            raise RuntimeError(f"vanban up ended with {archive.process.returncode}:\n{archive.log_end()}")
        try:
            if archive.http.get("/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"vanban up is not ready after {START_SECONDS} s:\n{archive.log_end()}")
        time.sleep(0.1)


def _stop(archive: RunningArchive, *, check: bool) -> None:
    group = _descendants(archive.process.pid)
    try:
        if archive.process.poll() is None:
            archive.process.send_signal(signal.SIGINT)
        code = archive.process.wait(STOP_SECONDS)
        left = _alive(group, archive.environment[_MARK])
        if check:
            assert not left, f"left behind after Ctrl-C: {left}\n{archive.log_end()}"
            assert code == 0, f"vanban up ended with {code}:\n{archive.log_end()}"
    finally:
        for one in _alive(group, archive.environment[_MARK]):
            os.kill(one.pid, signal.SIGKILL)
        if archive.process.poll() is None:
            archive.process.kill()
        archive.process.wait()


def _alive(group: Sequence[_Process], mark: str) -> list[_Process]:
    """Return those of a group that still run, and whatever else carries the mark in its environment."""
    running = _processes()
    known = {(one.pid, one.started) for one in group}
    return [one for one in running if (one.pid, one.started) in known or _marked(one.pid, mark)]


def _descendants(root: int) -> list[_Process]:
    running, found, wanted = _processes(), [], {root}
    while wanted:
        children = [one for one in running if one.parent in wanted]
        found += children
        wanted = {one.pid for one in children}
    return found


def _processes() -> list[_Process]:
    """Return all processes but zombies and ourselves."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            state, parent, *rest = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if state not in "ZX":
            found.append(_Process(int(folder.name), int(parent), rest[17], command))
    return found


def _marked(pid: int, mark: str) -> bool:
    try:
        return f"{_MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False  # it ended while we looked, or it is none of ours


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reasons(items: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """Return the reason code of every file, by name."""
    return {item["name"]: (item["reason"] or {}).get("code") for item in items}


def json_lines(text: str) -> list[Any]:
    """Parse output that has a JSON value per line."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]
