"""Generations and rebuilding, held against both engines."""

from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from services.core.errors import ConflictError, CorruptError
from services.core.model import Principal
from services.search import SearchEngine, SearchQuery, reindex
from services.search.generations import build_name, parse_name
from services.search.query import Plan, build_engine_query
from services.search.typed import take_apart
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import FakeArchive, FakeDocuments, engine_at, entry, made_up

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures


async def found(engine: SearchEngine, q: str = "") -> list[str]:
    query = build_engine_query(Plan(take_apart(q)), SearchQuery(q=q, limit=100), frozenset({"public"}))
    return [hit.id for hit in (await engine.search(query)).hits]


async def test_a_generation_is_filled_beside_the_live_one_and_published_in_one_step(
    engine: SearchEngine, index_url: str, tmp_path: Path
) -> None:
    await engine.apply([entry("old", "tiêm vắc xin")])
    async with engine_at(index_url, tmp_path, write=False) as reader:
        name = await engine.begin()
        await engine.apply([entry("new", "tiêm vắc xin"), entry("gone", "tiêm vắc xin")], generation=name)
        await engine.apply([], [("gone", 2)], generation=name)
        assert await found(reader, "vắc xin") == ["old"]
        assert [g.live for g in await engine.generations()] == [True, False]
        await engine.publish(name)
        assert await found(reader, "vắc xin") == ["new"]
        assert await found(engine, "vắc xin") == ["new"]
        (old, new) = await engine.generations()
        assert (old.live, new.live, new.name, new.documents) == (False, True, name, 1)
        await engine.apply([entry("gone", "tiêm vắc xin", revision=1)])
        assert await found(engine, "vắc xin") == ["new"]
        await engine.drop(old.name)
        assert [g.name for g in await engine.generations()] == [name]


async def test_the_live_generation_cannot_be_dropped_and_a_missing_one_cannot_be_published(
    engine: SearchEngine,
) -> None:
    await engine.apply([entry("a", "tiêm vắc xin")])
    (live,) = await engine.generations()
    with pytest.raises(ConflictError):
        await engine.drop(live.name)
    with pytest.raises(ConflictError):
        await engine.publish(build_name(live.name.rsplit("-", 2)[0]))
    await engine.drop(build_name(live.name.rsplit("-", 2)[0]))
    assert await found(engine) == ["a"]


async def test_a_rebuild_equals_what_was_indexed_piece_by_piece(engine: SearchEngine) -> None:
    archive = FakeArchive()
    for document, clean in made_up(60):
        archive.put(document, clean)
    await archive.index_all(engine)
    before = await found(engine, "vắc xin"), await found(engine)
    progress: list[int] = []
    report = await reindex(archive.as_archive, engine, lambda done, _: progress.append(done))
    assert report.documents == await engine.count() == 60
    assert progress[-1] == 60
    assert (await found(engine, "vắc xin"), await found(engine)) == before
    assert [g.name for g in await engine.generations()] == [report.generation]
    assert len(report.dropped) == 1


async def test_changes_during_a_rebuild_are_in_the_new_generation(engine: SearchEngine) -> None:
    archive = FakeArchive()
    for document, clean in made_up(20):
        archive.put(document, clean)
    await archive.index_all(engine)
    archive.documents = _ChangesWhileRead(archive)
    report = await reindex(archive.as_archive, engine)
    kept = sorted(archive.documents.kept)
    assert await engine.count() == len(kept) == 20
    assert sorted(await found(engine)) == kept
    assert await found(engine, "khác biệt") == ["zzz"]
    assert report.caught_up == 2


class _ChangesWhileRead(FakeDocuments):
    """Documents of which one comes and one goes right after the last one was listed."""

    def __init__(self, archive: FakeArchive) -> None:
        self._archive = archive
        self.kept, self.lines, self.gone = archive.documents.kept, archive.documents.lines, archive.documents.gone

    async def ids(self, p: Principal, *, after: str | None = None, limit: int = 1000) -> list[str]:
        listed = await super().ids(p, after=after, limit=limit)
        if not listed and "zzz" not in self.kept:
            self._archive.take_out(min(self.kept))
            self._archive.put_pages("zzz", ["hoàn toàn khác biệt"])
        return listed


async def test_a_rebuild_that_fails_leaves_the_live_generation_and_nothing_else(engine: SearchEngine) -> None:
    archive = FakeArchive()
    for document, clean in made_up(5):
        archive.put(document, clean)
    await archive.index_all(engine)
    archive.documents = _Broken(archive)
    with pytest.raises(CorruptError):
        await reindex(archive.as_archive, engine)
    assert await engine.count() == 5
    assert [g.live for g in await engine.generations()] == [True]


class _Broken(FakeDocuments):
    """Documents whose texts cannot be read."""

    def __init__(self, archive: FakeArchive) -> None:
        self.kept, self.lines, self.gone = archive.documents.kept, archive.documents.lines, archive.documents.gone

    async def clean_texts(self, p: Principal, ids: object) -> dict[str, object]:  # type: ignore[override]
        raise CorruptError("a blob is damaged")


async def test_an_index_of_another_version_is_said_so_and_a_rebuild_replaces_it(
    engine: SearchEngine, index_url: str, tmp_path: Path
) -> None:
    archive = FakeArchive()
    archive.put_pages("a", ["tiêm vắc xin"])
    await archive.index_all(engine)
    _make_old(index_url, (await engine.generations())[0].name)
    async with engine_at(index_url, tmp_path) as opened:
        with pytest.raises(CorruptError, match="vanban reindex"):
            await opened.ping()
        with pytest.raises(CorruptError, match="vanban reindex"):
            await archive.index_all(opened)
        await reindex(archive.as_archive, opened)
        await opened.ping()
        assert await found(opened, "vắc xin") == ["a"]


def _make_old(index_url: str, live: str) -> None:
    """Put an index of schema 0 in the live one's place."""
    parsed = parse_name(live)
    assert parsed is not None
    old = build_name(parsed.alias, schema=0)
    if index_url.startswith("embedded"):
        (Path(index_url.removeprefix("embedded://")) / "CURRENT").write_text(old)
        return
    node = index_url.rsplit("/", 1)[0]
    urlopen(Request(f"{node}/{live}", method="DELETE")).close()
    body = f'{{"aliases": {{"{parsed.alias}": {{}}}}}}'.encode()
    urlopen(Request(f"{node}/{old}", data=body, method="PUT", headers={"content-type": "application/json"})).close()


@pytest.mark.parametrize("file", ["meta.json", "CURRENT"])
async def test_damaged_files_are_said_so_and_a_rebuild_replaces_them(file: str, tmp_path: Path) -> None:
    archive = FakeArchive()
    archive.put_pages("a", ["tiêm vắc xin"])
    url = f"embedded://{tmp_path}/index"
    async with engine_at(url, tmp_path) as engine:
        await archive.index_all(engine)
    for path in (tmp_path / "index").rglob(file):
        path.write_bytes(b"\x00garbage")
    async with engine_at(url, tmp_path) as engine:
        with pytest.raises(CorruptError, match="vanban reindex"):
            await engine.ping()
        await reindex(archive.as_archive, engine)
        assert await found(engine, "vắc xin") == ["a"]
