"""Review: what a person must look at, one document after the other, and entering what was read badly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.core.errors import ConflictError, InvalidInputError
from services.core.messages import say
from services.core.model import Evidence, ItemState, Principal, Reason, ReviewTask
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor, DocumentId, live_document, moved
from services.web.entries import ENTRIES, Candidate, Entry, candidates, patch_of, shown, written
from services.web.i18n import request_locale
from services.web.pages.sheets import load_sheets, window_start, window_starts
from services.web.site import Corrects, LooksToCorrect, OurSite, Site

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 50
CANDIDATES = 9
"""As many as there are keys to take one by."""


@router.get("/review")
async def review(
    site: OurSite, p: Corrects, request: Request, failed: Cursor = None, cursor: Cursor = None
) -> Response:
    """List the documents to look at, those with most to look at first, and the files that failed."""
    return site.views.render(
        request,
        "review.html",
        queue=await site.archive.documents.to_review(p, limit=SHOWN, cursor=cursor),
        waiting=await site.archive.documents.count_to_review(p),
        failed=await site.archive.account.items(p, state=ItemState.FAILED, limit=SHOWN, cursor=failed),
    )


@router.get("/review/next")
async def next_to_review(site: OurSite, p: Corrects, cursor: Cursor = None) -> Response:
    """Lead to the first document of the queue behind a place, or to its beginning; to the list when nothing waits."""
    queue = await site.archive.documents.to_review(p, limit=1, cursor=cursor)
    if not queue.items and cursor is not None:
        queue = await site.archive.documents.to_review(p, limit=1)
    return RedirectResponse(f"/documents/{queue.items[0].document.id}/review" if queue.items else "/review", 303)


@router.get("/documents/{document_id}/review")
async def review_document(
    site: OurSite,
    p: LooksToCorrect,
    request: Request,
    document_id: DocumentId,
    page: Annotated[int | None, Query(ge=1)] = None,
    saved: bool = False,
) -> Response:
    """Show a document beside its record as a form."""
    document = await live_document(site, p, document_id)
    if (redirect := moved(request, document_id, document)) is not None:
        return redirect
    return await _form(site, p, request, await site.archive.documents.review_task(p, document.id), page, saved=saved)


@router.post("/documents/{document_id}/review")
async def save_review(site: OurSite, p: Corrects, request: Request, document_id: DocumentId) -> Response:
    """Enter what the form says: what was changed, and what was confirmed; then show the next of the queue, or stay.

    A form made on an older revision, or with a value that makes no sense, comes back with everything that was typed.
    """
    await live_document(site, p, document_id)
    sent = await request.form()
    said = {key: value for key, value in sent.items() if isinstance(value, str)}
    confirmed = [value for value in sent.getlist("confirm") if isinstance(value, str)]
    task = await site.archive.documents.review_task(p, document_id)
    if "take" in said:
        return await _form(site, p, request, task, said=_taken(said), confirmed=confirmed)
    try:
        patch = patch_of(task.document.record, said, confirmed)
        if patch:
            await site.archive.documents.correct(p, document_id, patch, if_revision=_revision(said))
    except ConflictError:
        return await _form(site, p, request, task, said=said, confirmed=confirmed, conflict=True, status=409)
    except InvalidInputError as error:
        wrong = {str(error.params.get("key")): error}
        return await _form(site, p, request, task, said=said, confirmed=confirmed, wrong=wrong, status=422)
    if said.get("then") == "next":
        return RedirectResponse("/review/next?" + urlencode({"cursor": said.get("queue", "")}), 303)
    return RedirectResponse(f"/documents/{document_id}/review?saved=true", 303)


@router.post("/documents/{document_id}/corrections/{correction_id}/withdraw")
async def withdraw_correction(
    site: OurSite,
    p: Corrects,
    document_id: DocumentId,
    correction_id: Annotated[int, Path(ge=1)],
    revision: Annotated[int, Form(ge=0)],
) -> Response:
    """Take a correction back and show the document; refused when it has changed since it was shown."""
    await site.archive.documents.withdraw(p, document_id, correction_id, if_revision=revision)
    return RedirectResponse(f"/documents/{document_id}/review?saved=true#history", 303)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of the form: what stands in its inputs, where it was taken from, what it may be, what is wrong with it.

    `theirs` is what somebody else entered meanwhile, where the inputs hold something else.
    """

    entry: Entry
    said: Mapping[str, str]
    evidence: Evidence | None
    candidates: Sequence[Candidate]
    open: bool
    confirmed: bool
    wrong: str | None = None
    theirs: str | None = None


async def _form(
    site: Site,
    p: Principal,
    request: Request,
    task: ReviewTask,
    page: int | None = None,
    *,
    said: Mapping[str, str] | None = None,
    confirmed: Collection[str] = (),
    conflict: bool = False,
    wrong: Mapping[str, InvalidInputError] | None = None,
    saved: bool = False,
    status: int = 200,
) -> Response:
    """Render a document beside its record as a form, with what was typed into it where it comes back."""
    document = task.document
    first = window_start(document, page or document.first_page)
    locale = request_locale(request)
    sentences = {key: say(error.reason, locale) for key, error in (wrong or {}).items()}
    return site.views.render(
        request,
        "review_document.html",
        status=status,
        document=document,
        record=document.record,
        task=task,
        rows=_rows(task, said or {}, confirmed, sentences),
        sheets=await load_sheets(site, p, document, first, {}),
        windows=[(n, f"/documents/{document.id}/review?page={n}") for n in window_starts(document)],
        first=first,
        steps=None,
        was=written(document.record),
        shown=shown,
        history=await site.archive.documents.corrections(p, document.id),
        waiting=await site.archive.documents.count_to_review(p),
        conflict=conflict,
        wrong=sentences,
        saved=saved,
    )


def _rows(task: ReviewTask, said: Mapping[str, str], confirmed: Collection[str], wrong: Mapping[str, str]) -> list[Row]:
    document = task.document
    asked = _asked(task.questions)
    stands = written(document.record)
    rows = []
    for entry in ENTRIES:
        names = [one.name for one in entry.inputs]
        typed = {name: _kept(name, said, stands) for name in names}
        evidence = document.evidence.get(entry.key)
        both = [stands[name] for name in names if typed[name] != stands[name] and _was(name, said) != stands[name]]
        rows.append(
            Row(
                entry=entry,
                said=typed,
                evidence=evidence,
                candidates=candidates(entry, evidence, document.record, typed)[:CANDIDATES],
                open=entry.key in asked or bool(evidence and not evidence.confirmed),
                confirmed=entry.key in confirmed,
                wrong=wrong.get(entry.key),
                theirs=" · ".join(filter(None, both)) or None,
            )
        )
    return rows


def _kept(name: str, said: Mapping[str, str], stands: Mapping[str, str]) -> str:
    """Return what an input shows: what was typed into it, else what stands in the record now."""
    typed = said.get(name)
    return stands[name] if typed is None or _plain(typed) == _was(name, said) else typed


def _was(name: str, said: Mapping[str, str]) -> str | None:
    """Return what an input held when the form was made."""
    was = said.get(f"was.{name}")
    return None if was is None else _plain(was)


def _plain(text: str) -> str:
    """Undo what browsers do to the ends of lines in a form."""
    return text.replace("\r\n", "\n")


def _asked(questions: Collection[Reason]) -> set[str]:
    fields = (str(one.params.get("fields", "")) for one in questions if one.code == "unconfirmed")
    return {key for listed in fields for key in listed.split(", ") if key}


def _taken(said: Mapping[str, str]) -> dict[str, str]:
    """Return the form with a candidate put into its input ("input:text"), for browsers without scripts."""
    name, _, text = said["take"].partition(":")
    return {**said, name: text}


def _revision(said: Mapping[str, str]) -> int:
    """Return the revision that a form was made on; one without is as old as can be."""
    written_ = said.get("revision", "")
    return int(written_) if written_.isdecimal() else 0
