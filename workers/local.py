"""The programs of the local process group: which there are, with which arguments, in which order."""

import os
import shutil
import socket
import sys
from pathlib import Path

from pydantic_settings import BaseSettings

from services.core.errors import ConflictError, MissingProgramError
from services.core.settings import Settings
from workers.process import Program

ROOT = Path(__file__).resolve().parents[1]
OPENSEARCH_START = ROOT / "deploy" / "opensearch-local" / "start.sh"
_OPENSEARCH_PORT = 9200


def environment(settings: Settings) -> dict[str, str]:
    """Write settings as environment variables, so that a child builds the same ones."""
    values: dict[str, str] = {}
    _write_variables(settings, "VANBAN_", values)
    # one thread each, processes = cores: three times the pages of the default
    return values | {"OMP_THREAD_LIMIT": "1", "PYTHONUNBUFFERED": "1"}


def _write_variables(settings: BaseSettings, prefix: str, values: dict[str, str]) -> None:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseSettings):
            _write_variables(value, str(type(value).model_config["env_prefix"]), values)
        elif value is not None:
            values[f"{prefix}{name}".upper()] = str(value)


def redis_program(settings: Settings) -> Program | None:
    """Return the private Redis (tech.md section 5: append-only, never evicting), None where another one is used.

    Raises MissingProgramError when redis-server is not installed.
    """
    path = settings.private_redis_socket
    if path is None:
        return None
    executable = shutil.which("redis-server")
    if executable is None:
        raise MissingProgramError(
            "redis-server is not installed. Install it with `apt install redis-server`, or set VANBAN_REDIS_URL.",
            program="redis-server",
        )
    folder = settings.data_dir / "redis"
    for each in (path.parent, folder):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.parent.stat().st_uid != os.getuid():
        raise ConflictError(f"{path.parent} belongs to somebody else. Set VANBAN_REDIS_URL to another socket.")
    flags = ["--port 0", f"--unixsocket {path}", "--unixsocketperm 700", f"--dir {folder}", "--daemonize no"]
    flags += ["--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction", "--loglevel warning"]
    argv = [executable, *(part for flag in flags for part in flag.split(" ", 1)), "--save", ""]
    return Program("redis", tuple(argv), grace_seconds=2.0)


def opensearch_program(settings: Settings, port: int) -> Program:
    """Return the local OpenSearch node, which keeps its data in the data directory.

    Raises MissingProgramError when the node is not there.
    """
    if not OPENSEARCH_START.is_file():
        raise MissingProgramError(
            f"{OPENSEARCH_START} is missing. Use --engine embedded, or set VANBAN_INDEX_URL to an OpenSearch server.",
            program="opensearch",
        )
    folder = opensearch_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    opensearch_address(settings).unlink(missing_ok=True)  # an earlier node's word is not this one's
    argv = ("bash", str(OPENSEARCH_START), "--port", str(port), "--data", str(folder))
    return Program("opensearch", argv, grace_seconds=5.0)


def opensearch_folder(settings: Settings) -> Path:
    """Where the local node keeps its data; it exists once the archive has a local node."""
    return settings.data_dir / "opensearch"


def opensearch_address(settings: Settings) -> Path:
    """The file in which the local node writes its address once it answers."""
    return opensearch_folder(settings) / "node-1" / "address"


def worker_programs(settings: Settings) -> list[Program]:
    """Return the index and record worker, the read workers, dispatcher and notifier, in the order of their start."""
    names = [("index", "index.1", 3.0), ("record", "record.1", 4.0)]
    names += [("read", f"read.{number}", 4.0) for number in range(1, settings.reader.processes + 1)]
    names += [("dispatch", "dispatch", 2.0), ("notify", "notify", 2.0)]
    common = environment(settings)
    return [
        Program(name, (sys.executable, "-m", "workers.run", role), common | {"VANBAN_WORKER": name}, grace)
        for role, name, grace in names
    ]


def web_program(settings: Settings) -> Program:
    """Return the web server."""
    argv = [sys.executable, "-m", "uvicorn", "services.app:create_app", "--factory", "--host", settings.host]
    argv += ["--port", str(settings.port), "--timeout-graceful-shutdown", "3", "--no-access-log"]
    argv += ["--log-level", settings.log_level.lower()]
    return Program("web", tuple(argv), environment(settings), grace_seconds=4.5)


def check_port(host: str, port: int) -> None:
    """Raise ConflictError when somebody listens there already, or the address is not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConflictError(
                f"Cannot listen on {host}:{port} ({error.strerror}). "
                "Stop the program that uses it, or choose another port with VANBAN_PORT.",
                host=host,
                port=port,
            ) from error


def free_port(preferred: int = _OPENSEARCH_PORT) -> int:
    """Return a free port on loopback, the preferred one where it is free."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ConflictError("No free port is left on 127.0.0.1.")
