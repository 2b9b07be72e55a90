"""Corrections teach: a name put in the place of what was read is taken for the next document that reads so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.cli.main import execute
from services.core.learnt import Learnt, issuer_reading, signer_reading
from services.core.model import Alias
from services.fields import Taxonomy
from tests.unit.web_support import House, open_house
from workers.refreshing import refresh

READ, RIGHT = "Trần Phước Hiện", "Trần Phước Hiền"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


def lines(number: int, issuer: str = "CÔNG TY MINH ANH", signer: str = READ) -> list[str]:
    return [
        issuer,
        f"Số: {number}/CV-MA",
        "V/v báo cáo",
        "Kính gửi: Sở Y tế",
        "Công ty báo cáo như sau./.",
        "GIÁM ĐỐC",
        signer,
    ]


async def seed(house: House, number: int, **values: str) -> str:
    return await house.seed(lines(number, **values), f"{number}.pdf")


async def document(house: House, document_id: str) -> dict[str, Any]:
    return dict((await house.client.get(f"/api/v1/documents/{document_id}")).json())


async def correct(house: House, document_id: str, **values: Any) -> None:
    seen = await house.client.get(f"/api/v1/documents/{document_id}")
    answer = await house.client.patch(
        f"/api/v1/documents/{document_id}/record", json=values, headers={"if-match": seen.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text


async def aliases(house: House) -> list[dict[str, Any]]:
    return list((await house.client.get("/api/v1/aliases")).json()["items"])


async def test_a_corrected_signer_is_taken_for_the_next_reading_to_confirm_until_three_agree(house: House) -> None:
    for number in (1, 2, 3):
        made = await seed(house, number)
        assert (await document(house, made))["record"]["signer"]["name"] == (READ if number == 1 else RIGHT)
        evidence = (await document(house, made))["evidence"]["signer"]
        assert number == 1 or (evidence["confirmed"], evidence["witness"]) == (False, "corrections")
        await correct(house, made, signer={"name": RIGHT})
    (alias,) = await aliases(house)
    assert (alias["name"], alias["seen"], alias["sure"]) == (RIGHT, 3, True)
    fourth = await document(house, await seed(house, 4))
    assert fourth["record"]["signer"]["name"] == RIGHT
    assert fourth["evidence"]["signer"]["confirmed"] is True
    assert READ in fourth["evidence"]["signer"]["candidates"]


async def test_a_corrected_issuer_is_taken_for_the_next_reading_and_what_was_read_stays_a_candidate(
    house: House,
) -> None:
    first = await seed(house, 1)
    read = (await document(house, first))["record"]["issuer"]["name"]
    assert read == "CÔNG TY MINH ANH"
    await correct(house, first, issuer="CÔNG TY CỔ PHẦN MINH ÁNH")
    second = await document(house, await seed(house, 2))
    assert second["record"]["issuer"]["name"] == "CÔNG TY CỔ PHẦN MINH ÁNH"
    assert second["evidence"]["issuer"]["confirmed"] is False
    assert read in second["evidence"]["issuer"]["candidates"]


async def test_a_forgotten_alias_is_applied_no_more_and_refresh_takes_it_back(house: House) -> None:
    first, before = await seed(house, 1), await seed(house, 2)
    await correct(house, first, signer={"name": RIGHT})
    assert (await document(house, before))["record"]["signer"]["name"] == READ
    await refresh(house.archive, Taxonomy.load(None), asyncio.Event())
    assert (await document(house, before))["record"]["signer"]["name"] == RIGHT
    (alias,) = await aliases(house)
    assert (await house.client.delete(f"/api/v1/aliases/{alias['id']}")).status_code == 204
    assert (await house.client.delete(f"/api/v1/aliases/{alias['id']}")).status_code == 404
    assert await aliases(house) == []
    await refresh(house.archive, Taxonomy.load(None), asyncio.Event())
    assert (await document(house, before))["record"]["signer"]["name"] == READ
    assert (await document(house, first))["record"]["signer"]["name"] == RIGHT


async def test_another_person_is_no_slip_and_who_takes_a_correction_back_teaches_nothing(house: House) -> None:
    first = await seed(house, 1)
    await correct(house, first, signer={"name": "Nguyễn Thị Kim Chi"})
    assert await aliases(house) == []
    await correct(house, first, signer={"name": RIGHT})
    assert len(await aliases(house)) == 1
    await correct(house, first, signer={"name": READ})
    assert await aliases(house) == []


def test_a_reading_that_was_corrected_in_two_ways_teaches_nothing() -> None:
    one = Alias(id=1, kind="signer", reading=signer_reading(READ), name=RIGHT)
    other = one.model_copy(update={"id": 2, "name": "Trần Phước Hiển"})
    assert Learnt.of([one]).signer(READ) == one
    assert Learnt.of([one, other]).signer(READ) is None
    assert Learnt.of([one, other]).version == Learnt.of([]).version == ""


def test_the_same_words_from_two_places_are_two_readings() -> None:
    here = Alias(id=1, kind="issuer", reading=issuer_reading("SỞ Y TẾ", "dien-bien/so-y-te"), name="SỞ Y TẾ ĐIỆN BIÊN")
    assert Learnt.of([here]).issuer("SỞ  Y TẾ", "dien-bien/so-y-te") == here
    assert Learnt.of([here]).issuer("SỞ Y TẾ", "lai-chau/so-y-te") is None


def test_the_command_line_lists_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["aliases", "--json", "--data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == "[]"
