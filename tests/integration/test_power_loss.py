"""The power is cut while files come in, are read and indexed: what was acknowledged is there, nothing is half."""

from pathlib import Path

from tests.power.disk import Disk
from tests.power.loss import cut_everywhere
from tests.power.order import order_faults
from tests.power.record import Change


def test_what_was_acknowledged_outlives_a_power_cut_at_any_point_and_can_be_searched(tmp_path: Path) -> None:
    losses = cut_everywhere(tmp_path, files=4, points=12, seed=2026)
    assert losses.faults == [], str(losses)
    assert losses.syncs > 50


def test_the_disk_forgets_what_was_not_synced_and_the_names_of_folders_that_were_not(tmp_path: Path) -> None:
    disk = Disk({"kept": b"old"}, {"sub"})
    for number, change in enumerate(
        [
            Change("write", "kept", data=b"new"),
            Change("create", "sub/named"),
            Change("write", "sub/named", data=b"half"),
            Change("sync", "sub"),
            Change("create", "lost"),
            Change("write", "lost", data=b"all"),
            Change("sync", "lost"),
        ]
    ):
        disk.apply(Change(change.call, change.path, data=change.data, since=number))
    disk.cut(tmp_path / "cut")
    assert {p.name: p.read_bytes() for p in (tmp_path / "cut").rglob("*") if p.is_file()} == {
        "kept": b"old",
        "named": b"",
    }
    assert disk.files()["lost"] == b"all"


def test_a_blob_that_is_named_before_its_folder_was_synced_is_found() -> None:
    changes = [
        Change("mkdir", "blobs/ab"),
        Change("link", "blobs/ab/part", other="blobs/ab/abcd"),
        Change("sync", "blobs/ab/abcd"),
        Change("sync", "blobs"),
        Change("write", "catalogue.sqlite3-wal", data=b"..abcd.."),
        Change("sync", "blobs/ab"),
    ]
    assert list(order_faults(changes)) == ["blobs/ab was not synced before the catalogue named blobs/ab/abcd"]
    assert list(order_faults([*changes[:4], changes[5], changes[4]])) == []
