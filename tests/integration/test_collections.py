"""What somebody sees follows the collections they are given, from the next request on, on both engines."""

from __future__ import annotations

from pathlib import Path

from services.core.model import Level, Role, Scope
from tests.search_servers import index_url, opensearch_url
from tests.unit.web_support import P, open_house

__all__ = ["index_url", "opensearch_url"]


async def test_collections_of_a_user_hold_from_the_next_request_on(index_url: str, tmp_path: Path) -> None:
    async with open_house(tmp_path, index_url=index_url) as house:
        health = await house.seed(["Số: 1/SYT-NV", "V/v tiêm vắc xin"], "1.pdf", collection="y-te")
        other = await house.seed(["Số: 2/STC-NS", "V/v quyết toán vắc xin"], "2.pdf")
        users = house.archive.users
        await users.add(P, "Quản trị", Role.ADMINISTRATOR, Level.SECRET)
        await users.add(P, "Lan", Role.ARCHIVIST, Level.INTERNAL, collections=["y-te"])
        keys = [("Quản trị", [Scope.ADMIN]), ("Lan", [Scope.READ, Scope.UPLOAD])]
        made = [(await house.archive.keys.make(P, name, "thử", scopes)).key for name, scopes in keys]
        admin, lan = ({"Authorization": f"Bearer {key}"} for key in made)

        async def sees() -> set[str]:
            found = (await house.client.get("/api/v1/search?q=vac+xin", headers=lan)).json()
            assert found["total"] == len(found["hits"])
            paths = {each: f"/api/v1/documents/{each}" for each in (health, other)}
            opened = {each: (await house.client.get(path, headers=lan)).status_code for each, path in paths.items()}
            seen = {hit["id"] for hit in found["hits"]}
            assert opened == {each: 200 if each in seen else 404 for each in (health, other)}
            return seen

        async def given(collections: list[str] | None) -> None:
            answer = await house.client.patch("/api/v1/users/lan", json={"collections": collections}, headers=admin)
            assert (answer.status_code, answer.json()["collections"]) == (200, collections)

        assert await sees() == {health}
        await given(["default", "tài chính"])
        assert await sees() == {other}
        await given(["default", "y-te"])
        assert await sees() == {health, other}
        await given(["tài chính"])
        assert await sees() == set()
        batch = (await house.client.post("/api/v1/batches", headers=lan)).json()["id"]
        assert (await house.archive.account.batch(P, batch)).collection == "tài chính", "their only one"
        await given(None)
        assert await sees() == {health, other}
