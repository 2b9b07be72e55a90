"""Coming in by the web: open mode, logins, one-time links, keys, and who is shown and let do what."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from services.app import create_app
from services.core.errors import SettingsError
from services.core.ids import new_id
from services.core.loopback import is_loopback
from services.core.model import Level, Role, Scope
from services.core.permits import ROLE_SCOPES
from services.web.admission import DeclaredRoute, declared
from services.web.cookies import HOST_ONLY, PLAIN, same_site_path
from tests.unit.web_support import HOST, House, P, open_house, settings_of

PASSWORD = "tám chữ này đủ dài"
PAGE = {"Accept": "text/html"}
OPEN = {"/healthz", "/readyz", "/login", "/invite/{token}"}


@pytest.fixture
async def open_one(tmp_path: Path) -> AsyncIterator[House]:
    """An archive without accounts."""
    async with open_house(tmp_path) as house:
        yield house


@pytest.fixture
async def house(open_one: House) -> House:
    """An archive with one account for each role, each named as its role."""
    for role in (Role.ADMINISTRATOR, *(set(Role) - {Role.ADMINISTRATOR})):
        await open_one.archive.users.add(P, str(role), role, Level.SECRET, password=PASSWORD)
    return open_one


def browser(house: House, base: str = HOST, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """Return a client of its own, with its own cookies."""
    transport = httpx.ASGITransport(house.app, raise_app_exceptions=False, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url=base, timeout=60)


@asynccontextmanager
async def logged_in(house: House, name: str = "reader") -> AsyncIterator[httpx.AsyncClient]:
    async with browser(house) as client:
        answer = await client.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


async def key_of(house: House, name: str, *scopes: Scope) -> dict[str, str]:
    made = await house.archive.keys.make(P, name, "thử", scopes or [Scope.READ])
    return {"Authorization": f"Bearer {made.key}"}


async def test_without_accounts_the_archive_is_open_to_this_machine_and_says_so_on_every_page(open_one: House) -> None:
    for path in ("/", "/search?q=", "/upload", "/users", "/progress", "/tasks", "/missing", "/no/such/page"):
        page = await open_one.client.get(path, headers=PAGE)
        assert page.text.count('class="open-mode"') == 1, path
    async with browser(open_one, address="10.0.0.7") as client:
        refused = await client.get("/api/v1/batches")
        assert refused.status_code == 401
        assert refused.json()["code"] == "no_account_yet"
        assert (await client.get("/healthz")).status_code == 200


async def test_the_first_account_is_made_on_the_page_and_closes_the_archive(open_one: House) -> None:
    form = {"name": "Quản trị", "role": "administrator", "clearance": "secret"}
    page = await open_one.client.post("/users", data=form)
    assert page.headers["cache-control"] == "no-store"
    link = re.search(r"http://localhost:8000(/invite/[\w-]+)", page.text)
    assert link
    async with browser(open_one) as client:
        assert (await client.get("/api/v1/batches")).status_code == 401
        asked = await client.get(link[1], headers=PAGE)
        assert "Quản trị" in asked.text
        assert asked.headers["referrer-policy"] == "no-referrer"
        differing = await client.post(link[1], data={"password": PASSWORD, "again": PASSWORD + "!"})
        assert differing.status_code == 422
        came = await client.post(link[1], data={"password": PASSWORD, "again": PASSWORD})
        assert (came.status_code, came.headers["location"]) == (303, "/")
        home = await client.get("/", headers=PAGE)
        assert "Quản trị" in home.text
        assert "open-mode" not in home.text
        assert (await client.get(link[1], headers=PAGE)).status_code == 404


async def test_with_accounts_nothing_but_the_doors_answers_a_stranger(house: House) -> None:
    asked = 0
    async with browser(house) as client:
        for context in iter_route_contexts(house.app.routes):
            route, path = context.original_route, context.path or ""
            if not isinstance(route, DeclaredRoute):
                continue
            address = re.sub(r"\{[a-z0-9_:]+\}", new_id(), path)
            for method in route.methods or ():
                answer = await client.request(method, address, content=b"x" * 100)
                if path in OPEN:
                    assert answer.status_code != 401, path
                    continue
                assert answer.status_code == 401, (method, path)
                assert answer.headers["www-authenticate"].startswith("Bearer")
                assert answer.json()["code"] == "unauthenticated"
                asked += 1
        assert (await client.get("/static/vanban.css")).status_code == 200
    assert asked > 130


@pytest.mark.parametrize("name", sorted(Role))
async def test_a_role_may_call_what_it_has_the_scope_for_and_nothing_else(house: House, name: str) -> None:
    tried = {True: 0, False: 0}
    async with logged_in(house, name) as client:
        for context in iter_route_contexts(house.app.routes):
            route, path = context.original_route, context.path or ""
            if not isinstance(route, DeclaredRoute) or path == "/logout" or path.endswith("/events"):
                continue
            scope = declared(route).scope
            address = re.sub(r"\{[a-z0-9_:]+\}", new_id(), path)
            for method in route.methods or ():
                may = scope is None or scope in ROLE_SCOPES[Role(name)]
                answer = await client.request(method, address)
                assert (answer.status_code == 403) is not may, (method, path, answer.text[:300])
                tried[may] += 1
    assert tried[True] > 60
    assert name == Role.ADMINISTRATOR or tried[False] > 20


async def test_a_browser_is_led_to_the_login_and_back_to_where_it_was(house: House) -> None:
    async with browser(house) as client:
        led = await client.get("/search?q=tiêm&kind=CV", headers=PAGE)
        assert led.status_code == 303
        login = await client.get(led.headers["location"], headers=PAGE)
        wanted = re.search(r'name="to" value="([^"]*)"', login.text)
        assert wanted
        form = {"name": "Reader", "password": PASSWORD, "to": wanted[1].replace("&amp;", "&")}
        back = await client.post("/login", data=form)
        assert back.headers["location"] == "/search?q=ti%C3%AAm&kind=CV"
        assert (await client.get(back.headers["location"], headers=PAGE)).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/search?q=a&kind=CV", "/search?q=a&kind=CV"), ("", "/"), ("//evil.example", "/"), ("///evil.example/x", "/"),
        ("https://evil.example/", "/"), ("/\\evil.example", "/"), ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("/login?to=/login", "/"), ("evil", "/"), ("http:/x", "/"),
    ],
)  # fmt: skip
def test_a_login_leads_nowhere_but_into_the_archive(wanted: str, path: str) -> None:
    assert same_site_path(wanted) == path


async def test_a_wrong_password_is_told_without_saying_what_was_wrong_and_soon_costs_time(house: House) -> None:
    async with browser(house) as client:
        known = await client.post("/login", data={"name": "reader", "password": "không phải"})
        unknown = await client.post("/login", data={"name": "ai đó", "password": "không phải"})
        assert known.status_code == unknown.status_code == 401
        assert known.text.replace("reader", "") == unknown.text.replace("ai đó", "")
        assert "set-cookie" not in known.headers
        for _ in range(4):
            await client.post("/login", data={"name": "reader", "password": "không phải"})
        waits = await client.post("/login", data={"name": "reader", "password": PASSWORD})
        assert waits.status_code == 429
        assert int(waits.headers["retry-after"]) >= 1


async def test_the_cookie_of_a_session_is_for_this_host_alone_and_not_for_scripts(house: House) -> None:
    form = {"name": "reader", "password": PASSWORD}
    async with browser(house) as client:
        plain = (await client.post("/login", data=form)).headers["set-cookie"]
    async with browser(house, "https://localhost:8000") as client:
        secure = (await client.post("/login", data=form)).headers["set-cookie"]
        assert (await client.get("/api/v1/batches", headers=PAGE)).status_code in (200, 403)
    assert plain.startswith(f"{PLAIN}=")
    assert secure.startswith(f"{HOST_ONLY}=")
    for cookie in (plain, secure):
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "domain" not in cookie.lower()
    assert "Secure" in secure.split("; ")
    assert "Secure" not in plain


async def test_no_password_travels_a_network_in_the_open(tmp_path: Path) -> None:
    async with open_house(tmp_path, allowed_hosts="kho.example") as house:
        await house.archive.users.add(P, "Lan", Role.ADMINISTRATOR, Level.SECRET, password=PASSWORD)
        async with browser(house, "http://kho.example", "10.0.0.7") as client:
            assert (await client.get("/login")).json()["code"] == "needs_https"
            refused = await client.post("/login", data={"name": "Lan", "password": PASSWORD})
            assert (refused.status_code, refused.json()["code"]) == (403, "needs_https")
        async with browser(house, "https://kho.example", "10.0.0.7") as client:
            assert (await client.post("/login", data={"name": "Lan", "password": PASSWORD})).status_code == 303


async def test_a_form_of_another_site_is_refused_with_a_session_too(house: House) -> None:
    async with logged_in(house, "administrator") as client:
        for path in ("/logout", "/users", "/account/keys", "/account/password", "/login"):
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                answer = await client.post(path, headers=headers, data={"name": "x"})
                assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), path
        assert (await client.get("/account", headers=PAGE)).status_code == 200


async def test_logging_out_ends_the_session_for_whoever_copied_the_cookie(house: House) -> None:
    async with logged_in(house) as client, browser(house) as thief:
        thief.cookies.set(PLAIN, client.cookies[PLAIN])
        assert (await thief.get("/api/v1/search")).status_code == 200
        shown = await client.get("/api/v1/search")
        assert shown.headers["cache-control"] == "private, no-cache"
        out = await client.post("/logout")
        assert out.headers["location"] == "/login"
        assert out.headers["clear-site-data"] == '"cache"'
        assert PLAIN not in client.cookies
        assert (await thief.get("/api/v1/search")).status_code == 401


async def test_the_page_of_ones_account_changes_the_password_and_ends_sessions(house: House) -> None:
    async with logged_in(house) as here, logged_in(house) as there:
        page = await here.get("/account", headers=PAGE)
        (other,) = re.findall(r"/account/sessions/([0-9a-f-]+)/end", page.text)
        assert (await here.post(f"/account/sessions/{other}/end")).status_code == 303
        assert (await there.get("/api/v1/search")).status_code == 401
        new = "một mật khẩu khác hẳn"
        for wrong in ({"old": "x", "new": new, "again": new}, {"old": PASSWORD, "new": new, "again": new + "x"}):
            assert (await here.post("/account/password", data=wrong)).status_code == 422
        before = here.cookies[PLAIN]
        changed = await here.post("/account/password", data={"old": PASSWORD, "new": new, "again": new})
        assert changed.status_code == 303
        assert here.cookies[PLAIN] != before
        assert (await here.get("/api/v1/search")).status_code == 200


async def test_a_key_is_shown_once_and_opens_what_it_is_for(house: House) -> None:
    async with logged_in(house, "integrator") as client:
        made = await client.post("/account/keys", data={"name": "đồng bộ", "scopes": ["read"], "days": "30"})
        assert made.headers["cache-control"] == "no-store"
        key = re.search(r"vbk_[\w-]{40,}", made.text)
        assert key
        page = await client.get("/account", headers=PAGE)
        assert key[0] not in page.text
        assert key[0][:10] in page.text
        assert (await client.post("/account/keys", data={"name": "x", "scopes": ["admin"]})).status_code == 422
        bearer = {"Authorization": f"Bearer {key[0]}"}
        async with browser(house) as program:
            assert (await program.get("/api/v1/search", headers=bearer)).status_code == 200
            refused = await program.post("/api/v1/batches", headers=bearer)
            assert (refused.status_code, refused.json()["params"]) == (403, {"scope": "upload"})
            assert (await program.get("/account", headers=bearer)).status_code == 403
        (id_,) = re.findall(r"/account/keys/([0-9a-f-]+)/revoke", page.text)
        assert (await client.post(f"/account/keys/{id_}/revoke")).status_code == 303
        async with browser(house) as program:
            gone = await program.get("/api/v1/search", headers=bearer)
            assert (gone.status_code, gone.json()["code"]) == (401, "bad_key")


async def test_a_wrong_key_is_not_made_up_for_by_a_session(house: House) -> None:
    async with logged_in(house) as client:
        assert (await client.get("/api/v1/search", headers={"Authorization": "Bearer vbk_x"})).status_code == 401
        assert (await client.get("/api/v1/search", headers={"Authorization": "Basic cHJveHk6eA=="})).status_code == 200


async def test_a_big_body_of_a_stranger_is_not_even_read(house: House) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(50):
            read += 1
            yield b"x" * 10_000

    async with browser(house) as client:
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await client.post("/api/v1/batches", content=body(), headers=headers)
    assert answer.status_code == 401
    assert read == 0


async def test_an_administrator_keeps_the_accounts_on_the_pages(house: House) -> None:
    async with logged_in(house, "administrator") as admin, logged_in(house) as reader:
        assert "/users/archivist" in (await admin.get("/users", headers=PAGE)).text
        link = await admin.post("/users", data={"name": "Lan Anh", "role": "archivist", "clearance": "internal"})
        assert re.search(r"/invite/[\w-]{40,}", link.text)
        again = await admin.post("/users", data={"name": "lan anh", "role": "reader", "clearance": "internal"})
        assert again.status_code == 422
        assert (await admin.post("/users/Lan%20Anh/invite")).status_code == 200
        some = {"role": "reader", "clearance": "public", "collections": "y-te, tài chính"}
        assert (await admin.post("/users/reader", data=some)).status_code == 303
        changed = await admin.post("/users/reader", data={"role": "archivist", "clearance": "public"})
        assert changed.status_code == 303
        assert 'value="tài chính, y-te"' in (await admin.get("/users/reader", headers=PAGE)).text
        assert "tài chính, y-te" in (await reader.get("/account", headers=PAGE)).text
        wrong = await admin.post("/users/reader", data={**some, "collections": " , "})
        assert wrong.status_code == 422
        assert "sưu tập, mỗi tên" in wrong.text
        assert (await reader.get("/upload", headers=PAGE)).status_code == 200
        assert (await admin.post("/users/reader/log-out")).status_code == 303
        assert (await reader.get("/upload")).status_code == 401
        assert (await admin.post("/users/administrator/disable")).status_code == 409
        assert (await admin.post("/users/integrator/disable")).status_code == 303
        key = await key_of(house, "archivist")
        shown = await admin.get("/users/archivist", headers=PAGE)
        (id_,) = re.findall(r"/users/archivist/keys/([0-9a-f-]+)/revoke", shown.text)
        assert (await admin.post(f"/users/archivist/keys/{id_}/revoke")).status_code == 303
        assert (await reader.get("/api/v1/search", headers=key)).status_code == 401


async def test_people_are_shown_only_what_they_may_do(house: House) -> None:
    house.client.headers.update(await key_of(house, "administrator", *(set(Scope) - {Scope.ACCOUNT})))
    document = await house.seed(["Số: 12/SYT-NV", "V/v tiêm vắc xin"])
    pages = ("/", f"/documents/{document}", "/dossiers", "/registers", "/tasks", "/searches", "/missing", "/search?q=")
    doors = ("/upload", "/review", "/trash", "/rescan", "/dossiers", "/users", "/webhooks", "/registers", "/aliases")
    seen: dict[str, set[str]] = {}
    for role in Role:
        async with logged_in(house, role) as client:
            texts = [(await client.get(path, headers=PAGE)).text for path in pages]
        actions = {action for text in texts for action in re.findall(r'(?:method="post" action|href)="([^"?#]+)', text)}
        seen[role] = {door for door in doors if any(action.endswith(door) for action in actions)}
        assert not [text for text in texts if "open-mode" in text]
    assert seen[Role.ADMINISTRATOR] == set(doors)
    assert seen[Role.ARCHIVIST] == set(doors) - {"/users", "/webhooks"}
    assert seen[Role.READER] == {"/dossiers", "/registers"}
    assert seen[Role.INTEGRATOR] == {"/dossiers", "/registers", "/upload", "/webhooks"}


async def test_what_people_do_is_written_down_with_name_and_address(house: House) -> None:
    bearer = await key_of(house, "archivist", Scope.UPLOAD)
    async with browser(house, address="10.0.0.9") as program:
        batch = (await program.post("/api/v1/batches", headers=bearer)).json()["id"]
    (event, *_) = (await house.archive.events.list(P, subject_id=batch)).items
    assert (event.who, event.address) == ("archivist", "10.0.0.9")
    assert event.origin.startswith("key vbk_")


async def test_no_log_has_the_token_of_a_link(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = (await house.archive.users.invite(P, "reader")).token

    async def broken(token: str) -> None:
        raise RuntimeError

    monkeypatch.setattr(house.archive.users, "invited", broken)
    with caplog.at_level(logging.DEBUG):
        async with browser(house) as client:
            assert (await client.get(f"/invite/{token}")).status_code == 500
    ours = [record for record in caplog.records if record.name.startswith("services")]
    assert ours
    assert not [record for record in ours if token in record.getMessage()]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "kho.example"])
async def test_no_server_listens_beyond_this_machine_before_there_is_an_account(tmp_path: Path, host: str) -> None:
    app = create_app(settings_of(tmp_path, host=host))
    with pytest.raises(SettingsError) as refused:
        async with app.router.lifespan_context(app):
            pass
    assert refused.value.code == "no_account_yet"
    assert "vanban user add" in str(refused.value)


def test_loopback_is_this_machine_alone() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "kho.example", "", None, "localhost.evil.example")))
