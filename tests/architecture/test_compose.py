"""deploy/compose.yaml and the Dockerfile hold what they promise; needs no container engine."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.core.settings import Limits, ReaderSettings, Settings, load_settings
from workers import local

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"web", "read", "record", "index", "dispatch", "notify"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_pinned_and_is_not_root(name: str) -> None:
    service = SERVICES[name]
    image, _, tag = service["image"].partition(":")
    assert image
    assert tag not in ("", "latest")
    assert service["user"].split(":")[0] not in ("0", "root")
    assert service["restart"] == "unless-stopped"


def test_all_parts_are_there() -> None:
    assert set(SERVICES) == OURS | {"postgres", "redis", "opensearch"}
    assert SERVICES["opensearch"]["image"] == "opensearchproject/opensearch:3.8.0"


def test_what_is_waited_for_has_a_health_check() -> None:
    for name, service in SERVICES.items():
        assert "healthcheck" in service or name in {"dispatch", "notify"}
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in SERVICES[other]


def test_volumes_and_networks_are_declared_and_used() -> None:
    volumes = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert volumes == set(COMPOSE["volumes"])
    networks = {network for service in SERVICES.values() for network in service["networks"]}
    assert networks == set(COMPOSE["networks"])


def test_only_the_web_port_is_published_and_only_on_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"web"}
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    assert COMPOSE["networks"]["backend"] == {"internal": True}


def test_opensearch_runs_with_its_security_plugin_and_a_password_from_outside() -> None:
    environment = SERVICES["opensearch"]["environment"]
    assert not any("DISABLE" in key.upper() or "plugins.security.disabled" in key for key in environment)
    assert environment["OPENSEARCH_INITIAL_ADMIN_PASSWORD"].startswith("${OPENSEARCH_PASSWORD:?")
    assert SERVICES["web"]["environment"]["VANBAN_INDEX_URL"].startswith("https://")


def test_every_variable_of_ours_is_a_setting() -> None:
    known = {f"VANBAN_{name}".upper() for name in Settings.model_fields}
    known |= {f"VANBAN_READER_{name}".upper() for name in ReaderSettings.model_fields}
    known |= {f"VANBAN_LIMIT_{name}".upper() for name in Limits.model_fields}
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert set(re.findall(r"VANBAN_\w+(?==)", dockerfile)) <= known


def test_commands_name_modules_that_exist() -> None:
    modules = [s["command"][2] for s in SERVICES.values() if s.get("command", [""])[0] == "python"]
    modules += [s["healthcheck"]["test"][3] for n, s in SERVICES.items() if n in {"read", "record", "index"}]
    assert set(modules) == {"workers.run", "workers.health"}
    assert all(importlib.util.find_spec(module) for module in modules)
    assert all(SERVICES[role]["command"][3] == role for role in OURS - {"web"})


def test_the_image_is_built_from_hashes_and_runs_as_nobody_special() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    installs = [line for line in dockerfile.splitlines() if re.search(r"pip install", line)]
    assert installs
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)
    assert "tesseract-ocr-vie" in dockerfile


def test_the_web_server_writes_no_access_log() -> None:
    assert "--no-access-log" in SERVICES["web"]["command"]
    assert '"--no-access-log"' in (DEPLOY / "Dockerfile").read_text()
    assert "--no-access-log" in local.web_program(load_settings()).argv
