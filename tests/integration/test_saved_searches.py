"""A running archive tells a saved search what came in, without anybody calling for it."""

from __future__ import annotations

import time

from tests.running import RunningArchive


def test_the_notifier_of_a_running_archive_evaluates(archive_up: RunningArchive) -> None:
    search = archive_up.post("/searches", name="x", query={"q": "diệt lăng quăng"})["id"]
    while not archive_up.get(f"/searches/{search}")["started"]:
        time.sleep(0.1)
    (item,) = archive_up.read(("van-ban.txt", "V/v diệt lăng quăng phòng sốt xuất huyết".encode()))
    while not (found := archive_up.get(f"/searches/{search}/new")["items"]):
        time.sleep(0.1)
    assert [new["document"]["id"] for new in found] == item["document_ids"]
    assert archive_up.http.delete(f"/api/v1/searches/{search}").status_code == 204
