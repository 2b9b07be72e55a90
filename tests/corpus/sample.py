"""The sample archive (deploy/sample): a dozen small scans that make every facet of the search page look alive."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

from tests.corpus.make import make_scan
from tests.corpus.model import ScanSpec

_SEED = 2021
_PRIORITY = (
    "Trung tâm Kiểm soát bệnh tật tổ chức tiêm vắc xin ưu tiên cho người cao tuổi, người có bệnh nền; các đối tượng "
    "ưu tiên tiêm vắc xin trước gồm nhân viên y tế, giáo viên và lực lượng tuyến đầu chống dịch."
)
_APART = (
    "Sở Giao thông vận tải lập danh sách đối tượng ưu tiên được hỗ trợ chi phí đi lại; người đã tiêm đủ liều vắc xin "
    "được tạo điều kiện khi qua chốt kiểm soát."
)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


SAMPLE = (
    ScanSpec(
        "3127-UBND-KGVX", issuer="dien-bien", topic="tiem-chung", number=3127, date=_day("2021-09-16"), clauses=5,
        phrases=(_PRIORITY,), matter="đẩy nhanh tiến độ tiêm vắc xin phòng COVID-19 trên địa bàn",
        cut_sentence=True, digital_stamp="top_left", colour="bw",
        dpi=200, skew=0.4,
    ),
    ScanSpec(
        "UBND-VX-to-cong-tac", issuer="lai-chau", topic="phong-dich", date=_day("2021-09-08"), blank_number=True,
        blank_day=True, clauses=4, phrases=(_APART,), colour="bw", dpi=200,
    ),
    ScanSpec(
        "7415-BYT-DP", issuer="bo-y-te", topic="tiem-chung", number=7415, date=_day("2021-09-07"), clauses=3,
        matter="tiếp nhận, bảo quản và phân bổ vắc xin cho các địa phương", colour="bw", dpi=200, skew=-0.6,
        arrival_stamp=True,
    ),
    ScanSpec(
        "1894-QD-UBND", kind="QĐ", issuer="ben-tre", topic="dat-dai", number=1894, date=_day("2022-08-19"),
        clauses=4, dpi=150, jpeg_quality=22, noise=0.6,
    ),
    ScanSpec(
        "12-CD-UBND", kind="CĐ", issuer="quang-tri", topic="thien-tai", number=12, date=_day("2020-10-17"),
        clauses=3, urgency="HỎA TỐC", colour="bw", dpi=200, noise=4.0,
    ),
    ScanSpec(
        "226-TB-UBND", kind="TB", issuer="lao-cai", topic="ngan-sach", number=226, date=_day("2023-05-24"), clauses=3,
        dpi=150, jpeg_quality=22, noise=0.6,
    ),
    ScanSpec(
        "94-KH-SGDDT", kind="KH", issuer="so-giao-duc-dong-thap", topic="giao-duc", number=94,
        date=_day("2022-08-26"), clauses=6, colour="bw", dpi=200, cut_sentence=True,
    ),
    ScanSpec(
        "09-CT-UBND", kind="CT", issuer="can-tho", topic="cai-cach-hanh-chinh", number=9, date=_day("2023-03-15"),
        clauses=4, medium="pdf_text", dpi=150, jpeg_quality=22, noise=0.6,
    ),
    ScanSpec(
        "318-TTr-SYT", kind="TTr", issuer="so-y-te-nghe-an", topic="tiem-chung", number=318, date=_day("2021-12-03"),
        clauses=3, colour="bw", dpi=200, digital_stamp="below_date", framed=False,
        matter="triển khai tiêm vắc xin mũi bổ sung cho người từ 50 tuổi trở lên",
    ),
    ScanSpec(
        "405-BC-UBND", kind="BC", issuer="huyen-tuan-giao", topic="nong-nghiep", number=405, date=_day("2022-11-30"),
        clauses=3, colour="color",
        dpi=150, jpeg_quality=22, noise=0.6, skew=0.8,
    ),
    ScanSpec(
        "2960-BNV-CCHC", issuer="bo-noi-vu", topic="cai-cach-hanh-chinh", number=2960, date=_day("2023-06-20"),
        clauses=3, medium="pdf_born",
    ),
    ScanSpec(
        "8133-BNN-PCTT", issuer="bo-nong-nghiep", topic="thien-tai", number=8133, date=_day("2020-11-09"), clauses=3,
        colour="bw", dpi=200, landscape_annex=True,
    ),
    ScanSpec(
        "1376-UBND-KGVX", issuer="lao-cai", topic="giao-duc", number=1376, date=_day("2021-04-22"), blank_day=True,
        clauses=3, medium="tiff", colour="bw", dpi=200,
    ),
)  # fmt: skip


def write_sample(folder: Path) -> int:
    """Write the sample scans and `manifest.json` (file names and SHA-256) into a folder; return how many scans."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for spec in SAMPLE:
        scan = make_scan(spec, _SEED)
        (folder / scan.name).write_bytes(scan.data)
        files.append({"name": scan.name, "sha256": hashlib.sha256(scan.data).hexdigest()})
    text = json.dumps({"files": sorted(files, key=lambda file: file["name"])}, indent=2)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return len(files)
