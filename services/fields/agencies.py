"""Agencies named in running text: where a name begins, how far it goes, and which names make a list.

A name begins with a word of the kinds of bodies and offices ("Sở", "UBND", "Chủ tịch", "các cơ quan") and goes on
until a verb, a word that no name has, or a stop. The verbs are those in which orders are given; they also tell
"Sở Y tế chủ trì ..." (an order) from other sentences about Sở Y tế.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.gazetteer import central_fields
from services.core.text import fold

_MOST_WORDS = 18
_WORD = re.compile(r"\S+")


def _forms(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(form.split()) for form in re.split(r"[|\n]", text) if form.strip())


_HEADS = _forms(
    """so|bo|cuc|chi cuc|tong cuc|vu|phong|ban|vien|hoc vien|truong|dai|bao|hoi|doan|to|doi|tap chi|lien doan|hiep hoi
    ubnd|uy ban|uy ban nhan dan|uy ban mttq|uy ban mat tran|hdnd|hoi dong|hoi dong nhan dan|van phong|vpubnd|cong an
    bo chi huy|bo doi bien phong|bo tu lenh|quan khu|thanh tra|thanh tra chinh phu|kho bac|bao hiem xa hoi|ngan hang
    trung tam|benh vien|tinh doan|huyen doan|thanh doan|quan doan|mat tran|mttq|lien minh|lien hiep|doan thanh nien
    dang uy|dang doan|tinh uy|thanh uy|huyen uy|thi uy|quan uy|thuong truc|ban thuong vu|ban chi dao|ban chi huy
    ban quan ly|ban to chuc|ban can su|ban tuyen giao|ban dan van|to cong tac|to bien tap|tieu ban|hat kiem lam
    vien kiem sat|toa an|cong ty|tong cong ty|tap doan|dien luc|vnpt|viettel|evn|kiem toan|cang vu|cong doan|nha may
    thu truong|nguoi dung dau|chu tich|pho chu tich|giam doc|pho giam doc|tong giam doc|truong ban|truong phong
    chanh van phong|chanh thanh tra|chanh an|cuc truong|vu truong|chi cuc truong|tong cuc truong|bo truong|hieu truong
    vien truong|bi thu|to truong|tong bien tap|chi huy truong|chu nhiem|thong doc|co quan|don vi|chi nhanh|don bien phong
    cac so|cac bo|cac ban|cac co quan|cac don vi|cac dia phuong|cac huyen|cac tinh|cac thanh pho|cac quan|cac thi xa
    cac phong|cac xa|cac phuong|cac truong|cac doanh nghiep|cac hoi|cac to chuc|cac nganh|cac cap|cac uy ban|cac cong ty
    cac ngan hang|cac thanh vien|cac cuc|cac vu|cac chi cuc|cac trung tam|cac benh vien|cac doan the|cac co so
    cac chu dau tu|cac don|cac chi nhanh|cac tap doan|cac tong cong ty|cac tieu ban|cac nha dau tu|cac khoa|cac to
    cac luc luong|cac vien|cac hoc vien|cac dang|cac dang uy|cac chi bo|cac ban nganh|cac dong chi|dong chi
    so nganh|so, ban|cap uy|chinh quyen|lanh dao|dia phuong|chu dau tu|nha thau|luc luong chuc nang"""
)
"""How names begin, folded. One-syllable ones only before a capital: "Ban Tổ chức", never "Ban hành"."""

_CAPITAL_FOLLOWS = frozenset("so bo cuc vu phong ban vien truong dai bao hoi doan to doi lanh".split())
_LOWER_TOO = frozenset("ubnd uy hdnd cac dong mttq vnpt cong thu chu giam".split())  # may begin inside a sentence in small letters
_NEVER = _forms("ban hanh|bao cao|to chuc|truong hop|phong chong|bo phan|doan ket|hoi nghi|hoi dong thi dua|to trinh")

ORDER = _forms(
    """chu tri|phoi hop|tham muu|thuc hien|to chuc|xay dung|ra soat|tang cuong|tiep tuc|chi dao|huong dan|bao cao
    trien khai|chu dong|khan truong|kip thoi|thuong xuyen|nghiem tuc|nghiem cam|tap trung|day manh|kiem tra|giam sat
    don doc|theo doi|tong hop|de xuat|xem xet|nghien cuu|bo tri|bao dam|dam bao|quan triet|tuyen truyen|van dong
    cung cap|cap nhat|cong bo|cong khai|phan cong|quyet dinh|phe duyet|tham dinh|tham tra|thanh tra|xu ly|giai quyet
    khac phuc|huy dong|ho tro|quan ly|su dung|thanh lap|kien toan|ban hanh|soan thao|hoan thanh|hoan thien|hoan chinh
    gui|trinh|lap|ke khai|dang ky|chuan bi|phan bo|tiep nhan|dieu phoi|dieu hanh|dieu chinh|dieu tra|thong ke|thong bao
    danh gia|phat huy|phat hien|phat dong|pho bien|nang cao|duy tri|kien quyet|siet chat|thao go|chiu trach nhiem
    bam sat|xac dinh|xac minh|cuu tro|dua noi dung|bieu duong|tang thoi luong|tang|rut ngan|xu phat|chan chinh
    khuyen khich|van hanh|mua sam|dau tu|dao tao|boi duong|tap huan|ky ket|phan loai|niem yet|long ghep|tien hanh
    tuan thu|tao dieu kien|quan tam|tich cuc|thong nhat|ket noi|tich hop|so hoa|khai thac|ap dung|lay y kien|gop y
    tra loi|tiep thu|giai trinh|chinh sua|sua doi|bo sung|kiem soat|ngan chan|phong ngua|ung pho|so tan|di doi
    truc ban|bao ve|bao quan|tam dung|dung|chap hanh|dang tai|nhac nho|phe binh|khen thuong|keu goi|doi moi|uu tien
    can doi|tinh toan|phan tich|chia se|sao gui|de cao|lien he|thu hoi|thanh toan|kiem ke|nghiem thu|tham du|tham gia
    cu|tong ket|so ket|canh bao|van chuyen|tu van|tuyet doi|khong de|khong duoc|khong yeu cau|khong|han che|lua chon
    giai phong|giai ngan|phai|can|can cu|theo chuc nang|theo tham quyen|theo nhiem vu|tren co so|trong pham vi|dinh ky
    hang ngay|hang tuan|hang thang|hang quy|lam dau moi|lam tot|co trach nhiem|co nhiem vu|co ke hoach|co phuong an
    co giai phap|co bien phap|co van ban|la co quan|la don vi|la dau moi|nhanh chong|linh hoat|khan cap|nghiem chinh
    yeu cau|de nghi|kien nghi|kiem diem|lam ro|lam viec|thuc day|mo rong|cung co|khoi phuc|cham soc|cham lo|ngan ngua
    dam nhan|truc tiep|dang|phan cap|giao|trao doi|xin y kien|bo sung|toi uu|doi chieu|hop dong|phoi, ket hop|ket hop
    rut kinh nghiem|kip thoi|som|mo|nam|nam bat|nam chac|giu|giu gin|giu vung|dua|tru|cai cach|cat giam|tiet kiem
    giai toa|day nhanh|day lui|quy hoach|luu tru|so hoa|truy vet|xet nghiem|tiem|dieu tri|cach ly|khoanh vung|phong toa|chu trong|uy quyen"""
)
"""How orders begin, folded, after the name of who has to act or at the head of a clause."""

_NAME_ENDS = frozenset(
    "đã đang được bị là có sẽ để cho với tại trong về theo khi nếu do từ đến vào trước sau không chưa nhằm nhưng mà vì "
    "bằng này trên như qua giữa cùng vừa tự".split()
)
"""Words that end a name, with their marks: folded, "từ" is the second half of Đầu tư."""

_IN_NAMES = _forms("co lien quan|co cong trinh|tren dia ban|tai dia phuong|truc thuoc|cap huyen|cap tinh|cap xa|co quyen loi")
_VERB_IN_NAME_AFTER = frozenset("ban phong cuc vu chi trung to don".split())
_LISTED = frozenset(
    "ban nganh don dia huyen thi thanh xa phuong doan co to ca so bo quan hoi doanh truong luc chong cap nha thu cong "
    "phong tinh chi khu thon cac".split()
)


_PLURAL = re.compile(
    r"(?P<office>(?:[^\W\d_]+\s+){0,3}?)các\s+(?P<kind>sở|bộ|ban|cục|phòng)\s*:\s*(?P<rest>.+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Named:
    """The agencies that a text names in one place, `text[start:end]`, each as written."""

    names: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    text: str
    form: str

    @property
    def plain(self) -> str:
        """The word in small letters, without the marks around it."""
        return self.text.strip(",;:.()!?").lower()

    @property
    def capital(self) -> bool:
        bare = self.text.lstrip("“\"'(")
        return bare[:1].isupper()

    @property
    def mark(self) -> str:
        """The mark that ends it, if it is one after which a name may stop."""
        return self.text[-1] if self.text[-1] in ",;:.)!?”\"" else ""


def read_agencies(text: str, at: int = 0) -> Named | None:
    """Read the agencies that a text names at `at`, a list of them too; None where none begins there."""
    tokens = _tokens(text, at)
    if not tokens or not _head_size(tokens, 0):
        return None
    names: list[str] = []
    where = 0
    while True:
        after = _name_end(tokens, where)
        names += _expanded(text[tokens[where].start : tokens[after - 1].end])
        following = _next_name(tokens, after)
        if following is None:
            return Named(_once(names), tokens[0].start, tokens[after - 1].end)
        where = following


ASKS = r"(?:(?:kính\s+)?đề nghị|yêu cầu|giao|phân công)(?:\s+(?:nhiệm vụ\s+)?cho)?"
_LEAD = re.compile(
    rf"(?:(?:{ASKS}|đối với|(?:trách nhiệm|nhiệm vụ)\s+của)\s+)?(?=\S)", re.IGNORECASE
)


def addressed_to(text: str, heading: str | None) -> tuple[str, ...]:
    """Return the agencies that a clause speaks to: named alone in its heading, or before what they have to do."""
    first, _, rest = text.partition("\n")
    lead = _LEAD.match(first)
    named = read_agencies(first, lead.end() if lead else 0)
    if named is None:
        return ()
    said = f"{first[named.end :]} {rest}".lstrip(" :,.–-")
    only = heading is not None and not first[named.end :].strip(" :.,;")
    return named.names if only or orders(said) else ()


def orders(text: str) -> bool:
    """Whether what stands behind an agency's name is something it has to do; a remark in brackets is passed over."""
    text = re.sub(r"^\s*\([^)]{0,200}\)", "", text).lstrip(" :,;.–-")
    return starts_order(text)


def starts_order(text: str) -> bool:
    """Whether a text begins the way an order does: with a verb of `ORDER`."""
    tokens = _tokens(text.lstrip("\"“'(-–: "), 0)
    return bool(tokens) and _size(tokens, 0, ORDER) > 0


def _tokens(text: str, at: int) -> list[_Token]:
    found = []
    for match in _WORD.finditer(text, at, at + 1200):
        form = re.sub(r"[^a-z0-9]", "", fold(match[0]))
        found.append(_Token(match.start(), match.end(), match[0], form))
    return found


def _size(tokens: Sequence[_Token], at: int, forms: frozenset[tuple[str, ...]]) -> int:
    """Length of the longest of the forms that stands at `at`, 0 where none does."""
    for size in (5, 4, 3, 2, 1):
        words = tuple(t.form for t in tokens[at : at + size])
        if len(words) == size and words in forms and not any(t.mark in (".", ";", ":") for t in tokens[at : at + size - 1]):
            return size
    return 0


def _head_size(tokens: Sequence[_Token], at: int) -> int:
    size = _size(tokens, at, _HEADS)
    if not size or _size(tokens, at, _NEVER):
        return 0
    first = tokens[at]
    if not first.capital and first.form not in _LOWER_TOO:
        return 0
    if first.form == "so" and "ố" in first.text.lower():  # số is a number
        return 0
    if first.form in _CAPITAL_FOLLOWS and (size == 1 or first.form == "lanh"):
        following = tokens[at + size] if at + size < len(tokens) else None
        named = following and (following.capital or following.text[:1] == "(" or following.form == "cac")
        return size if named and not tokens[at + size - 1].mark else 0
    return size


def _name_end(tokens: Sequence[_Token], at: int) -> int:
    """Return the index behind the last word of the name that begins at `at`."""
    head = _head_size(tokens, at)
    end = at + head
    while end < len(tokens) and end - at < _MOST_WORDS and not _stops(tokens, at, end, head):
        end += _size(tokens, end, _IN_NAMES) or 1
    return _colon_list_end(tokens, end) if _lists_after_colon(tokens, end) else min(end, len(tokens))


def _lists_after_colon(tokens: Sequence[_Token], end: int) -> bool:
    """Tell "các Sở: Y tế, Tài chính" from "các Sở: Chủ trì ..."."""
    if not 1 < end < len(tokens) or not tokens[end - 1].text.endswith(":"):
        return False
    several = tokens[end - 2].form == "cac" and tokens[end - 1].form in _COLON_KINDS
    return several and tokens[end].capital and not _size(tokens, end, ORDER)


def _stops(tokens: Sequence[_Token], at: int, end: int, head: int) -> bool:
    before, word = tokens[end - 1], tokens[end]
    if before.mark and before.mark != ",":
        return True
    if word.text[0] in "(-–" and (len(word.text) > 1 or not tokens[end + 1 : end + 2] or not tokens[end + 1].capital):
        return True
    if _size(tokens, end, _IN_NAMES):
        return False
    verb = _size(tokens, end, ORDER)
    if verb and not (end == at + head and tokens[at].form in _VERB_IN_NAME_AFTER and not before.mark):
        if not word.capital:
            return True
        if verb > 1 and not tokens[end + 1].capital and word.form not in ("ke", "thanh", "kiem", "quan", "dau", "bao"):
            return before.form not in ("va", "ban", "so", "bo", "phong", "cuc", "vu", "tam", "sat")
    if (tokens[end - 2].form, before.form) == ("lien", "quan") and word.plain not in _AFTER_RELATED:
        return True
    if before.mark == "," and word.form == "cac" and tokens[at].form in _OF_AREAS:
        return not (tokens[end + 1 : end + 2] and tokens[end + 1].form in _AREAS)
    if before.mark == ",":
        return _head_size(tokens, end) > 0 or not (word.capital or word.form in _LISTED)
    if word.form == "va":
        return _head_size(tokens, end + 1) > 0 or _size(tokens, end + 1, ORDER) > 0 and not tokens[end + 1].capital
    if word.form in ("cac", "nhung"):
        return before.form not in _OF_THE and _head_size(tokens, end) > 0
    return not word.capital and word.plain in _NAME_ENDS


_OF_AREAS = frozenset("ubnd uy chu".split())
_AREAS = frozenset("huyen thanh thi quan xa phuong tinh".split())
"""UBND các huyện, các xã: one kind of body, whose areas are listed."""
_AFTER_RELATED = frozenset("trên thuộc tại của đến ở trực và tỉnh huyện thành".split())
_COLON_KINDS = frozenset("so bo ban cuc phong huyen tinh xa phuong nganh".split())
_OF_THE = frozenset(
    "ubnd dan truong tich doc thu phong lanh ban cua dao va hoi doan an tra thuong vien nghiep uy nguoi dau".split()
)
"""What stands before "các" inside one name: Thủ trưởng các sở, UBND các huyện, Ban Quản lý các khu công nghiệp."""


def _colon_list_end(tokens: Sequence[_Token], end: int) -> int:
    """Return where the names after "các sở:" end: words of names until a small word that joins nothing."""
    while end < len(tokens) and tokens[end].text[0] not in "(-–":
        word, before = tokens[end], tokens[end - 1]
        if before.mark in (".", ";") or (_size(tokens, end, ORDER) and not word.capital):
            break
        if not word.capital and before.mark == ",":
            break
        if _head_size(tokens, end) > 0 or (not word.capital and word.plain in _NAME_ENDS):
            break
        end += 1
    return end


def _next_name(tokens: Sequence[_Token], after: int) -> int | None:
    """Return where the next name of the list begins, behind a comma, a semicolon or "và"."""
    if after >= len(tokens):
        return None
    before = tokens[after - 1]
    at = after + 1 if tokens[after].form in ("va", "cung") and not before.mark == ":" else after
    joined = at > after or before.mark in (",", ";")
    if tokens[at - 1].form == "cung":
        at += tokens[at : at + 1] != [] and tokens[at].form == "voi"
    return at if joined and at < len(tokens) and _head_size(tokens, at) else None


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n for n in names if len(n) > 2))


def _expanded(written: str) -> list[str]:
    """Return the names that one stretch writes: "Các sở: Y tế, Tài chính" names two."""
    name = re.sub(r"^(?:các\s+)?đồng chí\s+", "", written.strip(" ,;:.–-\"“”"), flags=re.IGNORECASE)
    plural = _PLURAL.fullmatch(name)
    if not plural:
        return [name]
    kind = plural["office"] + plural["kind"].capitalize()
    return [f"{kind} {field}" for field in _fields(plural["rest"])]


def _fields(text: str) -> list[str]:
    """Split a list of fields at commas and "và", unless the two sides of it are one field (Kế hoạch và Đầu tư)."""
    fields: list[str] = []
    for part in re.split(r"\s*[,;]\s*", text):
        left, joint, right = part.rpartition(" và ")
        if not part:
            continue
        if part.startswith("và "):
            fields.append(part[3:])
        elif joint and fold(part) not in central_fields() and fold(left) in central_fields():
            fields += [left, right]
        else:
            fields.append(part)
    return _rejoined(fields)


def _rejoined(fields: Sequence[str]) -> list[str]:
    """Put a field together again that has a comma in it (Văn hóa, Thể thao và Du lịch)."""
    whole: list[str] = []
    for field in fields:
        joined = f"{whole[-1]}, {field}" if whole else ""
        if joined and fold(joined) in central_fields():
            whole[-1] = joined
        else:
            whole.append(field)
    return whole
