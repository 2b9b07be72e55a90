"""From a spec and a seed to what a dispatch says: its record and the blocks of text to set."""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from services.core.deadlines import whole_days
from services.core.model import Arrival, Citation, Due, Issuer, Kind, PartialDate, Recipient, Record, Signer, Task
from tests.corpus.blocks import Block, addressed, center, title_of
from tests.corpus.model import ScanSpec

KIND_NAMES = {
    "CV": "Công văn", "QĐ": "Quyết định", "CĐ": "Công điện", "TB": "Thông báo",
    "KH": "Kế hoạch", "CT": "Chỉ thị", "TTr": "Tờ trình", "BC": "Báo cáo",
}  # fmt: skip
MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
LOCALITIES = "Ủy ban nhân dân các huyện, thị xã, thành phố"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What one dispatch says, not yet how it stands on paper."""

    record: Record
    topic: str
    head: tuple[tuple[str, bool], ...]
    symbol_line: str
    date_line: str
    title: tuple[Block, ...]
    side_subject: str | None
    body: tuple[Block, ...]
    recipients: tuple[str, ...]
    seal: tuple[str, str]
    annex: tuple[tuple[str, ...], ...] = ()


@lru_cache
def _data(name: str) -> dict[str, Any]:
    path = Path(__file__).parent / "data" / name
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def topics() -> tuple[str, ...]:
    """Return the names of all topics."""
    return tuple(_data("topics.yaml"))


def issuers() -> tuple[str, ...]:
    """Return the names of all issuers."""
    return tuple(_data("issuers.yaml"))


def symbol_key(number: str | None, notation: str) -> str | None:
    """Return the key of a symbol without year (docs: number without leading zeros, notation upper and D-folded)."""
    if number is None:
        return None
    folded = unicodedata.normalize("NFC", notation).upper().replace("Đ", "D")
    return f"{number.lstrip('0')}||{folded}"


def compose_dispatch(spec: ScanSpec, seed: int) -> Dispatch:
    """Decide everything that the spec leaves open; the same spec and seed give the same dispatch."""
    return _Writer(spec, random.Random(f"{spec.name}/{seed}")).write()


class _Writer:
    def __init__(self, spec: ScanSpec, rng: random.Random) -> None:
        self.spec, self.rng = spec, rng
        self.topic_name = spec.topic or rng.choice(topics())
        self.topic = _data("topics.yaml")[self.topic_name]
        self.issuer = _data("issuers.yaml")[spec.issuer or rng.choice(issuers())]
        self.date = spec.date or dt.date(2020, 3, 2) + dt.timedelta(days=rng.randrange(1300))
        self.own_tasks = [(self._assignee(who), text) for who, text in self.topic["tasks"]]
        self.citations: list[Citation] = []
        self.tasks: list[Task] = []

    def write(self) -> Dispatch:
        notation = self._notation()
        number = None if self.spec.blank_number else f"{self.spec.number or self.rng.randrange(11, 4800):02d}"
        matter = self.spec.matter or self.fill(self.rng.choice(self.topic["matter"]))[0]
        subject = matter if self.spec.kind == "CV" else _capital(self._subject(matter))
        title, body, addressees = self._body(matter, subject)
        recipients, record_recipients = self._recipients(addressees)
        authority, signer_title = self.rng.choice(self.issuer["signing"])
        name = self.spec.signer or self.person()
        head = self.issuer["head"]
        bold = self.issuer["bold"]
        record = Record(
            symbol=f"{number or ''}/{notation}",
            number=number,
            notation=notation,
            symbol_key=symbol_key(number, notation),
            kind=Kind(code=self.spec.kind, name=KIND_NAMES[self.spec.kind]),
            issuer=Issuer(
                name=" ".join(head[-bold:]),
                parent=" ".join(head[:-bold]) or None,
                level=self.issuer["level"],
                place=self.issuer["place"],
            ),
            issued_on=self._issued_on(),
            place=self.issuer["place"],
            subject=subject,
            addressees=tuple(addressees),
            recipients=record_recipients,
            copy_line=recipients[-1].lstrip("- ").rstrip("."),
            signer=Signer(authority=tuple(authority), title=signer_title, name=name),
            urgency=self.spec.urgency,
            arrival=self._arrival(),
            citations=tuple(self.citations),
            tasks=tuple(self.tasks),
        )
        return Dispatch(
            record=record,
            topic=self.topic_name,
            head=tuple((line, i >= len(head) - bold) for i, line in enumerate(head)),
            symbol_line=f"Số: {number or '        '}/{notation}",
            date_line=f"{self.issuer['place']}, {self._issued_on().as_written}",
            title=title,
            side_subject=f"V/v {matter}" if self.spec.kind == "CV" else None,
            body=tuple(body),
            recipients=tuple(recipients),
            seal=(self.issuer["seal"][0], self.issuer["seal"][1]),
            annex=self._annex() if self.spec.landscape_annex else (),
        )

    # ------------------------------------------------------------------ parts of the record

    def _notation(self) -> str:
        abbr = str(self.issuer["abbr"])
        if self.spec.kind != "CV":
            return f"{self.spec.kind}-{abbr}"
        unit = self.topic["ministry_unit"] if self.issuer["level"] == "ministry" else self.topic["unit"]
        return f"{abbr}-{unit}"

    def _issued_on(self) -> PartialDate:
        year, month = self.date.year, self.date.month
        months = f"tháng {month:02d}" if month < 3 else f"tháng {month}"
        if self.spec.blank_day:
            last = monthrange(year, month)[1]
            return PartialDate(
                year=year, month=month, earliest=dt.date(year, month, 1), latest=dt.date(year, month, last),
                as_written=f"ngày       {months} năm {year}",
            )  # fmt: skip
        return PartialDate(
            year=year, month=month, day=self.date.day, earliest=self.date, latest=self.date,
            as_written=f"ngày {self.date.day:02d} {months} năm {year}",
        )  # fmt: skip

    def _arrival(self) -> Arrival | None:
        if stamp := self.spec.stamp:
            return Arrival(number=stamp.number, date=stamp.date, on=stamp.on)
        if self.spec.digital_stamp is None and not self.spec.arrival_stamp:
            return None
        on = self.date + dt.timedelta(days=self.rng.randrange(3))
        written = f"{on:%d/%m/%Y}" if self.spec.digital_stamp else f"{on.day}/{on.month}/{on.year}"
        return Arrival(number=str(self.rng.randrange(1001, 9800)), date=written, on=on)

    def person(self) -> str:
        """Return an invented name."""
        names = _data("agencies.yaml")
        given = names["men" if self.rng.random() < 0.7 else "women"]
        return " ".join(self.rng.choice(part) for part in (names["surnames"], given["middle"], given["given"]))

    def _recipients(self, addressees: list[str]) -> tuple[list[str], tuple[Recipient, ...]]:
        first = ["Như trên"] if addressees else ["Các đơn vị có liên quan"]
        roles: list[tuple[str, str | None]] = [(name, None) for name in first]
        roles += [(name, "b/c") for name in self.issuer["above"]]
        roles.append(("Lãnh đạo cơ quan", None))
        drafter = "".join(self.rng.choice("ABCDHLNTQ") for _ in range(3))
        lines = [f"- {name} ({role});" if role else f"- {name};" for name, role in roles]
        lines.append(f"- Lưu: VT, {self.topic['unit']}({drafter}).")
        return lines, tuple(Recipient(name=name, role=role) for name, role in roles)

    def _annex(self) -> tuple[tuple[str, ...], ...]:
        rows = [("STT", "Địa phương", "Chỉ tiêu được giao", "Đã thực hiện", "Tỷ lệ (%)", "Ghi chú")]
        for i, district in enumerate(self.issuer["districts"], start=1):
            goal = self.rng.randrange(2000, 9000)
            done = self.rng.randrange(800, goal)
            note = self.rng.choice(("Đạt tiến độ", "Chậm tiến độ", "Đang triển khai"))
            rows.append((str(i), _capital(district), str(goal), str(done), f"{done * 100 // goal}", note))
        return tuple(rows)

    # ------------------------------------------------------------------ text

    def _assignee(self, who: str) -> str:
        """Return the body that has this duty at the level of the issuer."""
        if who == LOCALITIES:
            return str(self.issuer["localities"])
        return who.replace("Sở ", "Phòng ") if self.issuer["level"] == "district" else who

    def fill(self, template: str) -> tuple[str, Due | None]:
        """Fill the slots of a template; the second value is the deadline it names."""
        due: Due | None = None
        rng = self.rng
        districts = rng.sample(self.issuer["districts"], 2)
        values = {
            "n": str(rng.randrange(3, 60)), "n2": str(rng.randrange(3, 40)), "pct": str(rng.randrange(35, 97)),
            "money": f"{rng.randrange(2, 90)}.{rng.randrange(100, 999)}", "year": str(self.date.year),
            "last_year": str(self.date.year - 1), "district": districts[0], "district2": districts[1],
            "area": self.issuer["area"], "day": _short(self.date - dt.timedelta(days=rng.randrange(2, 9))),
        }  # fmt: skip
        if "{deadline}" in template:
            day = self.date + dt.timedelta(days=rng.randrange(8, 30))
            written = _short(day) if rng.random() < 0.5 else f"{day.day:02d} tháng {day.month} năm {day.year}"
            values["deadline"] = f"trước ngày {written}"
            due = Due(as_written=values["deadline"], **whole_days(day, day))
        return template.format(**values), due

    def cite(self, agency: str) -> str:
        """Invent a document of an agency, keep it among the citations, return it in the form of a first citation."""
        cited = _data("agencies.yaml")["cited"][agency]
        kind, notation = self.rng.choice(cited["papers"])
        number = str(self.rng.randrange(16, 6900))
        on = self.date - dt.timedelta(days=self.rng.randrange(2, 40))
        issuer = cited["name"]
        written = f"ngày {_short(on)}"
        self.citations.append(
            Citation(
                raw=f"{number}/{notation}", key=symbol_key(number, notation), kind=kind, issuer=issuer,
                date=PartialDate(
                    year=on.year, month=on.month, day=on.day, earliest=on, latest=on, as_written=written
                ),
            )
        )  # fmt: skip
        name = KIND_NAMES.get(kind, "Nghị quyết")
        return f"{name} số {number}/{notation} {written} của {issuer}"

    def _subject(self, matter: str) -> str:
        lead = {
            "QĐ": "Ban hành Kế hoạch", "CĐ": "Về việc", "TB": "Kết luận tại cuộc họp về việc", "KH": "",
            "CT": "Về việc", "TTr": "Về việc đề nghị phê duyệt phương án", "BC": "Kết quả",
        }  # fmt: skip
        return f"{lead[self.spec.kind]} {matter}".strip()

    def _body(self, matter: str, subject: str) -> tuple[tuple[Block, ...], list[Block], list[str]]:
        title = () if self.spec.kind == "CV" else title_of(KIND_NAMES[self.spec.kind].upper(), subject)
        if self.spec.kind == "QĐ":
            return title, self._decision(matter), []
        addressees = self._addressees()
        body = addressed(addressees) if addressees else []
        if self.spec.kind == "CĐ":
            body = [center(f"{self.issuer['chair']} ĐIỆN:", "b"), *body]
        body.append(Block(self._opening(matter)))
        body += [Block(self.fill(fact)[0]) for fact in self.topic["facts"]]
        if self.spec.kind in ("KH", "BC"):
            body.append(Block("I. MỤC ĐÍCH, YÊU CẦU" if self.spec.kind == "KH" else "I. KẾT QUẢ THỰC HIỆN", style="b"))
            body.append(Block(f"Các cơ quan, đơn vị cần nhận thức rõ trách nhiệm để {self._aim()}."))
            body.append(Block("II. NHIỆM VỤ VÀ GIẢI PHÁP", style="b"))
        body += self._clauses()
        return title, [*body, Block(self._closing(matter))], addressees

    def _aim(self) -> str:
        return str(self.rng.choice(self.topic["aim"]))

    def _opening(self, matter: str) -> str:
        first, second = (self.cite(agency) for agency in self.topic["cites"])
        short, above = self.issuer["short"], self.issuer["above"][0]
        lead = {
            "BC": f"{short} báo cáo kết quả thực hiện như sau:",
            "TTr": f"{short} kính trình {above} xem xét, phê duyệt phương án với các nội dung sau:",
            "TB": f"{short} đã tổ chức cuộc họp đánh giá tình hình và thống nhất kết luận như sau:",
        }.get(
            self.spec.kind,
            f"{short} yêu cầu các cơ quan, đơn vị tập trung thực hiện tốt các nội dung sau đây:",
        )
        return f"Thực hiện {first} và {second} về việc {matter}; để {self._aim()}, {lead}"

    def _closing(self, matter: str) -> str:
        short, above = self.issuer["short"], self.issuer["above"][0]
        return {
            "BC": f"Trên đây là báo cáo của {short} về kết quả {matter}, kính gửi {above} tổng hợp./.",
            "TTr": f"{short} kính trình {above} xem xét, quyết định./.",
            "TB": f"{short} thông báo để các cơ quan, đơn vị biết, nghiêm túc thực hiện./.",
        }.get(
            self.spec.kind,
            "Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, các cơ quan, đơn vị kịp thời báo cáo "
            f"{short} để xem xét, chỉ đạo./.",
        )

    def _chosen_tasks(self, count: int) -> list[tuple[str, str]]:
        """Return duties of the topic, then common ones, then the topic's again; those with a deadline first."""
        common = [(self._assignee(who), text) for who, text in _data("common.yaml")["tasks"]]
        pools = [self.rng.sample(pool, len(pool)) for pool in (self.own_tasks, common)]
        chosen = (pools[0] + pools[1] + pools[0])[:count]
        return sorted(chosen, key=lambda task: "{deadline}" not in task[1])

    def _clauses(self) -> list[Block]:
        blocks = []
        for i, (who, template) in enumerate(self._chosen_tasks(self.spec.clauses), start=1):
            text, due = self.fill(template)
            self.tasks.append(Task(assignees=(who,), text=text, due=due))
            blocks.append(Block(f"{i}. {who} {text}"))
        return blocks + [Block(f"{len(blocks) + i}. {phrase}") for i, phrase in enumerate(self.spec.phrases, start=1)]

    def _addressees(self) -> list[str]:
        if self.spec.kind in ("TB", "KH", "CT", "BC"):
            return []
        if self.spec.kind == "TTr":
            return [str(self.issuer["above"][0])]
        if self.issuer["level"] == "ministry":
            return [self.issuer["localities"]]
        departments = [who for who, _ in self.own_tasks if who != self.issuer["localities"]]
        return [*departments[:2], self.issuer["localities"]]

    def _decision(self, matter: str) -> list[Block]:
        bases = [
            "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
            *(f"Căn cứ {self.cite(agency)};" for agency in self.topic["cites"]),
            f"Theo đề nghị của {self.own_tasks[0][0]}.",
        ]
        articles = [f"Ban hành kèm theo Quyết định này Kế hoạch {matter} trên địa bàn {self.issuer['area']}."]
        for who, template in self._chosen_tasks(self.spec.clauses):
            text, due = self.fill(template)
            self.tasks.append(Task(assignees=(who,), text=text, due=due))
            articles.append(f"{who} {text}")
        articles += self.spec.phrases
        articles.append(
            "Quyết định này có hiệu lực thi hành kể từ ngày ký. Thủ trưởng các cơ quan, đơn vị có liên quan "
            "chịu trách nhiệm thi hành Quyết định này./."
        )
        return [
            center(self.issuer["chair"], "b"),
            *(Block(base, style="i") for base in bases),
            center("QUYẾT ĐỊNH:", "b"),
            *(Block(f"Điều {i}. {article}") for i, article in enumerate(articles, start=1)),
        ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _short(day: dt.date) -> str:
    return f"{day.day}/{day.month}/{day.year}"
