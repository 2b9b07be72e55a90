"""Real servers for tests: OpenSearch, Redis, PostgreSQL; on loopback or unix sockets, in a directory of the caller.

Each is a context manager that starts the server, waits until it answers, and stops it and everything it started. What
is missing raises MissingServer with the line that installs it: a test that needs the server fails, it never skips.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_OPENSEARCH = ROOT / "deploy" / "opensearch-local" / "start.sh"
_NOBODY = 65534
_HASTY = (
    *("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal"),
    *("max_wal_senders=0", "autovacuum=off", "jit=off"),
)
"""What PostgreSQL need not do for a catalogue that lives as long as a test: none of it changes an answer."""
_PR_SET_PDEATHSIG = 1


class MissingServer(RuntimeError):  # noqa: N818 - names what is wrong
    """A server that the tests need is not installed; the message says how to get it."""


@dataclass
class OpenSearchNodes:
    """A running local cluster; `addresses` and `pids` go by node, `url` is the first node's address."""

    directory: Path
    addresses: list[str]
    pids: list[int]

    @property
    def url(self) -> str:
        """Address of the first node, http://127.0.0.1:PORT."""
        return self.addresses[0]


@dataclass
class RedisServer:
    """A running redis-server on a unix socket; `restart` brings it back with its data after a stop or a kill."""

    directory: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def socket(self) -> Path:
        """The unix socket."""
        return self.directory / "redis.sock"

    @property
    def url(self) -> str:
        """Address in the form of VANBAN_REDIS_URL."""
        return f"unix://{self.socket}"

    def kill(self) -> None:
        """End it as a crash does (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start it again on the same data."""
        self.process = _start_redis(self.directory)


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def opensearch_node(directory: Path | None = None, *, nodes: int = 1, port: int = 0) -> Iterator[OpenSearchNodes]:
    """Run a local OpenSearch of `nodes` nodes (deploy/opensearch-local); `port` 0 takes any free one."""
    with _directory(directory) as home:
        command = [str(START_OPENSEARCH), "--nodes", str(nodes), "--port", str(port), "--data", str(home)]
        log = home / "opensearch.log"
        process = _spawn(command, log)
        try:
            files = [home / f"node-{n}" / "address" for n in range(1, nodes + 1)]
            _wait(lambda: all(f.exists() for f in files), process, 180, log)
            addresses = [f.read_text().strip() for f in files]
            _wait(lambda: _cluster_has(addresses[0], nodes), process, 60, log)
            yield OpenSearchNodes(home, addresses, [int((f.parent / "pid").read_text()) for f in files])
        finally:
            _stop_group(process)


@contextmanager
def redis_server(directory: Path | None = None) -> Iterator[RedisServer]:
    """Run a redis-server with an append-only file on a unix socket in `directory`."""
    with _directory(directory) as home:
        server = RedisServer(home, _start_redis(home))
        try:
            yield server
        finally:
            _stop_group(server.process)


@contextmanager
def postgres_server(directory: Path | None = None) -> Iterator[str]:
    """Run a PostgreSQL of its own; yields its address for SQLAlchemy (postgresql+asyncpg://...), an empty database."""
    programs = _postgres_programs()
    with _directory(directory) as home:
        drop_root = os.geteuid() == 0  # PostgreSQL refuses to run as root
        if drop_root:
            os.chown(home, _NOBODY, _NOBODY)
        log, data = home / "postgres.log", str(home / "data")
        locale = ["-E", "UTF8", "--locale=C.UTF-8"]
        init = [str(programs / "initdb"), "-D", data, "-U", "vanban", "-A", "trust", "--no-sync", *locale]
        made = _spawn(init, log, drop_root=drop_root).wait(120)
        if made != 0:
            raise MissingServer(f"initdb failed with exit code {made}:\n{log.read_text(errors='replace')}")
        options = [word for one in (*_HASTY, f"unix_socket_directories={home}") for word in ("-c", one)]
        process = _spawn([str(programs / "postgres"), "-D", data, *options], log, drop_root=drop_root)
        try:
            ready = [str(programs / "pg_isready"), "-q", "-h", str(home), "-U", "vanban", "-d", "postgres"]
            _wait(lambda: subprocess.run(ready, check=False).returncode == 0, process, 60, log)
            yield f"postgresql+asyncpg://vanban@/postgres?host={home}"
        finally:
            _stop_group(process, signal.SIGINT)  # fast shutdown: does not wait for clients


# --------------------------------------------------------------------------- helpers


@contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    """Give the caller's directory, or a short one (socket paths end at 107 bytes) that is removed afterwards."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="vbt-", dir="/tmp"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _start_redis(home: Path) -> subprocess.Popen[bytes]:
    program = shutil.which("redis-server")
    if program is None:
        raise MissingServer("redis-server is missing. Run: apt-get install --no-install-recommends redis-server")
    path = home / "redis.sock"
    path.unlink(missing_ok=True)
    log = home / "redis.log"
    command = [program, "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(home)]
    command += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction"]
    process = _spawn(command, log)
    _wait(lambda: _redis_answers(path), process, 30, log)
    return process


def _redis_answers(path: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False


def _cluster_has(address: str, nodes: int) -> bool:
    with suppress(OSError):
        url = f"{address}/_cluster/health?wait_for_nodes={nodes}&timeout=1s"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    return False


def _postgres_programs() -> Path:
    config = shutil.which("pg_config")
    folders = [Path(subprocess.check_output([config, "--bindir"], text=True).strip())] if config else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    raise MissingServer("PostgreSQL is missing. Run: apt-get install --no-install-recommends postgresql")


def _spawn(command: list[str], log: Path, *, drop_root: bool = False) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own, its output appended to `log`."""
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            user=_NOBODY if drop_root else None,
            group=_NOBODY if drop_root else None,
            extra_groups=[] if drop_root else None,
        )


def _die_with_parent() -> None:
    """Nothing that a test started outlives the test run, not even its kill -9."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            _stop_group(process)
            end = log.read_text(errors="replace")[-3000:]
            raise MissingServer(f"{process.args!r} did not start (exit code {process.returncode}):\n{end}")
        time.sleep(0.05)


def _stop_group(process: subprocess.Popen[bytes], first: signal.Signals = signal.SIGTERM) -> None:
    if process.poll() is None:
        process.send_signal(first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
