"""`vanban user` and `vanban key` on an archive of their own."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from services.cli.exits import EXIT_CODES
from services.cli.main import execute
from services.core.errors import ConflictError, InvalidInputError, NotFoundError, SettingsError
from services.core.settings import load_settings
from workers import local, supervisor
from workers.state import running

PASSWORD = "tám chữ này đủ dài"


def test_accounts_and_keys_are_kept_at_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANBAN_PUBLIC_URL", "https://kho.example/")
    data = ["--data-dir", str(tmp_path)]

    def out(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert execute([*arguments, *data]) == code
        return capsys.readouterr().out

    assert out("user", "add", "Lan", "--role", "reader", code=EXIT_CODES[InvalidInputError]) == ""
    link = out("user", "add", "Lan")
    assert re.fullmatch(r"https://kho\.example/invite/[\w-]{43}\n", link)
    assert out("user", "reset", "lan") != link
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    out("user", "add", "Minh", "--role", "integrator", "--clearance", "restricted", "--password-stdin")
    assert out("user", "list").splitlines() == [
        "Lan                       administrator  secret      has no password yet",
        "Minh                      integrator     restricted",
    ]
    confined = out("user", "role", "Minh", "--collections", "y-te, tài chính")
    assert confined == "Minh                      integrator     restricted  tài chính, y-te\n"
    assert out("user", "role", "Minh", "--collections", "*").endswith("restricted\n")
    assert out("user", "role", "Minh", "--collections", "", code=EXIT_CODES[InvalidInputError]) == ""
    assert out("user", "disable", "Lan", code=EXIT_CODES[ConflictError]) == ""
    assert "disabled" in out("user", "disable", "Minh")
    assert "archivist      secret" in out("user", "role", "Minh", "--role", "archivist", "--clearance", "secret")
    assert "disabled" not in out("user", "enable", "Minh")
    monkeypatch.setattr("sys.stdin", io.StringIO("ngắn\n"))
    out("user", "password", "Minh", code=EXIT_CODES[InvalidInputError])
    assert out("user", "sessions", "Minh", "--end", "all") == ""
    assert "user.enabled" in out("audit", "list", "--limit", "1")
    key = out("key", "add", "Minh", "--for", "đồng bộ", "--scope", "read", "--scope", "upload").strip()
    assert re.fullmatch(r"vbk_[\w-]{43}", key)
    (listed,) = json.loads(out("key", "list", "Minh", "--json"))
    assert (listed["scopes"], key.startswith(listed["prefix"])) == (["read", "upload"], True)
    out("key", "revoke", listed["prefix"])
    assert "revoked" in out("key", "list", "Minh")
    out("key", "revoke", listed["prefix"], code=EXIT_CODES[NotFoundError])
    out("key", "add", "Minh", "--for", "x", "--scope", "admin", code=EXIT_CODES[InvalidInputError])


@pytest.mark.parametrize(
    "arguments",
    ["user add", "user list x", "user burn x", "key add Lan", "user role x --role king"],
)
def test_wrong_usage_is_code_two(arguments: str, tmp_path: Path) -> None:
    assert execute([*arguments.split(), "--data-dir", str(tmp_path / "data")]) == 2
    assert not (tmp_path / "data").exists()


async def test_up_does_not_listen_beyond_this_machine_without_an_account(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, host="0.0.0.0", port=local.free_port())
    with pytest.raises(SettingsError, match="vanban user add"):
        await supervisor._up(settings, None, sample=False)
    assert running(settings) is None
