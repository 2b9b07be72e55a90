"""Ask every operation of the OpenAPI document with right and wrong data, alone and in sequences: schemathesis.

`python -m tests.bench.schema --examples 100 --seed 7` runs at length and prints what breaks; a small run is part of CI
(tests/integration/test_schema.py). The archive is a new one with a few documents, the caller an administrator's key.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from services.core.model import Level, Role, Scope
from tests.loopback import on_loopback
from tests.servers import ROOT
from tests.unit.web_support import PDF, House, P

CONFIG = Path(__file__).with_name("schemathesis.toml")
_LINES = (
    "ỦY BAN NHÂN DÂN",
    "TỈNH LAI CHÂU",
    "Số: 3127/UBND-KGVX",
    "Lai Châu, ngày 14 tháng 9 năm 2021",
    "V/v tiêm vắc xin phòng Covid-19",
    "Kính gửi: Sở Y tế",
    "Căn cứ Công văn số 7415/BYT-DP ngày 10 tháng 9 năm 2021 của Bộ Y tế",
    "Ủy ban nhân dân tỉnh yêu cầu Sở Y tế báo cáo trước ngày 20 tháng 9 năm 2021",
)


async def filled(house: House) -> str:
    """Put a few documents and a failed file into an archive, close it with an account, and return a key to it."""
    for number in range(3):
        await house.seed([*_LINES, f"Bản số {number}"], f"{number}.pdf", pages=2)
    await house.send({"rong.pdf": b"", "cho.pdf": PDF + b"waits"})
    await house.archive.users.add(P, "Quản trị", Role.ADMINISTRATOR, Level.SECRET, password="mat khau dai va la")
    scopes = set(Scope) - {Scope.ACCOUNT}
    return (await house.archive.keys.make(P, "Quản trị", "schema", scopes)).key


def ask_everything(
    folder: Path, *, examples: int, seed: int, seconds: float = 3600
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis on a new archive in `folder`; exit code 0: nothing breaks."""
    with on_loopback(folder, filled) as server:
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
        command += [f"{server.url}/api/v1/openapi.json", "-H", f"Authorization: Bearer {server.prepared}"]
        command += ["--seed", str(seed), "--max-examples", str(examples), "--no-color"]
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=seconds,
        )


def main() -> int:
    """Run at length and print what breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=50, help="requests an operation")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vanban-schema-") as folder:
        done = ask_everything(Path(folder), examples=options.examples, seed=options.seed)
    print(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
