"""The pages of an archive, each in the states that matter, and what is done on a page to bring it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.looks.filling import ADMINISTRATOR, PASSWORD, close, fill
from tests.running import RunningArchive


@dataclass(frozen=True)
class State:
    """A page at an address with the ids of `fill` in it, and what is done there."""

    name: str
    address: str
    act: Callable[[Page], object] | None = None

    def open(self, page: Page, url: str, ids: dict[str, str]) -> None:
        """Bring a browser's page into this state."""
        answer = page.goto(url + self.address.format_map(ids))
        assert answer, self.name
        assert answer.status < 500, self.name
        if self.act is not None:
            self.act(page)
        page.wait_for_load_state("networkidle")


def _suggested(page: Page) -> None:
    page.get_by_role("combobox").first.press_sequentially("công v")
    page.get_by_role("option").first.wait_for()


def _refused(page: Page) -> None:
    _typed(page, "mật khẩu nào đó")


def _log_in(page: Page) -> None:
    _typed(page, PASSWORD)
    page.wait_for_url(lambda address: "/login" not in address)


def _typed(page: Page, password: str) -> None:
    page.locator("main [name=name]").fill(ADMINISTRATOR)
    page.locator("main [name=password]").fill(password)
    page.locator("main .primary").click()
    page.wait_for_load_state()


def _press(selector: str) -> Callable[[Page], object]:
    def press(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_load_state()

    return press


def _unfold(page: Page) -> None:
    """Open all that is folded in the page's main part."""
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


def _of_two(page: Page) -> None:
    """Save a form that somebody else's change overtook."""
    form = page.locator(".review-form")
    form.locator("[name=revision]").evaluate("(input) => { input.value = 0; }")
    form.locator("[name=place]").fill("Điện Biên Phủ")
    form.locator("[name=then][value=stay]").click()
    page.locator(".notice.bad").wait_for()


def _ticked(page: Page) -> None:
    page.locator("#choice [name=everything]").check()
    page.locator("#choice button").click()
    page.locator("[name=field]").wait_for()


def _planned(page: Page) -> None:
    _ticked(page)
    page.locator("[name=field]").select_option("shelf")
    page.locator("[name=value]").fill("Kho 1")
    page.locator(".ways button").first.click()
    page.locator("[action$='/start'] button").wait_for()


def _carried_out(page: Page) -> None:
    """Have a worker do it; the page follows by itself."""
    _planned(page)
    page.locator("[action$='/start'] button").click()
    page.locator("[action$='/undo'] button").wait_for()


def _new_user(page: Page) -> None:
    page.locator("main [name=name]").fill("phạm văn khách")
    page.locator("main .primary").click()
    page.locator("code.secret").wait_for()


def _new_key(page: Page) -> None:
    page.locator("[action='/account/keys'] [name=name]").fill("kho số liệu")
    page.locator("[action='/account/keys'] .primary").click()
    page.locator("code.secret").wait_for()


OPEN = (
    State("home", "/"),
    State("home-suggestions", "/", _suggested),
    State("menu", "/progress", _press(".main-nav .more summary")),
    State("search", "/search?q=tiem+vac+xin+uu+tien"),
    State("search-all", "/search?q=", _unfold),
    State("search-filtered", "/search?q=tiem&kind=CV&year=2021"),
    State("search-understood", "/search?q=c%C3%B4ng+v%C4%83n+th%C3%A1ng+9+n%C4%83m+2021+%22v%E1%BA%AFc+xin%22"),
    State("bulk-choice", "/search?q=tiem", _ticked),
    State("bulk-preview", "/search?q=tiem", _planned),
    State("bulk-done", "/search?q=tiem", _carried_out),
    State("bulk-list", "/bulk"),
    State("search-none", "/search?q=khongcogiodau"),
    State("search-wrong", "/search?q=x&from=2021-13-45"),
    State("document", "/documents/{document}?q=vac+xin"),
    State("document-unfolded", "/documents/{document}", _unfold),
    State("document-text", "/documents/{text}?q=c%C6%A1", _unfold),
    State("document-trashed", "/documents/{trashed}"),
    State("document-absent", "/documents/00000000-0000-7000-8000-000000000000"),
    State("document-to-trash", "/documents/{document}/trash"),
    State("file-to-trash", "/sources/{source}/trash"),
    State("review", "/review"),
    State("review-document", "/documents/{reviewed}/review"),
    State("review-history", "/documents/{document}/review?saved=true"),
    State("review-conflict", "/documents/{document}/review", _of_two),
    State("upload", "/upload"),
    State("batch", "/batches/{batch}"),
    State("batch-failed", "/batches/{batch}?state=failed"),
    State("tasks", "/tasks?state=all"),
    State("tasks-none", "/tasks?agency=khongcogiodau"),
    State("symbol", "/symbols/{symbol}"),
    State("missing", "/missing"),
    State("register-incoming", "/registers?book=incoming&month=2021-09", _unfold),
    State("register-outgoing", "/registers?book=outgoing&month=2021-09"),
    State("register-follow-up", "/registers?book=follow-up"),
    State("register-kept", "/registers/{register}"),
    State("dossiers", "/dossiers"),
    State("dossier", "/dossiers/{dossier}"),
    State("searches", "/searches"),
    State("saved-search", "/searches/{search}"),
    State("webhooks", "/webhooks"),
    State("webhook", "/webhooks/{webhook}"),
    State("webhook-secret", "/webhooks/{webhook}", _press("[action$='/secret'] button")),
    State("aliases", "/aliases"),
    State("progress", "/progress"),
    State("api", "/docs"),
    State("api-group", "/docs/documents"),
    State("users-none", "/users"),
    State("login", "/login"),
    State("error", "/khong-co-trang-nay"),
)
"""What whoever comes sees while there is no account."""

CLOSED = (
    State("invitation", "/invite/{invitation}"),
    State("login-refused", "/login", _refused),
    State("home-logged-in", "/login", _log_in),
    State("users", "/users"),
    State("user", "/users/{user}"),
    State("user-link", "/users", _new_user),
    State("account", "/account"),
    State("account-key", "/account", _new_key),
)
"""What comes with accounts, in this order: the third logs in."""


def visit(page: Page, archive: RunningArchive) -> Iterator[State]:
    """Fill a sample archive and open each of its pages in each state, first without accounts, then with some."""
    ids = fill(archive)
    for state in OPEN:
        state.open(page, archive.url, ids)
        yield state
    ids = close(archive)
    for state in CLOSED:
        state.open(page, archive.url, ids)
        yield state
