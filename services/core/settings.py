"""Settings: read once at the composition root and handed down.

A value comes from, in this order: a flag of the command line, an environment variable, the data directory's own
`vanban.json` (engine and addresses, written at the first start), the default.
"""

import json
import os
import zlib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.core.errors import SettingsError
from services.core.model import Level

DIRECTORY_FILE = "vanban.json"
DIRECTORY_KEYS = ("database_url", "blobs_url", "redis_url", "index_url")


class Limits(BaseSettings):
    """What is refused before the expensive step."""

    model_config = SettingsConfigDict(env_prefix="VANBAN_LIMIT_", frozen=True)

    file_bytes: int = 2_000_000_000
    text_bytes: int = 20_000_000  # of a text read elsewhere: it is held in memory as words
    request_bytes: int = 20_000_000_000
    file_pages: int = 5_000
    page_pixels: int = 200_000_000
    page_bytes: int = 450_000_000  # of the picture as it is decoded: A0 at 300 dpi in colour
    page_points: float = 14_400.0
    query_chars: int = 5_000
    search_seconds: float = 20.0
    search_results: int = 100
    import_line_bytes: int = 64_000_000
    export_documents: int = 20_000
    bulk_documents: int = 20_000
    batch_queries: int = 1_000
    register_bytes: int = 20_000_000
    register_rows: int = 50_000
    saved_searches: int = 200
    webhooks: int = 50


class ReaderSettings(BaseSettings):
    """The sandboxed reader child: one per core, recycled after `pages_per_child` pages."""

    model_config = SettingsConfigDict(env_prefix="VANBAN_READER_", frozen=True)

    processes: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    memory_bytes: int = Field(default=4_000_000_000, ge=1_000_000_000)  # with less, tesseract finds pages empty
    page_cpu_seconds: int = 120
    page_wall_seconds: float = 180.0
    output_bytes: int = 1_000_000_000
    pages_per_child: int = 200
    attempts: int = 3
    recogniser: Literal["auto", "tesserocr", "pytesseract"] = "auto"  # auto: tesserocr where it is there
    also_readable: str = ""  # files and folders that programs outside the system's folders need, with colons

    @property
    def readable(self) -> tuple[Path, ...]:
        """The paths of `also_readable`."""
        return tuple(Path(name).expanduser() for name in self.also_readable.split(os.pathsep) if name)


class WebhookSettings(BaseSettings):
    """Which receivers of webhooks are allowed besides the public internet, and how long one is tried."""

    model_config = SettingsConfigDict(env_prefix="VANBAN_WEBHOOK_", frozen=True)

    allow: str = ""  # hosts and networks, with commas
    timeout_seconds: float = 15.0
    retry_hours: float = 72.0  # then a message is given up
    disable_hours: float = 120.0  # of nothing but failures, then the webhook is disabled
    keep_days: int = 30  # how long deliveries stay listed


class AccountSettings(BaseSettings):
    """How long people stay logged in, and how long a one-time link can be used."""

    model_config = SettingsConfigDict(env_prefix="VANBAN_ACCOUNT_", frozen=True)

    session_idle_hours: float = Field(default=12.0, gt=0)
    session_hours: float = Field(default=168.0, gt=0)
    invitation_hours: float = Field(default=72.0, gt=0)


class Settings(BaseSettings):
    """Where the archive lives and what it stands on; URLs choose the implementation of each seam."""

    model_config = SettingsConfigDict(env_prefix="VANBAN_", frozen=True, extra="ignore")

    data_dir: Path = Path("~/.local/share/vanban")
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: str = ""
    public_url: str = ""
    timezone: str = "Asia/Ho_Chi_Minh"
    locale: Literal["vi", "en"] = "vi"
    default_access: Level = Level.PUBLIC  # of a batch that names none
    database_url: str = ""
    blobs_url: str = ""
    redis_url: str = ""
    index_url: str = ""
    taxonomy_file: Path | None = None
    synonyms_file: Path | None = None
    lexicon_file: Path | None = None
    log_level: str = "INFO"
    limits: Limits = Field(default_factory=Limits)
    reader: ReaderSettings = Field(default_factory=ReaderSettings)
    accounts: AccountSettings = Field(default_factory=AccountSettings)
    webhook: WebhookSettings = Field(default_factory=WebhookSettings)

    @property
    def engine(self) -> Literal["embedded", "opensearch"]:
        """Which search engine the index address names."""
        return "embedded" if self.index_url.startswith("embedded:") else "opensearch"

    @property
    def runtime_dir(self) -> Path:
        """Sockets, logs and process ids of the running process group."""
        return self.data_dir / "run"

    @property
    def private_redis_socket(self) -> Path | None:
        """The socket of the Redis that `vanban up` starts itself; None where another Redis is named."""
        path = _socket_path(self.data_dir)
        return path if self.redis_url == f"unix://{path}" else None


def load_settings(**flags: Any) -> Settings:
    """Build the settings; addresses left open get the one-machine defaults inside the data directory.

    Raises SettingsError naming the variable that makes no sense.
    """
    given = {k: v for k, v in flags.items() if v is not None}
    try:
        first = Settings(**given)
        data_dir = first.data_dir.expanduser().absolute()
        stored = read_directory_file(data_dir)
        values: dict[str, Any] = {"data_dir": data_dir}
        for key, default in _defaults(data_dir).items():
            values[key] = given.get(key) or getattr(first, key) or stored.get(key) or default
        return Settings(**{**given, **values})
    except ValidationError as error:
        problem = error.errors()[0]
        name = "VANBAN_" + "_".join(str(part) for part in problem["loc"]).upper()
        raise SettingsError(f"{name}: {problem['msg']}. Correct the variable or the flag.", name=name) from error


def read_directory_file(data_dir: Path) -> dict[str, str]:
    """Return the engine and addresses that the data directory was last started with; empty where it never was."""
    path = data_dir / DIRECTORY_FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read ({error}). Restore it from a backup or delete it.") from error
    return {**_defaults(data_dir), **{k: str(stored[k]) for k in DIRECTORY_KEYS if stored.get(k)}}


def write_directory_file(settings: Settings) -> None:
    """Keep engine and addresses in the data directory, so that every later command finds them (atomic replace).

    What lies in the directory itself is left out: a directory that is copied or moved stands on its own.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / DIRECTORY_FILE
    elsewhere = {k: getattr(settings, k) for k, v in _defaults(settings.data_dir).items() if getattr(settings, k) != v}
    text = json.dumps(elsewhere, indent=2) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _defaults(data_dir: Path) -> dict[str, str]:
    return {
        "database_url": f"sqlite+aiosqlite:///{data_dir}/catalogue.sqlite3",
        "blobs_url": f"file://{data_dir}/blobs",
        "redis_url": f"unix://{_socket_path(data_dir)}",
        "index_url": f"embedded://{data_dir}/index",
    }


def _socket_path(data_dir: Path) -> Path:
    path = data_dir / "run" / "redis.sock"
    if len(os.fsencode(path)) < 100:  # sun_path holds 108 bytes
        return path
    return Path("/tmp") / f"vanban-{os.getuid()}-{zlib.crc32(os.fsencode(data_dir)):08x}" / "redis.sock"  # noqa: S108 - a short path is the point; the supervisor makes the folder with mode 700
