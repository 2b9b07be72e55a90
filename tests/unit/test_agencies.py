"""Whom names mean: single bodies, all of a kind, and what a filter asks for to find both."""

import pytest

from services.search.agencies import asked_values, collective_values, named_values

DIEN_BIEN = "dien-bien"
MEANT = [  # the name as it stands, the province that it comes from, who is meant, who is not
    ("Các sở, ban, ngành tỉnh", DIEN_BIEN, ["Sở Y tế Điện Biên", "SYT", "Thanh tra Điện Biên"], ["Sở Y tế Lai Châu"]),
    ("Các Sở, ban, ngành, đoàn thể tỉnh", DIEN_BIEN, ["Sở Tài chính"], ["Bộ Tài chính", "UBND tỉnh Điện Biên"]),
    ("Các sở: Y tế, Giáo dục và Đào tạo", DIEN_BIEN, ["Sở Y tế Điện Biên", "Sở Giáo dục và Đào tạo"], ["Sở Nội vụ"]),
    ("UBND các huyện, thị xã, thành phố", DIEN_BIEN, ["UBND huyện Mường Nhé"], ["UBND huyện Mường Tè", "Sở Y tế"]),
    ("UBND các huyện: Mường Nhé, Nậm Pồ", DIEN_BIEN, ["UBND huyện Nậm Pồ"], ["UBND huyện Tủa Chùa"]),
    ("Các bộ, cơ quan ngang bộ", None, ["Bộ Y tế", "BYT", "Văn phòng Chính phủ"], ["Quốc hội", "Sở Y tế"]),
    ("UBND các tỉnh, thành phố trực thuộc trung ương", None, ["UBND tỉnh Lai Châu"], ["Sở Y tế"]),
    ("UBND các tỉnh: Lai Châu, Điện Biên", None, ["UBND tỉnh Lai Châu"], ["UBND tỉnh Sơn La"]),
    ("Sở Y tế các tỉnh, thành phố", None, ["Sở Y tế Lai Châu", "Sở Y tế"], ["Sở Nội vụ", "UBND tỉnh Lai Châu"]),
    ("Thủ trưởng các sở, ngành; Chủ tịch UBND các huyện", DIEN_BIEN, ["Sở Y tế", "UBND huyện Mường Nhé"], ["Bộ Y tế"]),
    ("Thủ trưởng các sở, ban, ngành, đoàn thể", DIEN_BIEN, ["Sở Tài chính tỉnh Điện Biên"], ["Sở Y tế tỉnh Lai Châu"]),
    ("Ủy ban nhân dân các xã, phường, thị trấn", DIEN_BIEN, ["UBND xã Mường Phăng"], ["UBND tỉnh Điện Biên"]),
    ("Các đơn vị trực thuộc Sở", DIEN_BIEN, [], ["Sở Y tế"]),
    ("Văn phòng UBND tỉnh", DIEN_BIEN, [], ["UBND tỉnh Điện Biên", "Sở Y tế"]),
    ("Các bộ phận chuyên môn", DIEN_BIEN, [], ["Bộ Y tế", "Sở Y tế"]),
    ("Các huyện ủy, thành ủy", DIEN_BIEN, [], ["UBND huyện Mường Nhé"]),
    ("Sở Y tế", DIEN_BIEN, ["Sở Y tế", "SYT", "Sở Y tế tỉnh Điện Biên", "dien-bien/so-y-te"], ["Sở Y tế Lai Châu"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "province", "meant", "others"), MEANT)
def test_a_name_means_these_bodies_and_no_others(
    name: str, province: str | None, meant: list[str], others: list[str]
) -> None:
    values = {*named_values(name, province), *collective_values(name, province)}
    assert [who for who in meant if not values.intersection(asked_values(who))] == []
    assert [who for who in others if values.intersection(asked_values(who))] == []


def test_a_name_that_no_list_has_is_found_as_it_is_written() -> None:
    assert (
        asked_values("Ban Quản lý dự án 47") == ("ban-quan-ly-du-an-47",) == named_values("Ban quản lý dự án 47", None)
    )
