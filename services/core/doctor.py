"""What the machine has of what vanban needs: `vanban doctor`, and the hints of deploy/."""

import asyncio
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from services.core import landlock
from services.core.model import Model
from services.core.sandbox import SandboxLimits, run_sandboxed
from services.core.settings import Settings

_ROOT = Path(__file__).resolve().parents[2]
_OPENSEARCH_START = _ROOT / "deploy" / "opensearch-local" / "start.sh"
_FREE_BYTES = 2_000_000_000
_SECONDS = 20
_FULL_LANDLOCK = 6


class Check(Model):
    """One thing that was looked for: what was found, and the one line that puts it right."""

    name: str
    state: Literal["ok", "optional", "missing"]
    found: str
    fix: str | None = None


def examine(settings: Settings) -> list[Check]:
    """Look for everything; never raises, and changes nothing but a file it writes and removes in the data directory."""
    looks: list[Callable[[], Check]] = [
        _python,
        _libraries,
        _tesseract,
        _poppler,
        _handwriting,
        lambda: _redis(settings),
        _sandbox,
        _landlock,
        lambda: _data_directory(settings),
        lambda: _disk(settings),
        lambda: _opensearch(settings),
    ]
    return [look() for look in looks]


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check(name="python", state="ok", found=f"{version}, {sys.executable}")


def _libraries() -> Check:
    wanted = [line for line in importlib.metadata.requires("vanban") or () if "extra ==" not in line]
    names = [re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0] for line in wanted]
    lacking = [name for name in names if _version(name) is None]
    if lacking:
        return Check(name="python libraries", state="missing", found=", ".join(lacking), fix="deploy/setup.sh")
    shown = ", ".join(f"{name} {_version(name)}" for name in ("pytesseract", "pdf2image", "tantivy", "opensearch-py"))
    return Check(name="python libraries", state="ok", found=f"{len(names)} there: {shown}, ...")


def _tesseract() -> Check:
    fix = "apt-get install tesseract-ocr tesseract-ocr-vie"
    version = _output("tesseract", "--version")
    if version is None:
        return Check(name="tesseract", state="missing", found="not installed", fix=fix)
    languages = (_output("tesseract", "--list-langs") or "").split()
    if "vie" not in languages:
        found = f"{_first(version)}, without Vietnamese"
        return Check(name="tesseract", state="missing", found=found, fix="apt-get install tesseract-ocr-vie")
    return Check(name="tesseract", state="ok", found=f"{_first(version)}, Vietnamese")


def _poppler() -> Check:
    versions = {program: _output(program, "-v") for program in ("pdftoppm", "pdfinfo")}
    lacking = [program for program, version in versions.items() if version is None]
    if lacking:
        found = f"{', '.join(lacking)} not installed"
        return Check(name="poppler", state="missing", found=found, fix="apt-get install poppler-utils")
    return Check(name="poppler", state="ok", found=_first(versions["pdftoppm"] or ""))


def _handwriting() -> Check:
    versions = {name: _version(name) for name in ("onnxruntime", "rapidocr")}
    lacking = [name for name, version in versions.items() if version is None]
    if lacking:
        found = f"{', '.join(lacking)} not installed: numbers written by pen are left for people"
        return Check(name="handwriting", state="optional", found=found, fix="deploy/setup.sh --handwriting")
    found = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Check(name="handwriting", state="ok", found=found)


def _redis(settings: Settings) -> Check:
    version = _output("redis-server", "--version")
    if version is not None:
        return Check(name="redis-server", state="ok", found=_first(version).split(" sha=")[0])
    if settings.private_redis_socket is None:
        return Check(name="redis-server", state="optional", found="not installed; VANBAN_REDIS_URL names another one")
    fix = "apt-get install redis-server, then systemctl disable --now redis-server (vanban starts its own)"
    return Check(name="redis-server", state="missing", found="not installed", fix=fix)


def _sandbox() -> Check:
    """Start the real launcher around a program that does nothing."""
    limits = SandboxLimits(memory_bytes=1_000_000_000, cpu_seconds=10, file_bytes=1_000_000)
    done = asyncio.run(run_sandboxed(["true"], limits, wall_seconds=_SECONDS))
    if done.returncode:
        found = _first(done.stderr.decode(errors="replace")) or f"exit code {done.returncode}"
        fix = "in a container: allow seccomp filters (Docker's default profile does)"
        return Check(name="sandbox", state="missing", found=found, fix=fix)
    return Check(name="sandbox", state="ok", found="limits and seccomp filter work")


def _landlock() -> Check:
    version = landlock.abi()
    fix = f"Linux 6.12 or newer, with landlock in /sys/kernel/security/lsm (it has ABI {_FULL_LANDLOCK})"
    if not version:
        found = "not in force: a reader that a hostile file breaks into can read what you can"
        return Check(name="landlock", state="optional", found=found, fix=fix)
    found = f"ABI {version}: readers see no files but the one they read"
    if version < _FULL_LANDLOCK:
        return Check(name="landlock", state="optional", found=f"{found}; they can signal other processes", fix=fix)
    return Check(name="landlock", state="ok", found=f"{found}, and reach no other process")


def _data_directory(settings: Settings) -> Check:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        fix = "choose another one with VANBAN_DATA_DIR, or change its owner"
        return Check(name="data directory", state="missing", found=f"{folder}: {error.strerror}", fix=fix)
    made = "" if folder == settings.data_dir else " (will be made)"
    return Check(name="data directory", state="ok", found=f"{settings.data_dir}{made}, engine {settings.engine}")


def _disk(settings: Settings) -> Check:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free"
    if free < _FREE_BYTES:
        return Check(
            name="disk space", state="missing", found=found, fix="free 2 GB, or choose another VANBAN_DATA_DIR"
        )
    return Check(name="disk space", state="ok", found=found)


def _opensearch(settings: Settings) -> Check:
    name = "opensearch (local)"
    needed = settings.engine == "opensearch" and (settings.data_dir / "opensearch").is_dir()
    state: Literal["optional", "missing"] = "missing" if needed else "optional"
    if not _OPENSEARCH_START.is_file():
        return Check(name=name, state=state, found="deploy/opensearch-local is not beside the program")
    try:
        done = subprocess.run(
            ["bash", str(_OPENSEARCH_START), "--check"], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Check(name=name, state=state, found=str(error))
    if done.returncode:
        fix = "deploy/up.sh --engine opensearch (only for that engine)"
        return Check(name=name, state=state, found=_first(done.stderr), fix=fix)
    return Check(name=name, state="ok", found=_first(done.stdout))


def _output(program: str, *arguments: str) -> str | None:
    """Return what a program says of itself, None where it is not there or does not run."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return None if done.returncode in {126, 127} else done.stdout + done.stderr


def _first(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
