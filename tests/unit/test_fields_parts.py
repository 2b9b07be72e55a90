"""Citations, topics and the flat line."""

from pathlib import Path

import pytest

from services.core.errors import SettingsError
from services.core.model import CleanText, Record
from services.fields import Taxonomy, cited_pages, flat_line
from services.fields.citations import find_citations
from services.fields.taxonomy_file import DEFAULT_FILE
from tests.unit.fields_support import LETTER, TAXONOMY, read, text_page


def cited(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    found = find_citations(CleanText(text, (), ((1, 0),)), None, ())
    return [(c.citation.raw, c.citation.kind, c.citation.issuer, c.citation.role) for c in found]


def test_a_citation_has_kind_date_issuer_and_role() -> None:
    found = find_citations(
        CleanText(
            "Thực hiện Kế hoạch số 12/KH-UBND ngày 05 tháng 3 năm 2021 của UBND tỉnh Hà Giang về trồng rừng", (), ()
        ),
        None,
        (),
    )
    citation = found[0].citation
    assert (citation.kind, citation.issuer, citation.role) == ("KH", "UBND tỉnh Hà Giang", "implements")
    assert citation.date is not None
    assert citation.date.day == 5


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Căn cứ Nghị định số 1/2020/NĐ-CP ngày 02/3/2020;", "basis"),
        ("Quyết định này thay thế Quyết định số 5/QĐ-UBND", "replaces"),
        ("bãi bỏ Quyết định số 5/QĐ-UBND", "repeals"),
        ("sửa đổi, bổ sung Thông tư số 5/2020/TT-BYT", "amends"),
        ("Phúc đáp Công văn số 5/SYT-NV", "answers"),
        ("(kèm theo Tờ trình số 5/TTr-SYT)", "attached"),
        ("Tiếp theo Công văn số 5/SYT-NV", "follows"),
        ("Công văn số 5/SYT-NV", None),
    ],
)
def test_the_nearest_cue_gives_the_role(text: str, role: str | None) -> None:
    assert cited(text)[0][3] == role


@pytest.mark.parametrize(
    ("after", "issuer"),
    [
        ("của Bộ Y tế về tiêm chủng", "Bộ Y tế"),
        ("của Thủ tướng Chính phủ, Công văn khác", "Thủ tướng Chính phủ"),
        ("của Bộ Giáo dục và Đào tạo và Công văn khác", "Bộ Giáo dục và Đào tạo"),
        ("của Bộ Văn hóa, Thể thao và Du lịch về lễ hội", "Bộ Văn hóa, Thể thao và Du lịch"),
        ("của Bộ Lao động - Thương binh và Xã hội.", "Bộ Lao động - Thương binh và Xã hội"),
        ("của UBND tỉnh về việc", "UBND tỉnh"),
        ("của Hội đồng nhân dân tỉnh Hà Giang quy định", "Hội đồng nhân dân tỉnh Hà Giang"),
        ("của Ban Thường vụ Tỉnh uỷ", "Ban Thường vụ Tỉnh uỷ"),
        ("của nhiều cơ quan", None),
    ],
)
def test_the_issuer_of_a_citation_ends_where_its_name_ends(after: str, issuer: str | None) -> None:
    assert cited(f"Công văn số 5/AB-CD ngày 02/3/2021 {after}")[0][2] == issuer


def test_members_of_a_list_share_the_issuer_behind_the_last() -> None:
    text = "các Công điện số 7/CĐ-TTg ngày 02/3/2021 và Công điện số 9/CĐ-TTg ngày 05/3/2021 của Thủ tướng Chính phủ"
    assert [c[2] for c in cited(text)] == ["Thủ tướng Chính phủ"] * 2


def test_words_before_a_symbol_decide_between_contract_and_guidance() -> None:
    assert [c[1] for c in cited("Hợp đồng số 5/HD-AB và Hướng dẫn số 6/HD-AB")] == ["HĐ", "HD"]


def test_a_later_mention_completes_the_first_and_is_no_second_citation() -> None:
    text = "Theo Công điện số 77/CD-BYT.\nCông điện số 77/CĐ-BYT ngày 02/3/2021 của Bộ Y tế"
    found = find_citations(CleanText(text, (), ()), None, ())
    assert len(found) == 1
    assert (found[0].citation.raw, found[0].citation.issuer) == ("77/CD-BYT", "Bộ Y tế")
    assert found[0].citation.date is not None


def test_a_documents_own_symbol_is_no_citation_even_where_its_number_was_misread() -> None:
    assert [c.raw for c in read(LETTER).record.citations] == ["77/CĐ-BNNPTNT"]
    other = read(LETTER + "\nTheo Công văn số 512/UBND-NLN nói trên.")
    assert [c.raw for c in other.record.citations] == ["77/CĐ-BNNPTNT"]


# --------------------------------------------------------------------------- topics


def topics(text: str, subject: str | None = None, notation: str | None = None) -> list[str]:
    return [t.id for t in TAXONOMY.assign(Record(subject=subject, notation=notation), CleanText(text, ()))]


def test_topics_are_found_with_and_without_marks_and_in_either_spelling() -> None:
    assert "y-te/tiem-chung" in topics("Tổ chức tiêm vắc xin cho trẻ em")
    assert "y-te/tiem-chung" in topics("To chuc tiem vac xin cho tre em")
    assert topics("giải quyết khiếu nại, tố cáo và tiếp công dân") == topics(
        "giải quyết khiếu nại tố cáo và tiếp công dân"
    )
    assert "van-hoa-the-thao" in topics("đời sống văn hoá ở cơ sở")


def test_a_topic_says_what_in_the_text_led_to_it() -> None:
    (topic,) = TAXONOMY.assign(Record(), CleanText("Tiêm vắc xin đợt 2. Tiêm vắc xin đợt 3.", ()))
    assert topic.id == "y-te/tiem-chung"
    assert topic.reason is not None
    assert "tiêm vắc xin (2)" in topic.reason
    assert topic.label == "Tiêm chủng"


def test_a_cue_counts_as_a_run_of_whole_syllables() -> None:
    assert topics("đầu tư côngtennơ") == []
    assert "tai-chinh" not in topics("kinh phíxxx")


def test_a_topic_with_a_context_needs_it() -> None:
    text = "giãn cách xã hội, phong tỏa"
    assert "y-te/phong-chong-dich/gian-cach" not in topics(text)
    assert "y-te/phong-chong-dich/gian-cach" in topics(text + " để phòng, chống dịch")


def test_the_subject_weighs_more_than_the_text_and_a_child_stands_for_its_parent() -> None:
    assert topics("có trường học", None) == []
    assert topics("có trường học", "V/v xây dựng trường học") == ["giao-duc"]
    found = topics("bệnh viện, dịch bệnh, Sở Y tế, tiêm chủng")
    assert "y-te/tiem-chung" in found
    assert "y-te" not in found


def test_a_symbols_unit_alone_gives_no_topic() -> None:
    assert topics("Xin thông báo để biết.", notation="UBND-SYT") == []


def test_every_id_of_the_default_taxonomy_is_a_path_with_labels_in_both_languages() -> None:
    for topic_id, entry in TAXONOMY.entries.items():
        assert entry.parent is None or entry.parent in TAXONOMY.entries
        assert TAXONOMY.label(topic_id, "vi") == entry.vi
        assert TAXONOMY.label(topic_id, "en") == entry.en
        assert entry.cues, topic_id
    assert TAXONOMY.label("gone/long-ago") == "gone/long-ago"


def test_an_own_taxonomy_file_takes_the_place_of_the_default(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("threshold: 1\ntopics:\n  - {id: lua, vi: Lúa, en: Rice, cues: {cấy lúa: 1}}\n", encoding="utf-8")
    taxonomy = Taxonomy.load(own)
    assert [t.id for t in taxonomy.assign(Record(), CleanText("vụ cấy lúa", ()))] == ["lua"]


@pytest.mark.parametrize("text", ["topics: 5", "- a", "topics:\n  - {id: A B, vi: x, en: y}", ": : :"])
def test_a_broken_taxonomy_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"broken\.yaml"):
        Taxonomy.load(broken)
    with pytest.raises(SettingsError):
        Taxonomy.load(tmp_path / "missing.yaml")
    assert DEFAULT_FILE.exists()


# --------------------------------------------------------------------------- the flat line


def test_the_flat_line_has_every_key_and_plain_values() -> None:
    extraction = read(LETTER)
    line = flat_line("a.pdf", 1, [extraction])
    assert set(line) == {
        *("file", "pages", "symbol", "issued_date", "place", "issuer", "parent_issuer", "doc_type", "subject"),
        *("addressees", "signing_authority", "signer_title", "signer_name", "copy_line", "incoming_stamp", "urgency"),
        *("cites", "cites_later", "also_in_file", "unconfirmed", "candidates"),
    }
    assert line["issued_date"] == "2022-12-09"
    assert line["doc_type"] == "Công văn"
    assert line["signing_authority"] == "TM. ỦY BAN NHÂN DÂN / KT. CHỦ TỊCH"
    assert line["cites"] == ["77/CĐ-BNNPTNT"]
    assert line["unconfirmed"] == []


def test_blanks_are_shown_as_the_truth_files_show_them() -> None:
    blank = read(LETTER.replace("Số: 512/", "Số: /").replace("ngày 09 tháng", "ngày tháng"))
    line = flat_line("a.pdf", 1, [blank])
    assert (line["symbol"], line["issued_date"]) == ("?/UBND-NLN", "2022-12")


def test_citations_of_later_pages_and_further_documents_stand_apart() -> None:
    pages = [text_page(LETTER, 1), text_page("Trang hai", 2), text_page("Theo Quyết định số 8/QĐ-TTg.", 3)]
    extraction = read(*pages)
    line = flat_line("a.pdf", 3, [extraction, read(LETTER)], [cited_pages(extraction.record)])
    assert line["cites"] == ["77/CĐ-BNNPTNT"]
    assert line["cites_later"] == ["8/QĐ-TTg"]
    assert [d["symbol"] for d in line["also_in_file"]] == ["512/UBND-NLN"]


def test_a_file_that_could_not_be_read_has_a_line_too() -> None:
    assert flat_line("a.pdf", 0, []) == {"file": "a.pdf", "pages": 0}
