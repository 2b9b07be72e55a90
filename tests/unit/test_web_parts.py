"""The parts of the web front door that need no archive."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import pytest
import yaml
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from services.archive import Original
from services.core import messages
from services.core.errors import InvalidInputError, NotFoundError, SettingsError, VanbanError
from services.core.messages import field_names, reason_sentences, say
from services.core.model import Box, PartialDate, Reason, Record
from services.search import FacetValue, PageHit
from services.search.page import Piece
from services.web import i18n, overlay, problems
from services.web.middleware import host_name, own_hosts, same_origin
from services.web.originals import byte_range, cut, disposition
from services.web.pages.search import as_tree
from services.web.progress import build_event_id, parse_event_id
from services.web.query import SearchParams
from services.web.uploads import UploadForm, parse_records
from services.web.views import partial_date

WEB = Path(i18n.__file__).parent
LOCALES = Path(messages.__file__).parent / "locale"


async def pieces_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def original(name: str, media_type: str = "application/pdf") -> Original:
    return Original(size=3, media_type=media_type, name=name, sha256="0" * 64, chunks=pieces_of(b"abc"))


# --------------------------------------------------------------------------- problems


def test_an_error_of_ours_never_tells_its_own_words_to_the_caller() -> None:
    problem = problems.problem_of(SettingsError("password=hunter2 in /etc/vanban"), 500, "en")
    assert "hunter2" not in problem.model_dump_json()
    assert problem.detail == reason_sentences("en")["settings"]


def test_an_error_of_the_caller_keeps_the_words_that_say_what_to_do() -> None:
    problem = problems.problem_of(InvalidInputError("limit must be 1 to 100"), 422, "vi")
    assert problem.detail == "limit must be 1 to 100"
    assert problem.type == "urn:vanban:problem:invalid_input"


def test_a_bare_error_says_its_sentence_in_the_language_of_the_request() -> None:
    assert problems.problem_of(NotFoundError(), 404, "vi").detail == reason_sentences("vi")["not_found"]
    assert problems.problem_of(NotFoundError(), 404, "en").detail == reason_sentences("en")["not_found"]


def test_every_code_of_the_protocol_has_a_sentence_in_both_languages() -> None:
    for code in problems._HTTP_CODES.values():
        assert code in reason_sentences("vi")
        assert code in reason_sentences("en")


def test_a_class_without_a_row_takes_the_status_of_its_parent() -> None:
    class DeepError(NotFoundError):
        """A class that nobody has put into the table."""

    table = problems.StatusTable({VanbanError: HTTPStatus.INTERNAL_SERVER_ERROR, NotFoundError: HTTPStatus.NOT_FOUND})
    assert table.status(DeepError) == HTTPStatus.NOT_FOUND


# --------------------------------------------------------------------------- whose host, whose origin


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost:8000", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:8000", "::1"),
        ("EVIL.example:80", "evil.example"),
        ("", ""),
        ("[", ""),
    ],
)
def test_a_host_header_is_taken_apart(host: str, name: str) -> None:
    assert host_name(host) == name


def test_a_server_bound_to_all_addresses_has_only_the_names_it_is_given() -> None:
    assert own_hosts("0.0.0.0", "kho.example, Van-Ban.local ") == {
        "localhost",
        "127.0.0.1",
        "::1",
        "kho.example",
        "van-ban.local",
    }
    assert "192.168.1.5" in own_hosts("192.168.1.5", "")


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost:8000", "host": "localhost:8000"}, False),
        ({"origin": "http://localhost:8000", "host": "localhost:8000"}, True),
        ({"origin": "http://evil.example", "host": "localhost:8000"}, False),
        ({"origin": "null", "host": "localhost:8000"}, False),
    ],
)
def test_a_write_is_taken_only_from_our_pages_and_from_programs(headers: dict[str, str], ours: bool) -> None:
    assert same_origin(Headers(headers)) is ours


# --------------------------------------------------------------------------- originals


@pytest.mark.parametrize(
    ("first", "last", "window"),
    [
        ("0", "9", (0, 10)),
        ("5", "", (5, 100)),
        ("", "10", (90, 100)),
        ("", "1000", (0, 100)),
        ("99", "5000", (99, 100)),
        ("100", "", None),
        ("7", "3", None),
        ("", "0", None),
        ("", "", None),
    ],
)
def test_a_range_is_what_the_rfc_says(first: str, last: str, window: tuple[int, int] | None) -> None:
    assert byte_range(first, last, 100) == window


@given(st.lists(st.binary(max_size=7), max_size=8), st.integers(0, 40), st.integers(0, 40))
async def test_a_cut_stream_is_the_slice_of_the_whole(chunks: list[bytes], first: int, length: int) -> None:
    found = b"".join([piece async for piece in cut(pieces_of(*chunks), first, first + length)])
    assert found == b"".join(chunks)[first : first + length]


@given(st.text(max_size=60))
def test_no_file_name_can_break_out_of_content_disposition(name: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        return
    header = disposition(original(name), inline=False)
    assert header.isascii()
    assert header.count('"') == 2
    assert not set(header) & set("\r\n/\\")


def test_only_what_a_browser_shows_by_itself_is_ever_shown_inline() -> None:
    assert disposition(original("a.pdf"), inline=True).startswith("inline")
    assert disposition(original("a.pdf"), inline=False).startswith("attachment")
    assert disposition(original("a.html", "text/html"), inline=True).startswith("attachment")
    assert disposition(original("a.svg", "image/svg+xml"), inline=True).startswith("attachment")


# --------------------------------------------------------------------------- marks over the picture

SIZES = st.floats(10, 2000)


@given(SIZES, SIZES, st.sampled_from([0, 90, 180, 270]), st.data())
def test_a_box_inside_the_page_stays_inside_the_upright_picture_with_its_area(
    width: float, height: float, rotation: int, data: st.DataObject
) -> None:
    x0, x1 = sorted(data.draw(st.floats(0, width)) for _ in range(2))
    y0, y1 = sorted(data.draw(st.floats(0, height)) for _ in range(2))
    frame = overlay.Frame(width, height, rotation)
    turned = overlay.upright(frame, Box(x0, y0, x1, y1))
    up_width, up_height = frame.upright_size
    assert -1e-6 <= turned.x0 <= turned.x1 <= up_width + 1e-6
    assert -1e-6 <= turned.y0 <= turned.y1 <= up_height + 1e-6
    area = (x1 - x0) * (y1 - y0)
    assert (turned.x1 - turned.x0) * (turned.y1 - turned.y0) == pytest.approx(area, abs=1e-3, rel=1e-6)


def test_the_top_left_of_a_page_turned_clockwise_becomes_its_top_right() -> None:
    frame = overlay.Frame(600, 800, 90)
    assert overlay.shares(frame, [(0, 0, 60, 80)]) == [overlay.Share(90.0, 0.0, 10.0, 10.0)]


def test_a_box_beyond_the_page_is_cut_off() -> None:
    assert overlay.shares(overlay.Frame(100, 100), [(-10, 50, 200, 60)]) == [overlay.Share(0.0, 50.0, 100.0, 10.0)]


def test_marks_in_a_text_are_whole_words_and_the_pieces_are_the_text() -> None:
    hit = PageHit(number=1, snippet=(Piece(text="tiêm", hit=True), Piece(text=" vắc ")))
    text = "Tiêm chủng: đã tiêm, TIÊM; kimtiêm"
    found = overlay.mark_text(text, [hit])
    assert "".join(piece.text for piece in found) == text
    assert [piece.text for piece in found if piece.hit] == ["Tiêm", "tiêm", "TIÊM"]


# --------------------------------------------------------------------------- languages


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "vi"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en-US,en;q=0.9", "en"),
        ("fr,de;q=0.8", "vi"),
        ("en;q=0.5,vi;q=0.4", "en"),
        ("en;q=0", "vi"),
        ("en;q=x", "vi"),
    ],
)
def test_the_language_is_the_one_of_ours_that_is_liked_best(header: str, locale: str) -> None:
    assert i18n.accepted_locale(header, "vi") == locale


def template_messages() -> Iterator[tuple[str | None, str]]:
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
    for path in sorted((WEB / "templates").glob("*.html")):
        with path.open("rb") as file:
            for _, message, _, context in extract("jinja2.ext:babel_extract", file, keywords, [], {}):
                yield context, message if isinstance(message, str) else message[0]


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_message_of_the_templates_is_translated(locale: str) -> None:
    with (WEB / "locale" / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)
    wanted = set(template_messages())
    missing = [key for key in wanted if not (m := catalogue.get(key[1], key[0])) or not m.string or not any(m.string)]
    assert not missing
    known = {(m.context, m.id if isinstance(m.id, str) else m.id[0]) for m in catalogue if m.id}
    assert not known - wanted, "messages that no template uses any more"


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_a_translation_keeps_the_parameters_of_its_message(locale: str) -> None:
    with (WEB / "locale" / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)
    for message in catalogue:
        assert not list(message.check(catalogue)), message.id


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        (PartialDate(year=2021, month=9, day=7), "07/09/2021"),
        (PartialDate(year=2021, month=9), "09/2021"),
        (PartialDate(year=2021), "2021"),
        (PartialDate(as_written="ngày tháng năm"), "ngày tháng năm"),
        (PartialDate(), ""),
    ],
)
def test_an_unknown_part_of_a_date_is_not_shown_as_one(date: PartialDate, shown: str) -> None:
    assert partial_date("vi", date) == shown


# --------------------------------------------------------------------------- search addresses


def test_an_address_of_a_search_reads_back_as_the_same_search() -> None:
    params = SearchParams.model_validate({"q": "tiêm & chủng", "kind": ["CV", "QĐ"], "from": "2021-01-01", "limit": 50})
    again: dict[str, list[str]] = {}
    for name, value in params.pairs():
        again.setdefault(name, []).append(value)
    flat = {name: values if name == "kind" else values[0] for name, values in again.items()}
    assert SearchParams.model_validate(flat) == params


def test_picking_and_dropping_a_facet_value_are_inverse() -> None:
    params = SearchParams.model_validate({"q": "a", "kind": ["CV"]})
    assert params.address(add=("year", "2021")) == "/search?q=a&kind=CV&year=2021"
    assert params.address(drop=("kind", "CV")) == "/search?q=a"


def test_dates_left_open_in_the_form_are_no_filter() -> None:
    params = SearchParams.model_validate({"q": "", "from": "", "to": "2021-12-31"})
    filters = params.query().filters
    assert (filters.date_from, filters.date_to) == (None, dt.date(2021, 12, 31))


def facet(value: str) -> FacetValue:
    return FacetValue(value=value, label=value, count=1)


def test_a_value_of_a_tree_stands_right_under_its_parent_else_in_the_order_of_the_counts() -> None:
    given_order = ["y-te", "y-te/dich", "giao-thong", "trat-tu", "y-te/dich/cach-ly", "xa/la/sau", "y-te/tiem-chung"]
    assert [(v.value, depth) for v, depth in as_tree([facet(value) for value in given_order])] == [
        ("y-te", 0),
        ("y-te/dich", 1),
        ("y-te/dich/cach-ly", 2),
        ("y-te/tiem-chung", 1),
        ("giao-thong", 0),
        ("trat-tu", 0),
        ("xa/la/sau", 0),
    ]


@pytest.mark.parametrize("path", sorted(LOCALES.rglob("*.yaml")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_code_has_two_sentences(path: Path) -> None:
    codes = re.findall(r"^([a-z_.]+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(codes) > 10
    assert sorted(codes) == sorted(set(codes)), "the last one wins in silence"


def test_a_reason_names_the_fields_as_people_do() -> None:
    reason = Reason(code="unconfirmed", params={"fields": "issued_on, signer"})
    assert "ngày ban hành, người ký" in say(reason, "vi")
    assert "date of issue, signer" in say(reason, "en")


def test_a_sentence_names_times_to_the_minute_and_says_where_nothing_was_given() -> None:
    params = {"who": "an", "at": "2026-11-25T22:35:10.969093+00:00", "why": ""}
    said = say(Reason(code="purged_before", params=params), "en")
    assert said.startswith("an destroyed this content for good at 2026-11-25 22:35 UTC (reason: –).")


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_key_of_a_record_has_a_name(locale: Literal["vi", "en"]) -> None:
    assert set(Record.model_fields) - {"symbol_key", "warnings"} == set(field_names(locale))


# --------------------------------------------------------------------------- uploads and progress


def test_values_for_some_files_only_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="external_id"):
        UploadForm(files=[], external_ids=["x"])


@pytest.mark.parametrize("text", ["[1]", "{", '"x"', "[" * 5000])
def test_a_record_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="record"):
        parse_records([text])


@given(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)))
def test_an_event_id_reads_back_as_its_time(moment: dt.datetime) -> None:
    assert abs(parse_event_id(build_event_id(moment)) - moment) <= dt.timedelta(microseconds=1)


@pytest.mark.parametrize("event_id", [None, "", "x", "9" * 40])
def test_a_foreign_event_id_starts_from_the_beginning(event_id: str | None) -> None:
    assert parse_event_id(event_id).year == 1970


def test_the_words_of_the_openapi_document_are_lists_with_a_description_first() -> None:
    words = yaml.safe_load((WEB / "openapi_fields.yaml").read_text(encoding="utf-8"))
    for shape, fields in words.items():
        for field, entry in fields.items():
            assert isinstance(field, str), (shape, field)
            assert isinstance(entry[0], str)
            assert entry[0].endswith("."), (shape, field)
