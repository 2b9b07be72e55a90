"""Accounts over both catalogues: links, logins, sessions, keys, and what failing costs."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from sqlalchemy import select, update

from services.archive import Archive
from services.archive.accounts import passwords, throttle
from services.archive.accounts import sessions as session_rules
from services.archive.schema import api_keys, invitations, login_attempts, saved_searches, sessions, users
from services.core.accounts import User
from services.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    StorageFullError,
    ThrottledError,
    UnauthenticatedError,
)
from services.core.hooks import HookEvent, HookState
from services.core.model import DossierForm, Level, Principal, Role, Scope
from services.core.permits import ROLE_SCOPES
from services.core.settings import Settings
from tests.contract.archive.archive_play import ME

PASSWORD = "tám chữ này đủ dài"
OTHER = "một mật khẩu khác hẳn"


async def made(archive: Archive, name: str = "Lan", role: Role = Role.READER, level: Level = Level.INTERNAL) -> User:
    """Make an account with a password, after that of the first administrator."""
    if not await archive.users.exist():
        await archive.users.add(ME, "Quản trị", Role.ADMINISTRATOR, Level.SECRET, password=PASSWORD)
    return await archive.users.add(ME, name, role, level, password=PASSWORD)


async def logged_in(archive: Archive, name: str = "Lan") -> tuple[str, Principal]:
    token = (await archive.sessions.log_in(name, PASSWORD, address="10.0.0.7", agent="Firefox")).token
    p = await archive.sessions.who(token, "10.0.0.7")
    assert p is not None
    return token, p


async def past(archive: Archive, table: object, **values: object) -> None:
    """Set times of all rows of a table."""
    async with archive._database.write(ME) as tx:
        await tx.conn.execute(update(table).values(**values))  # type: ignore[arg-type]


def ago(**span: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(**span)


async def test_the_first_account_is_an_administrators_and_comes_in_by_a_link_that_works_once(archive: Archive) -> None:
    assert not await archive.users.exist()
    with pytest.raises(InvalidInputError) as refused:
        await archive.users.add(ME, "Lan", Role.READER, Level.PUBLIC)
    assert refused.value.code == "first_administrator"
    first = await archive.users.add(ME, "  Nguyễn   Thị Lan ", Role.ADMINISTRATOR, Level.SECRET)
    assert (first.name, first.has_password) == ("Nguyễn Thị Lan", False)
    assert await archive.users.exist()
    replaced = await archive.users.invite(ME, first.name)
    link = await archive.users.invite(ME, "nguyễn thị LAN")
    with pytest.raises(NotFoundError):
        await archive.users.invited(replaced.token)
    assert await archive.users.invited(link.token) == first
    with pytest.raises(InvalidInputError) as refused:
        await archive.users.accept(link.token, "ngắn quá")
    assert refused.value.code == "weak_password"
    assert (await archive.users.accept(link.token, PASSWORD)).has_password
    with pytest.raises(NotFoundError) as gone:
        await archive.users.accept(link.token, OTHER)
    assert gone.value.code == "invitation_gone"
    _, p = await logged_in(archive, first.name)
    assert (p.role, p.scopes, p.access) == (Role.ADMINISTRATOR, frozenset(Scope), Level.SECRET.and_below())


async def test_a_link_is_over_with_its_time(archive: Archive) -> None:
    await archive.users.add(ME, "Lan", Role.ADMINISTRATOR, Level.SECRET)
    link = await archive.users.invite(ME, "Lan")
    await past(archive, invitations, expires_at=ago(seconds=1))
    with pytest.raises(NotFoundError):
        await archive.users.accept(link.token, PASSWORD)


async def test_names_are_one_whatever_their_capitals_and_never_the_machines_own(archive: Archive) -> None:
    await made(archive, "Lan")
    for name in ("LAN", " lan "):
        with pytest.raises(ConflictError):
            await archive.users.add(ME, name, Role.READER, Level.PUBLIC)
    for name in ("", "   ", "Local", "worker", "x" * 65, "a\u202eb", "a\x00"):
        with pytest.raises(InvalidInputError):
            await archive.users.add(ME, name, Role.READER, Level.PUBLIC)


async def test_only_an_administrator_touches_accounts(archive: Archive) -> None:
    await made(archive)
    await made(archive, "Minh", Role.ARCHIVIST)
    _, p = await logged_in(archive)
    users_, sessions_, keys = archive.users, archive.sessions, archive.keys
    refused = [
        users_.add(p, "Hoa", Role.READER, Level.PUBLIC),
        users_.invite(p, "Minh"),
        users_.list(p),
        users_.get(p, "Minh"),
        users_.change(p, "Lan", role=Role.ADMINISTRATOR),
        users_.change(p, "Lan", clearance=Level.SECRET),
        users_.set_password(p, "Lan", OTHER),
        sessions_.list(p, "Minh"),
        sessions_.end_all(p, "Minh"),
        keys.list(p, "Minh"),
        keys.make(p, "Minh", "mượn", [Scope.READ]),
    ]
    for call in refused:
        with pytest.raises(ForbiddenError):
            await call
    assert (await archive.users.get(p, "Lan")).role is Role.READER


async def test_a_session_knows_its_user_until_it_is_over(archive: Archive) -> None:
    await made(archive)
    token, p = await logged_in(archive)
    assert (p.name, p.role, p.address) == ("Lan", Role.READER, "10.0.0.7")
    assert p.access == {"public", "internal"}
    assert p.scopes == ROLE_SCOPES[Role.READER]
    assert await archive.sessions.who(token + "x") is None
    assert await archive.sessions.who("") is None
    await past(archive, sessions, seen_at=ago(hours=1))
    assert await archive.sessions.who(token) is not None
    (session,) = await archive.sessions.list(p, "Lan", token=token)
    assert session.seen_at > ago(minutes=1)
    assert (session.address, session.agent, session.current) == ("10.0.0.7", "Firefox", True)
    await past(archive, sessions, seen_at=ago(hours=13))
    assert await archive.sessions.who(token) is None
    await past(archive, sessions, seen_at=ago(hours=0), expires_at=ago(seconds=1))
    assert await archive.sessions.who(token) is None
    assert await archive.sessions.list(p, "Lan") == []


async def test_sessions_end_one_by_one_all_at_once_and_by_logging_out(archive: Archive) -> None:
    await made(archive)
    await made(archive, "Minh")
    (mine, p), (other, _), (his, him) = [await logged_in(archive, name) for name in ("Lan", "Lan", "Minh")]
    listed = await archive.sessions.list(p, "Lan", token=mine)
    assert [session.current for session in listed] == [False, True]
    with pytest.raises(ForbiddenError):
        await archive.sessions.end(him, listed[0].id)
    await archive.sessions.end(p, listed[0].id)
    assert await archive.sessions.who(other) is None
    with pytest.raises(NotFoundError):
        await archive.sessions.end(p, listed[0].id)
    await archive.sessions.log_out(p, mine)
    assert await archive.sessions.who(mine) is None
    assert await archive.sessions.end_all(ME, "Minh") == 1
    assert await archive.sessions.who(his) is None


async def test_a_new_password_ends_every_session_and_the_old_one_is_asked_for(archive: Archive) -> None:
    await made(archive)
    token, p = await logged_in(archive)
    with pytest.raises(InvalidInputError) as refused:
        await archive.users.change_password(p, OTHER, OTHER)
    assert refused.value.code == "old_password"
    await archive.users.change_password(p, PASSWORD, OTHER)
    assert await archive.sessions.who(token) is None
    with pytest.raises(UnauthenticatedError):
        await archive.sessions.log_in("Lan", PASSWORD)
    fresh = (await archive.sessions.log_in("lan", OTHER)).token
    await archive.users.set_password(ME, "Lan", PASSWORD)
    assert await archive.sessions.who(fresh) is None


async def test_who_is_disabled_is_out_at_once_and_what_works_for_them_rests(archive: Archive) -> None:
    await made(archive, role=Role.INTEGRATOR)
    token, p = await logged_in(archive)
    key = (await archive.keys.make(p, "Lan", "đồng bộ", [Scope.READ])).key
    hook = await archive.webhooks.create(p, "https://kho.example/x", [HookEvent.READY])
    assert (await archive.users.change(ME, "Lan", disabled=True)).disabled
    assert await archive.sessions.who(token) is None
    assert await archive.keys.who(key) is None
    with pytest.raises(UnauthenticatedError):
        await archive.sessions.log_in("Lan", PASSWORD)
    found = await archive.webhooks.get(p, hook.id)
    assert found.state is HookState.DISABLED
    assert found.reason is not None
    assert found.reason.code == "owner_may_not"
    await archive.users.change(ME, "Lan", disabled=False)
    assert await archive.sessions.who(token) is None
    assert await archive.keys.who(key) is not None


async def test_a_new_role_and_clearance_hold_from_the_next_request_on(archive: Archive) -> None:
    await made(archive, role=Role.INTEGRATOR, level=Level.RESTRICTED)
    token, p = await logged_in(archive)
    key = (await archive.keys.make(p, "Lan", "nạp", [Scope.READ, Scope.UPLOAD])).key
    saved = await archive.searches.create(p, "mật", {})
    await archive.users.change(ME, "Lan", role=Role.READER, clearance=Level.PUBLIC)
    now, by_key = await archive.sessions.who(token), await archive.keys.who(key)
    assert now is not None
    assert by_key is not None
    assert now.role is Role.READER
    assert now.access == {"public"}
    assert by_key.scopes == {Scope.READ}
    assert by_key.access == {"public"}
    async with archive._database.read() as conn:
        kept = await conn.scalar(select(saved_searches.c.access).where(saved_searches.c.id == saved.id))
    assert kept == ["public"]


async def test_collections_are_given_taken_back_and_followed_by_what_works_for_a_user(archive: Archive) -> None:
    await made(archive)
    some = [" y-te ", "Tài chính", "y-te"]
    minh = await archive.users.add(ME, "Minh", Role.INTEGRATOR, Level.INTERNAL, collections=some)
    assert minh.collections == ("Tài chính", "y-te")
    key = (await archive.keys.make(ME, "Minh", "x", [Scope.READ, Scope.WEBHOOKS])).key
    p = await archive.keys.who(key)
    assert p is not None
    assert p.collections == frozenset({"Tài chính", "y-te"})
    saved = await archive.searches.create(p, "tất cả", {})
    assert (await archive.users.change(ME, "Minh", role=Role.INTEGRATOR)).collections == minh.collections
    for wrong in ([], [""], ["*", "y-te"], ["x" * 101], ["a,b"]):
        with pytest.raises(InvalidInputError) as refused:
            await archive.users.change(ME, "Minh", collections=wrong)
        assert refused.value.code == "user_collections"
    assert (await archive.users.change(ME, "Minh", collections=["default"])).collections == ("default",)
    async with archive._database.read() as conn:
        kept = await conn.scalar(select(saved_searches.c.collections).where(saved_searches.c.id == saved.id))
    assert kept == ["default"]
    assert (await archive.users.change(ME, "Minh", collections=["*"])).collections is None
    now = await archive.keys.who(key)
    assert now is not None
    assert now.collections is None
    changes = [e.details for e in (await archive.events.list(ME, actions=["user.changed"])).items]
    assert changes == [{"name": "Minh", "collections": ["default"]}, {"name": "Minh", "collections": None}]


async def test_somebody_is_always_left_to_administer(archive: Archive) -> None:
    await made(archive)
    for change in ({"disabled": True}, {"role": Role.ARCHIVIST}):
        with pytest.raises(ConflictError) as refused:
            await archive.users.change(ME, "Quản trị", **change)
        assert refused.value.code == "last_administrator"
    await archive.users.change(ME, "Lan", role=Role.ADMINISTRATOR)
    await archive.users.change(ME, "Quản trị", disabled=True)


async def test_a_key_may_what_it_was_made_for_and_never_more_than_its_user(archive: Archive) -> None:
    await made(archive, role=Role.INTEGRATOR)
    _, p = await logged_in(archive)
    made_key = await archive.keys.make(p, "Lan", " đồng  bộ ", [Scope.UPLOAD, Scope.READ], days=30)
    assert made_key.key.startswith(made_key.prefix)
    assert (made_key.name, made_key.scopes) == ("đồng bộ", (Scope.READ, Scope.UPLOAD))
    who = await archive.keys.who(made_key.key, "10.0.0.8")
    assert who is not None
    assert (who.name, who.address) == ("Lan", "10.0.0.8")
    assert who.scopes == {Scope.READ, Scope.UPLOAD}
    assert who.origin == f"key {made_key.prefix}"
    for scopes in ([], [Scope.CORRECT], [Scope.READ, Scope.ACCOUNT], [Scope.ADMIN]):
        with pytest.raises(InvalidInputError) as refused:
            await archive.keys.make(ME, "Lan", "quá tay", scopes)
        assert refused.value.code == "key_scopes"
    with pytest.raises(ForbiddenError):  # a key makes no keys, looks at no account
        await archive.keys.make(who, "Lan", "con", [Scope.READ])
    for wrong in ({"days": 0}, {"days": 4000}, {"name": ""}):
        with pytest.raises(InvalidInputError):
            await archive.keys.make(p, "Lan", **{"name": "x", "scopes": [Scope.READ], **wrong})  # type: ignore[arg-type]
    (listed,) = await archive.keys.list(p, "Lan")
    assert listed.used_at is not None
    await archive.keys.revoke(p, listed.prefix)
    assert await archive.keys.who(made_key.key) is None
    with pytest.raises(NotFoundError):
        await archive.keys.revoke(p, listed.id)


async def test_a_key_is_over_with_its_time(archive: Archive) -> None:
    await made(archive)
    key = (await archive.keys.make(ME, "Lan", "x", [Scope.READ])).key
    await past(archive, api_keys, expires_at=ago(seconds=1))
    assert await archive.keys.who(key) is None


async def test_guessing_takes_ever_longer_for_a_name_whoever_asks(archive: Archive, other: Archive) -> None:
    await made(archive)
    for n in range(throttle.FREE_BY_NAME):
        with pytest.raises(UnauthenticatedError):
            await (archive, other)[n % 2].sessions.log_in("Lan", OTHER, address=f"10.0.0.{n}")
    with pytest.raises(ThrottledError) as refused:
        await other.sessions.log_in("LAN", PASSWORD, address="10.9.9.9")
    assert 0 < refused.value.params["seconds"] <= 3
    await past(archive, login_attempts, free_at=ago(seconds=1))
    await archive.sessions.log_in("Lan", PASSWORD)
    for _ in range(throttle.FREE_BY_NAME - 1):
        with pytest.raises(UnauthenticatedError):
            await archive.sessions.log_in("Lan", OTHER)
    await archive.sessions.log_in("Lan", PASSWORD)


async def test_guessing_takes_ever_longer_for_an_address_whatever_the_name(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "FREE_BY_ADDRESS", 3)
    await made(archive)
    for n in range(3):
        with pytest.raises(UnauthenticatedError):
            await archive.sessions.log_in(f"ai {n}", OTHER, address=f"2001:db8::{n}")
    with pytest.raises(ThrottledError):
        await archive.sessions.log_in("Lan", PASSWORD, address="2001:db8::99")
    await archive.sessions.log_in("Lan", PASSWORD, address="2001:db8:1::1")


def test_waits_grow_to_a_quarter_of_an_hour() -> None:
    waits = [throttle.wait(n, 5).total_seconds() for n in (4, 5, 6, 10, 100, 10_000)]
    assert waits == [0, 1, 2, 32, 900, 900]
    assert throttle.network_of("10.0.0.7") == "10.0.0.7"
    assert throttle.network_of("2001:db8::1") == throttle.network_of("2001:db8::ffff")
    assert throttle.network_of("testclient") == "testclient"


async def test_a_name_that_nobody_has_costs_as_much_work_as_a_wrong_password(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(archive)
    await archive.users.add(ME, "Chưa vào", Role.READER, Level.PUBLIC)
    asked: list[str] = []
    verify = passwords._hasher().verify

    class Watched:
        def verify(self, kept: str, password: str) -> bool:
            asked.append(kept.rsplit("$", 2)[0])
            return verify(kept, password)

        def hash(self, password: str) -> str:
            raise AssertionError

    passwords._nobodys()
    monkeypatch.setattr(passwords, "_hasher", lambda: Watched())
    for name in ("Lan", "Không Ai", "Chưa vào"):
        with pytest.raises(UnauthenticatedError):
            await archive.sessions.log_in(name, OTHER)
    assert len(asked) == 3
    assert len(set(asked)) == 1
    assert asked[0].startswith("$argon2id$v=19$m=19456,t=2,p=1")


async def test_an_old_hash_is_made_anew_at_the_next_login(archive: Archive) -> None:
    from argon2 import PasswordHasher

    await made(archive)
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    await past(archive, users, password=weak)
    await archive.sessions.log_in("Lan", PASSWORD)
    async with archive._database.read() as conn:
        kept = await conn.scalar(select(users.c.password).where(users.c.name == "Lan"))
    assert kept is not None
    assert "m=19456,t=2,p=1" in kept
    await archive.sessions.log_in("Lan", PASSWORD)


async def test_a_password_is_the_same_on_every_keyboard(archive: Archive) -> None:
    import unicodedata

    await made(archive)
    await archive.sessions.log_in("Lan", unicodedata.normalize("NFD", PASSWORD))
    for weak in ("x" * 11, "x" * 1001, "nguyễn văn an"):
        with pytest.raises(InvalidInputError):
            await passwords.hashed(weak, "Nguyễn Văn An")


async def test_tokens_and_keys_and_passwords_lie_nowhere_as_they_are(archive: Archive, settings: Settings) -> None:
    await made(archive)
    token, p = await logged_in(archive)
    key = (await archive.keys.make(p, "Lan", "x", [Scope.READ])).key
    link = (await archive.users.invite(ME, "Lan")).token
    async with archive._database.read() as conn:
        kept = [
            str(row) for table in (users, sessions, api_keys, invitations) for row in await conn.execute(select(table))
        ]
    told = [event.model_dump_json() for event in (await archive.events.list(ME, limit=1000)).items]
    for secret in (PASSWORD, token, key, link):
        assert not [line for line in kept + told if secret in line]


async def test_the_log_tells_who_came_from_where(archive: Archive) -> None:
    await made(archive)
    _, p = await logged_in(archive)
    await archive.dossiers.create(p, DossierForm(code="01", title="Hồ sơ", year=2021))
    with pytest.raises(UnauthenticatedError):
        await archive.sessions.log_in("Lan", OTHER, address="10.6.6.6")
    told = {event.action: event for event in (await archive.events.list(ME, limit=1000)).items}
    assert (told["dossier.created"].who, told["dossier.created"].address) == ("Lan", "10.0.0.7")
    assert told["session.begun"].address == "10.0.0.7"
    assert told["login.failed"].address == "10.6.6.6"
    assert told["user.added"].who == ME.name


async def test_a_full_disk_keeps_nobody_out(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    await made(archive)
    token, _ = await logged_in(archive)
    monkeypatch.setattr(session_rules, "SEEN_EVERY", dt.timedelta(seconds=-1))

    def full(p: Principal) -> None:
        raise StorageFullError

    monkeypatch.setattr(archive._database, "write", full)
    assert await archive.sessions.who(token) is not None


async def test_many_logins_at_once_all_come_in(archive: Archive) -> None:
    await made(archive)
    begun = await asyncio.gather(*(archive.sessions.log_in("Lan", PASSWORD) for _ in range(4)))
    assert len({session.token for session in begun}) == 4
