"""Other scans of a paper over the API, on the page of a document and on that of a batch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.web_support import House, P, open_house

LETTER = [
    "Thực hiện Công điện của Thủ tướng Chính phủ về phòng chống dịch bệnh",
    "Ủy ban nhân dân tỉnh yêu cầu các sở ban ngành rà soát lực lượng tuyến đầu",
    "để tổ chức tiêm vắc xin đợt hai bảo đảm đúng đối tượng ưu tiên",
    "tổng hợp kết quả gửi về Sở Y tế trước ngày 20 tháng 9 năm 2021",
    "để báo cáo Chủ tịch Ủy ban nhân dân tỉnh xem xét chỉ đạo kịp thời và đôn đốc các đơn vị còn chậm",
    "các huyện biên giới phân công cán bộ theo dõi từng xã bản và công khai số liều đã nhận đã dùng hằng ngày",
]
RESCAN = [line.replace("yêu cầu", "yêu câu").replace("vắc xin", "vãc xin") for line in LETTER]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def two(house: House) -> tuple[str, str, str]:
    """Return the ids of two scans of one paper and of another paper."""
    first, second = await house.seed(LETTER, "a.pdf"), await house.seed(RESCAN, "b.pdf")
    return first, second, await house.seed(["Phòng cháy chữa cháy rừng mùa khô tại các xã biên giới"] * 4, "c.pdf")


async def test_the_other_scan_is_listed_with_what_differs(house: House) -> None:
    first, second, other = await two(house)
    answer = await house.client.get(f"/api/v1/documents/{first}/near-duplicates")
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    assert (item["document"]["id"], item["file_name"], item["pages"], item["shared"]) == (second, "b.pdf", 1, 1.0)
    assert (answer.json()["document_id"], answer.json()["apart"]) == (first, [])
    document = (await house.client.get(f"/api/v1/documents/{first}")).json()
    assert document["links"]["near_duplicates"] == f"/api/v1/documents/{first}/near-duplicates"
    assert (await house.client.get(f"/api/v1/documents/{other}/near-duplicates")).json()["items"] == []


async def test_both_stay_in_the_archive_and_what_is_thrown_away_is_shown_no_more(house: House) -> None:
    first, second, _ = await two(house)
    assert (await house.archive.account.status(P)).documents == 3
    await house.client.delete(f"/api/v1/documents/{second}")
    assert (await house.client.get(f"/api/v1/documents/{first}/near-duplicates")).json()["items"] == []
    assert (await house.client.get(f"/api/v1/documents/{second}/near-duplicates")).status_code == 410
    assert (await house.client.get(f"/api/v1/documents/{'0' * 36}/near-duplicates")).status_code == 404


async def test_a_person_tells_them_apart_and_takes_it_back(house: House) -> None:
    first, second, _ = await two(house)
    address = f"/api/v1/documents/{first}/near-duplicates/{second}"
    told = await house.client.put(address, json={"same": False})
    assert told.status_code == 200, told.text
    assert (told.json()["items"], [ref["id"] for ref in told.json()["apart"]]) == ([], [second])
    assert (await house.client.get(f"/api/v1/documents/{second}/near-duplicates")).json()["items"] == []
    back = (await house.client.put(address, json={"same": True})).json()
    assert ([item["document"]["id"] for item in back["items"]], back["apart"]) == ([second], [])


@pytest.mark.parametrize(("body", "status"), [({}, 422), ({"same": "perhaps"}, 422)])
async def test_a_saying_that_makes_no_sense_is_refused(house: House, body: dict[str, str], status: int) -> None:
    first, second, _ = await two(house)
    answer = await house.client.put(f"/api/v1/documents/{first}/near-duplicates/{second}", json=body)
    assert answer.status_code == status
    assert (await house.client.put(f"/api/v1/documents/{first}/near-duplicates/{first}", json={"same": False})).is_error


async def test_the_page_shows_it_and_offers_what_can_be_done(house: House) -> None:
    first, second, other = await two(house)
    page = (await house.client.get(f"/documents/{first}")).text
    shown = page[page.index("Có thể là bản quét khác của cùng văn bản") :]
    assert f'<a href="/documents/{second}">' in shown
    assert f'href="/documents/{second}#rescan"' in shown
    assert 'id="rescan"' in (await house.client.get(f"/documents/{second}")).text
    assert "bản quét khác" not in (await house.client.get(f"/documents/{other}")).text
    answer = await house.client.post(f"/documents/{first}/near-duplicates/{second}/apart")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/documents/{first}#near-duplicates")
    page = (await house.client.get(f"/documents/{first}")).text
    assert "đã xác định là văn bản khác" in page
    assert f'href="/documents/{second}#rescan"' not in page
    await house.client.post(f"/documents/{first}/near-duplicates/{second}/open")
    assert f'href="/documents/{second}#rescan"' in (await house.client.get(f"/documents/{first}")).text
    assert "May be another scan of the same paper" in (await house.client.get(f"/documents/{first}?lang=en")).text


async def test_the_batch_says_which_of_its_files_look_like_one_that_is_here(house: House) -> None:
    first = await house.seed(LETTER, "a.pdf")
    house.reader.lines = RESCAN
    batch = await house.send({"b.pdf": b"%PDF-1.4\n% another scan\n"})
    await house.work()
    (item,) = await house.items(batch)
    (second,) = item.document_ids
    near = (await house.client.get(f"/api/v1/batches/{batch}")).json()["near_duplicates"]
    assert [other["document"]["id"] for other in near[second]] == [first]
    page = (await house.client.get(f"/batches/{batch}")).text
    assert "Có thể là bản quét khác của" in page
    assert f'<a href="/documents/{first}">a.pdf</a>' in page
    again = await house.send({"b.pdf": b"%PDF-1.4\n% another scan\n"})
    await house.work()
    assert (await house.client.get(f"/api/v1/batches/{again}")).json()["near_duplicates"] == {}
