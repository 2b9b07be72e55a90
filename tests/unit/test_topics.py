"""Topics: what gives one, what takes it away again, and which of several stand."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.core.model import CleanText, Recipient, Record, Topic
from services.core.text import syllables
from services.fields import Taxonomy
from services.fields.phrases import Phrases

DEFAULT = Taxonomy.load()
NO_TEXT = CleanText("", ())

words = st.lists(st.sampled_from("nước đất rừng nông nghiệp".split()), max_size=30)
phrases = st.lists(st.sampled_from("nước đất rừng nông nghiệp".split()), min_size=1, max_size=4)


def taxonomy(folder: Path, *topics: Mapping[str, object], **settings: float) -> Taxonomy:
    path = folder / "own.yaml"
    labelled = [{"vi": topic["id"], "en": topic["id"], **topic} for topic in topics]
    path.write_text(yaml.safe_dump({"topics": labelled, **settings}, allow_unicode=True), encoding="utf-8")
    return Taxonomy.load(path)


def of_subject(subject: str, notation: str | None = None) -> tuple[Topic, ...]:
    return DEFAULT.assign(Record(subject=subject, notation=notation), NO_TEXT)


@given(words, st.lists(phrases, max_size=5))
def test_a_phrase_is_counted_wherever_its_syllables_follow_each_other(text: list[str], sought: list[list[str]]) -> None:
    found = Phrases(" ".join(p) for p in sought).count(text)
    expected = {" ".join(p): sum(text[i : i + len(p)] == p for i in range(len(text))) for p in sought}
    assert found == {phrase: count for phrase, count in expected.items() if count}


@pytest.mark.parametrize(
    ("subject", "first"),
    [
        ("triển khai tiêm vắc xin phòng COVID-19 đợt 4", "y-te/tiem-chung"),
        ("tăng cường phòng, chống dịch Covid-19 trong tình hình mới", "y-te/phong-chong-dich"),
        ("ứng phó với bão số 5 và mưa lũ", "moi-truong/thien-tai"),
        ("thực hiện bảo hiểm y tế học sinh", "bao-hiem/bao-hiem-y-te"),
        ("công bố thủ tục hành chính thuộc thẩm quyền của Sở Y tế", "to-chuc-bo-may/thu-tuc-hanh-chinh"),
        ("giao đất không thu tiền sử dụng đất cho trường mầm non", "dat-dai/giao-cho-thue"),
        ("thu hồi đất để giải phóng mặt bằng", "dat-dai/thu-hoi-boi-thuong"),
        ("kế hoạch cải cách hành chính năm 2020", "to-chuc-bo-may/cai-cach-hanh-chinh"),
        ("đẩy mạnh chuyển đổi số và ứng dụng công nghệ thông tin", "khoa-hoc-cong-nghe/chuyen-doi-so"),
        ("bảo đảm an toàn giao thông dịp lễ", "giao-thong"),
        ("phòng cháy và chữa cháy tại khu dân cư", "trat-tu-an-toan/phong-chay"),
        ("thi tuyển chức danh phó giám đốc sở", "can-bo-cong-chuc"),
        ("giải quyết khiếu nại, tố cáo của công dân", "khieu-nai-to-cao"),
        ("chống thất thu thuế trong kinh doanh", "thue-phi"),
        ("giải ngân vốn đầu tư công năm 2021", "tai-chinh/dau-tu-cong"),
        ("dự toán ngân sách địa phương năm 2022", "tai-chinh/ngan-sach"),
        ("chương trình làm việc tháng 6 của Ủy ban nhân dân tỉnh", "to-chuc-bo-may/dieu-hanh"),
        ("phòng, chống bệnh dịch tả lợn", "nong-nghiep"),
    ],
)
def test_a_subject_alone_is_enough_for_the_first_topic(subject: str, first: str) -> None:
    assert of_subject(subject)[0].id == first


@pytest.mark.parametrize(
    "subject",
    [
        "điều chỉnh Điều 1 tại Quyết định số 382/QĐ-UBND ngày 16/12/2020",
        "triển khai Nghị định số 45/2020/NĐ-CP của Chính phủ",
        "thực hiện chỉ đạo của Tỉnh ủy",
        "",
    ],
)
def test_a_subject_that_says_nothing_of_its_matter_has_no_topic(subject: str) -> None:
    assert of_subject(subject, "UBND-VX") == ()


def test_what_counts_in_subjects_only_gives_nothing_in_a_body(tmp_path: Path) -> None:
    own = taxonomy(tmp_path, {"id": "rung", "subject_cues": {"rừng": 1}})
    assert own.assign(Record(), CleanText("rừng " * 50, ())) == ()
    (topic,) = own.assign(Record(subject="bảo vệ rừng"), CleanText("rừng " * 50, ()))
    assert (topic.id, topic.reason) == ("rung", "rừng (1)")


def test_a_weight_below_zero_takes_away_what_a_shorter_cue_gave(tmp_path: Path) -> None:
    cues = {"nông nghiệp": 1, "phi nông nghiệp": -1}
    own = taxonomy(tmp_path, {"id": "nong-nghiep", "cues": cues})
    assert own.assign(Record(subject="đất phi nông nghiệp"), NO_TEXT) == ()
    (topic,) = own.assign(Record(subject="nông nghiệp"), CleanText("nông nghiệp " * 4 + "phi nông nghiệp", ()))
    assert topic.reason == "nông nghiệp (5)"


def test_a_topic_stays_beside_a_much_weaker_one_below_it(tmp_path: Path) -> None:
    below = {"id": "nghe", "vi": "Nghề", "en": "Trades", "cues": {"dạy nghề": 3}}
    own = taxonomy(tmp_path, {"id": "giao-duc", "cues": {"kỳ thi": 3}, "topics": [below]})
    strong = CleanText("kỳ thi " * 16 + "dạy nghề", ())
    assert [t.id for t in own.assign(Record(), strong)] == ["giao-duc", "giao-duc/nghe"]
    even = CleanText("kỳ thi, dạy nghề", ())
    assert [t.id for t in own.assign(Record(), even)] == ["giao-duc/nghe"]


def test_what_weighs_little_beside_the_best_is_chance(tmp_path: Path) -> None:
    topics = ({"id": "lua", "cues": {"cấy lúa": 3}}, {"id": "ca", "cues": {"nuôi cá": 3}})
    text = CleanText("cấy lúa " * 64 + "nuôi cá", ())
    everything = taxonomy(tmp_path, *topics)
    assert [t.id for t in everything.assign(Record(), text)] == ["lua", "ca"]
    strict = taxonomy(tmp_path, *topics, least_share=0.5)
    assert [t.id for t in strict.assign(Record(), text)] == ["lua"]


def test_who_gets_a_copy_gives_no_topic(tmp_path: Path) -> None:
    own = taxonomy(tmp_path, {"id": "y-te", "cues": {"sở y tế": 3}})
    text = CleanText("Nơi nhận:\n- Sở Y tế;\n- Lưu: VT.", ())
    assert own.assign(Record(recipients=(Recipient(name="Sở Y tế"),)), text) == ()
    assert own.assign(Record(), text) != ()


def test_no_cue_of_the_product_stands_twice_in_one_topic() -> None:
    for entry in DEFAULT.entries.values():
        in_text = [cue.form for cue in entry.cues if not cue.subject_only]
        assert len(in_text) == len(set(in_text)), entry.id
        assert all(cue.form == " ".join(syllables(cue.spoken)) for cue in entry.cues)
