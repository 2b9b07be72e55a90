"""Errors of the API: each is a problem (RFC 9457), none says more than it should."""

from __future__ import annotations

import errno
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from services.app import STATUS, create_app
from services.core.errors import VanbanError
from services.core.ids import new_id
from services.core.messages import reason_sentences
from services.core.model import JSON
from services.core.settings import Limits
from services.web.middleware import SECURITY_HEADERS
from services.web.openapi import properties
from tests.unit.web_support import HOST, House, open_house, settings_of


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, limits=Limits(request_bytes=200_000)) as house:
        yield house


def every_class(root: type[VanbanError]) -> Iterator[type[VanbanError]]:
    yield root
    for child in root.__subclasses__():
        yield from every_class(child)


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code", "params"} <= set(problem)
    assert problem["status"] == status
    assert problem["type"] == f"urn:vanban:problem:{problem['code']}"
    assert problem["detail"]
    if code:
        assert problem["code"] == code
    for name in SECURITY_HEADERS:
        assert name in answer.headers


def test_every_error_class_of_the_product_has_its_own_row_in_the_table() -> None:
    ours = {kind for kind in every_class(VanbanError) if kind.__module__.startswith(("services.", "workers."))}
    assert ours <= set(STATUS)


def test_every_error_code_has_a_sentence_in_both_languages() -> None:
    for kind in STATUS:
        assert kind.code in reason_sentences("vi"), kind
        assert kind.code in reason_sentences("en"), kind


async def test_every_call_on_a_thing_that_is_not_there_is_a_problem(house: House) -> None:
    paths = house.app.openapi()["paths"]
    asked = 0
    for path, calls in paths.items():
        if "_id}" not in path:
            continue
        address = (
            path.replace("{alias_id}", "1")
            .replace("{correction_id}", "1")
            .replace("{number}", "1")
            .replace("{sha256}", "0" * 64)
        )
        address = re.sub(r"\{[a-z_]*_id\}", new_id(), address)
        for method in calls:
            body: JSON = {"priority": 1} if path.endswith("{batch_id}") else {}
            body = [{"first_page": 1, "last_page": 1}] if method == "put" and path.endswith("/documents") else body
            body = {"same": False} if method == "put" and "/near-duplicates/" in path else body
            headers = {"If-Match": '"1-done"'}
            answer = await house.client.request(
                method, address, params={"name": "x.pdf"}, json=body or None, headers=headers
            )
            if path.endswith("/replace"):
                answer = await house.client.post(address, files={"file": ("x.pdf", b"%PDF-1.4")})
            if method == "patch" and not path.endswith("{batch_id}"):
                said = {"done": True} if "/tasks/" in path else {"symbol": "1/A"}
                said = {"access": "internal"} if path.endswith("/documents/{document_id}") else said
                said = {} if "/searches/" in path or "/webhooks/" in path else said
                answer = await house.client.patch(address, json=said, headers=headers)
            assert_problem(answer, 404, "not_found")
            asked += 1
    assert asked > 20


async def test_an_unknown_address_and_a_wrong_method_are_problems(house: House) -> None:
    assert_problem(await house.client.get("/api/v1/nothing"), 404, "not_found")
    wrong = await house.client.put("/api/v1/search")
    assert_problem(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET"
    several = await house.client.request("OPTIONS", "/api/v1/batches")
    assert_problem(several, 405, "method_not_allowed")
    assert several.headers["allow"] == "GET, POST"


async def test_a_value_that_makes_no_sense_is_named(house: House) -> None:
    answer = await house.client.get("/api/v1/search", params={"limit": 1000, "sort": "best"})
    assert_problem(answer, 422, "invalid_input")
    assert {tuple(error["where"]) for error in answer.json()["errors"]} == {("query", "limit"), ("query", "sort")}


@pytest.mark.parametrize("cursor", ["x", "WyJ4IiwieSIsInoiXQ", "💥", "a" * 900])
@pytest.mark.parametrize("address", ["/api/v1/changes", "/api/v1/batches", "/api/v1/search"])
async def test_a_cursor_that_we_never_gave_is_a_problem(house: House, address: str, cursor: str) -> None:
    assert_problem(await house.client.get(address, params={"cursor": cursor}), 422)


async def test_a_body_over_the_limit_is_a_problem_in_every_way_of_sending_it(house: House) -> None:
    big = b"x" * 300_000
    assert_problem(await house.client.post("/api/v1/batches", files=[("files", ("a.pdf", big))]), 413, "too_large")

    async def without_length() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 10_000

    batch = (await house.client.post("/api/v1/batches")).json()["id"]
    address = f"/api/v1/batches/{batch}/files/{'0' * 64}?name=a.pdf"
    assert_problem(await house.client.put(address, content=without_length()), 413, "too_large")


async def test_an_error_that_nobody_foresaw_tells_nothing_of_itself(tmp_path: Path) -> None:
    app = create_app(settings_of(tmp_path))

    @app.get("/api/v1/boom")
    async def boom() -> None:
        raise RuntimeError("password=hunter2")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
        answer = await client.get("/api/v1/boom")
    assert_problem(answer, 500, "internal")
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("number", "status", "code"), [(errno.ENOSPC, 507, "disk_full"), (errno.EMFILE, 503, "unavailable")]
)
async def test_an_upload_that_cannot_be_kept_says_so_and_takes_in_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, number: int, status: int, code: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, "spool", "/tmp/secret-name")

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", full)
    answer = await house.client.post("/api/v1/batches", files=[("files", ("a.pdf", b"%PDF-1.4"))])
    assert_problem(answer, status, code)
    assert "secret-name" not in answer.text
    assert (await house.client.get("/api/v1/batches")).json()["items"] == []


async def test_a_problem_speaks_the_language_of_the_request(house: House) -> None:
    address = f"/api/v1/batches/{new_id()}"
    vietnamese = (await house.client.get(address)).json()
    english = (await house.client.get(address, headers={"Accept-Language": "en"})).json()
    assert vietnamese["detail"] != english["detail"]


async def test_a_foreign_host_name_is_refused_but_for_the_probes(house: House) -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.nip.example:8000"):
        assert_problem(await house.client.get("/api/v1/batches", headers={"Host": host}), 421, "foreign_host")
    for host in ("localhost:1234", "127.0.0.1", "[::1]:8000"):
        assert (await house.client.get("/api/v1/batches", headers={"Host": host})).status_code == 200
    assert (await house.client.get("/healthz", headers={"Host": "10.0.0.7"})).status_code == 200


@pytest.mark.parametrize("address", ["/api/v1/batches", "/upload"])
async def test_a_write_from_a_page_of_another_site_is_refused(house: House, address: str) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        answer = await house.client.post(address, headers=headers, files=[("files", ("a.pdf", b"%PDF-1.4"))])
        assert_problem(answer, 403, "foreign_origin")
    assert (await house.client.get("/api/v1/batches")).json()["items"] == []


async def test_every_field_of_every_shape_has_words_and_an_example(house: House) -> None:
    document = house.app.openapi()
    assert document["openapi"].startswith("3.1")
    for shape, field, schema in properties(document):
        assert schema.get("description"), (shape, field)
        told = schema.get("examples") or "$ref" in schema or "anyOf" in schema or "$ref" in schema.get("items", {})
        assert told or schema.get("type") == "array", (shape, field)
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            assert call.get("description"), (method, path)
            for parameter in call.get("parameters", []):
                assert parameter.get("description"), (method, path, parameter["name"])


async def test_probes_and_metrics_answer(house: House) -> None:
    assert (await house.client.get("/healthz")).json()["status"] == "ok"
    ready = await house.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["dependencies"] == {"archive": "ok", "engine": "ok", "synonyms": "ok"}
    await house.client.get("/no/such/page")
    text = (await house.client.get("/metrics")).text
    assert 'vanban_items{state="failed"} 0' in text
    assert "vanban_documents 0" in text
    assert 'vanban_http_requests_total{method="GET",route="/readyz",status="200"} 1' in text
    assert 'route="(none)",status="404"' in text


async def test_a_dependency_that_does_not_answer_is_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> None:
        from services.core.errors import UnavailableError

        raise UnavailableError

    monkeypatch.setattr(house.site.engine, "ping", away)
    answer = await house.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "dependencies": {"archive": "ok", "engine": "unavailable", "synonyms": "ok"},
    }


async def test_damaged_synonyms_are_told_and_searches_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("same: [[alpha, beta]]")
    monkeypatch.setenv("VANBAN_SYNONYMS_FILE", str(own))
    async with open_house(tmp_path) as house:
        own.write_text("same: [[alpha, beta")
        answer = await house.client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["dependencies"]["synonyms"] == "stale"
        assert (await house.client.get("/api/v1/search", params={"q": "alpha"})).status_code == 200
