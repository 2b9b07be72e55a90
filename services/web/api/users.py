"""The accounts of all, for administrators and for programs that keep them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from services.core.accounts import EVERY_COLLECTION, Invitation, User
from services.web.admission import DeclaredRoute
from services.web.api.common import CONFLICT
from services.web.schemas import UserChange, UserForm, Users
from services.web.site import Administers, OurSite

router = APIRouter(route_class=DeclaredRoute, prefix="/users", tags=["users"])

UserName = Annotated[str, Path(description="Name of the account, whatever its capitals.", max_length=200)]


@router.get("")
async def list_users(site: OurSite, p: Administers) -> Users:
    """List the accounts by name."""
    return Users(items=tuple(await site.archive.users.list(p)))


@router.post("", status_code=201, responses=CONFLICT)
async def add_user(site: OurSite, p: Administers, form: UserForm) -> User:
    """Make an account; its user comes in by a one-time link (`/users/{name}/invite`)."""
    some = (EVERY_COLLECTION,) if form.collections is None else form.collections
    return await site.archive.users.add(p, form.name, form.role, form.clearance, collections=some)


@router.get("/{name}")
async def get_user(site: OurSite, p: Administers, name: UserName) -> User:
    """Return an account."""
    return await site.archive.users.get(p, name)


@router.patch("/{name}", responses=CONFLICT)
async def change_user(site: OurSite, p: Administers, name: UserName, change: UserChange) -> User:
    """Change what is given, from the next request of the user on; who is disabled is logged out everywhere."""
    given = {key: getattr(change, key) for key in change.model_fields_set}
    if "collections" in given and given["collections"] is None:
        given["collections"] = (EVERY_COLLECTION,)
    return await site.archive.users.change(p, name, **given)


@router.post("/{name}/invite")
async def invite_user(site: OurSite, p: Administers, name: UserName) -> Invitation:
    """Make a one-time link (`/invite/TOKEN`) by which the user chooses a password; earlier ones end."""
    return await site.archive.users.invite(p, name)
