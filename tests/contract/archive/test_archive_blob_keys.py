"""What the catalogue names is listed whole, each blob once, and hashes are those of the bytes."""

from __future__ import annotations

import hashlib

from services.archive import Archive
from services.archive.blob_keys import FOLDERS, blob_keys
from services.archive.blobs import original_key
from tests.contract.archive.archive_play import ME, pdf, upload, work


async def test_every_blob_of_the_store_is_named_once_and_no_other(archive: Archive) -> None:
    contents = [pdf(f"số {n}", pages=2) for n in range(3)]
    for n, data in enumerate(contents):
        await upload(archive, f"{n}.pdf", data)
    await upload(archive, "nữa.pdf", contents[0])
    await work(archive)
    named = [each async for each in archive.blob_keys()]
    there = {stored.key: stored async for stored in archive._blobs.list("")}
    assert sorted(each.key for each in named) == sorted(there)
    assert [each.kind for each in named] == ["original"] * 3 + ["page"] * 6 + ["text"] * 3
    sizes = {each.sha256: each.size for each in named if each.kind == "original"}
    assert sizes == {hashlib.sha256(data).hexdigest(): len(data) for data in contents}
    for each in named:
        assert (await archive._blobs.digest(each.key))[1] == there[each.key].size


async def test_the_keys_under_two_digits_are_those_and_no_other(archive: Archive) -> None:
    for n in range(3):
        await upload(archive, f"{n}.pdf", pdf(f"số {n}"))
    await work(archive)
    whole = [each async for each in archive.blob_keys()]
    for two in {each.key.split("/")[1] for each in whole}:
        for kind in FOLDERS:
            part = [each async for each in blob_keys(archive._database, kind, two)]
            assert part == [each for each in whole if each.key.startswith(f"{FOLDERS[kind]}/{two}/")]


async def test_what_was_purged_is_not_named_any_more(archive: Archive) -> None:
    data = pdf("mật")
    item = await upload(archive, "a.pdf", data)
    await work(archive)
    assert item.source_id is not None
    await archive.documents.trash_source(ME, item.source_id)
    key = original_key(hashlib.sha256(data).hexdigest())
    assert key in [each.key async for each in archive.blob_keys()]
    await archive.documents.purge_source(ME, item.source_id)
    assert [each async for each in archive.blob_keys()] == []
