"""The gazetteer: names, places and notations lead to issuers whose ids make a tree."""

import datetime as dt

import pytest

from services.core.gazetteer import (
    issuer_abbreviations,
    issuer_path,
    lookup_issuer,
    repair_issuer_name,
    successor,
)
from services.core.places import find_area, province_named, provinces

PRINTED = [
    ("ỦY BAN NHÂN DÂN TỈNH ĐIỆN BIÊN", None, "Điện Biên", "dien-bien/ubnd", "province"),
    ("UỶ BAN NHÂN DÂN THÀNH PHỐ BẮC KẠN", None, "TP. Bắc Kạn", "bac-kan/thanh-pho-bac-kan/ubnd", "district"),
    ("ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI", None, "Hà Nội", "ha-noi/ubnd", "province"),
    ("UBND HUYỆN MỘC CHÂU", None, "Mộc Châu", "son-la/huyen-moc-chau/ubnd", "district"),
    ("ỦY BAN NHÂN DÂN XÃ TÂN LẬP", "UBND HUYỆN MỘC CHÂU", "Tân Lập", "son-la/xa-tan-lap/ubnd", "commune"),
    ("SỞ Y TẾ", "UBND TỈNH LÀO CAI", "Lào Cai", "lao-cai/so-y-te", "province"),
    ("VĂN PHÒNG", "UBND TỈNH PHÚ THỌ", "Phú Thọ", "phu-tho/van-phong-ubnd", "province"),
    ("BỘ Y TẾ", None, "Hà Nội", "trung-uong/bo-y-te", "ministry"),
    ("CHÍNH PHỦ", None, "Hà Nội", "trung-uong/chinh-phu", "central"),
    ("TỈNH ỦY SƠN LA", None, "Sơn La", "son-la/tinh-uy", "party"),
    ("CÔNG AN TỈNH LAI CHÂU", "BỘ CÔNG AN", "Lai Châu", "lai-chau/cong-an", "province"),
    ("TRƯỜNG ĐẠI HỌC X", "BỘ CÔNG THƯƠNG", "Hà Nội", "trung-uong/bo-cong-thuong/truong-dai-hoc-x", "other"),
    ("CÔNG TY CỔ PHẦN Y", None, None, "khac/cong-ty-co-phan-y", "other"),
]


@pytest.mark.parametrize(("name", "parent", "place", "issuer_id", "level"), PRINTED)
def test_a_printed_issuer_gets_its_place_in_the_tree(
    name: str, parent: str | None, place: str | None, issuer_id: str, level: str
) -> None:
    issuer = lookup_issuer(name, parent, place)
    assert issuer is not None
    assert (issuer.name, issuer.id, issuer.level) == (name, issuer_id, level)


@pytest.mark.parametrize(("name", "parent", "place", "issuer_id", "level"), PRINTED)
def test_the_ancestors_of_an_issuer_are_the_prefixes_of_its_id(
    name: str, parent: str | None, place: str | None, issuer_id: str, level: str
) -> None:
    issuer = lookup_issuer(name, parent, place)
    assert issuer is not None
    path = issuer_path(issuer, place)
    parts = issuer_id.split("/")
    assert [i for i, _ in path] == ["/".join(parts[: n + 1]) for n in range(len(parts))]
    assert all(label for _, label in path)


@pytest.mark.parametrize(
    ("place", "notation", "issuer_id"),
    [
        ("Sơn La", "UBND-KGVX", "son-la/ubnd"),
        ("TP. Bắc Kạn", "UBND-VP", "bac-kan/thanh-pho-bac-kan/ubnd"),
        ("Hà Nội", "CĐ-BYT", "trung-uong/bo-y-te"),
        ("Hà Nội", "QD-TTg", "trung-uong/thu-tuong-chinh-phu"),
        ("Sơn La", "CV/TU", "son-la/tinh-uy"),
        ("Lào Cai", "SYT-NVY", "lao-cai/so-y-te"),
    ],
)
def test_a_lost_issuer_is_inferred_from_place_and_notation(place: str, notation: str, issuer_id: str) -> None:
    issuer = lookup_issuer(None, None, place, notation)
    assert issuer is not None
    assert issuer.id == issuer_id


def test_nothing_is_inferred_from_a_place_alone_or_an_unknown_group() -> None:
    assert lookup_issuer(None, None, "Sơn La", None) is None
    assert lookup_issuer(None, None, None, "UBND-VX") is None
    assert lookup_issuer(None, None, "Sơn La", "XYZ-QQ") is None


def test_ministry_and_department_of_one_field_are_not_confused() -> None:
    department = lookup_issuer("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "UBND THÀNH PHỐ ĐÀ NẴNG", "Đà Nẵng")
    assert department is not None
    assert department.id == "da-nang/so-giao-duc-va-dao-tao"


def test_districts_of_one_name_are_told_apart_by_province_or_left_open() -> None:
    near = province_named("Kiên Giang")
    area = find_area("huyện Châu Thành", near=near)
    assert area is not None
    assert area.path[-1][0] == "kien-giang/huyen-chau-thanh"
    assert find_area("huyện Châu Thành") is None


def test_hue_is_a_municipality_from_2025_only() -> None:
    before, after = find_area("thành phố Huế", dt.date(2021, 5, 1)), find_area("thành phố Huế", dt.date(2025, 5, 1))
    assert before is not None
    assert after is not None
    assert before.path[0][0] == "thua-thien-hue"
    assert after.path[0][0] == "hue"


def test_of_63_old_provinces_34_remain_and_old_ones_lead_to_them() -> None:
    now = {p.id for p in provinces().values() if p.now is None}
    assert len(now) == 34
    assert all(p.now in now for p in provinces().values() if p.now)
    assert len(provinces()) == 63 + 2  # Huế the municipality, Hà Tây


def test_old_bodies_lead_to_those_that_took_over() -> None:
    assert successor("bac-kan/ubnd") == ("thai-nguyen/ubnd", "UBND tỉnh Thái Nguyên")
    assert successor("trung-uong/bo-giao-thong-van-tai") == ("trung-uong/bo-xay-dung", "Bộ Xây dựng")
    assert successor("dien-bien/ubnd") is None


@pytest.mark.parametrize(
    ("printed", "repaired"),
    [
        ("ỦY BANN ÂN DÂN TỈNH PHU THỌ", "ỦY BAN NHÂN DÂN TỈNH PHÚ THỌ"),
        ("BỘ QUỐÓC PHÒNG", "BỘ QUỐC PHÒNG"),
        ("UBND THÀNH PHÓ ĐÀ NẴNG", "UBND THÀNH PHỐ ĐÀ NẴNG"),
        ("UỶ BAN NHÂN DÂN TỈNH SƠN LA", "UỶ BAN NHÂN DÂN TỈNH SƠN LA"),
        ("TRƯỜNG TIỂU HỌC A", "TRƯỜNG TIỂU HỌC A"),
    ],
)
def test_a_spoilt_name_is_repaired_and_the_writers_spelling_kept(printed: str, repaired: str) -> None:
    assert repair_issuer_name(printed) == repaired


def test_bodies_know_their_abbreviations() -> None:
    assert issuer_abbreviations("trung-uong/bo-giao-duc-va-dao-tao") == ("BGDĐT", "BGD")
    assert "UBND" in issuer_abbreviations("son-la/huyen-moc-chau/ubnd")
    assert issuer_abbreviations("khac/x") == ()
