"""Where the settings come from: flag, environment, data directory, default."""

import shutil
from pathlib import Path

import pytest

from services.core.errors import SettingsError
from services.core.settings import load_settings, read_directory_file, write_directory_file
from services.search.engines.opensearch.client import parse_address


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "DATABASE_URL", "BLOBS_URL", "REDIS_URL", "INDEX_URL"):
        monkeypatch.delenv(f"VANBAN_{name}", raising=False)


def test_a_data_directory_that_is_moved_stands_on_its_own(tmp_path: Path) -> None:
    write_directory_file(load_settings(data_dir=tmp_path / "old"))
    shutil.move(tmp_path / "old", tmp_path / "new")
    moved = load_settings(data_dir=tmp_path / "new")
    for address in (moved.database_url, moved.blobs_url, moved.redis_url, moved.index_url):
        assert f"{tmp_path}/new/" in address
    assert read_directory_file(tmp_path / "new")["index_url"] == moved.index_url


def test_addresses_elsewhere_are_kept_by_the_directory_and_give_way_to_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_directory_file(load_settings(data_dir=tmp_path, index_url="http://127.0.0.1:9201"))
    assert load_settings(data_dir=tmp_path).engine == "opensearch"
    assert load_settings(data_dir=tmp_path).blobs_url == f"file://{tmp_path}/blobs"
    monkeypatch.setenv("VANBAN_INDEX_URL", "http://127.0.0.1:9202")
    assert load_settings(data_dir=tmp_path).index_url == "http://127.0.0.1:9202"


@pytest.mark.parametrize(("options", "shards"), [("", 1), ("?shards=3", 3), ("?verify_certs=false&shards=12", 12)])
def test_the_address_of_an_index_says_in_how_many_shards_it_is_made(options: str, shards: int) -> None:
    assert parse_address(f"https://a:b@search.example:9200/kho{options}").shards == shards


@pytest.mark.parametrize("shards", ["0", "65", "-1", "three"])
def test_a_number_of_shards_that_makes_no_sense_is_refused(shards: str) -> None:
    with pytest.raises(SettingsError, match="1 to 64 shards"):
        parse_address(f"http://search.example:9200?shards={shards}")


def test_a_directory_that_was_never_started_says_nothing(tmp_path: Path) -> None:
    assert read_directory_file(tmp_path) == {}
