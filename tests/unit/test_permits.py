"""What each role may do, and how a refusal is told."""

from __future__ import annotations

import pytest

from services.core.errors import ForbiddenError
from services.core.messages import say
from services.core.model import Level, Principal, Role, Scope, local_principal
from services.core.permits import ROLE_SCOPES, require


def test_each_role_may_do_its_own_work_and_only_an_administrator_all_of_it() -> None:
    assert ROLE_SCOPES[Role.ADMINISTRATOR] == set(Scope)
    assert set(ROLE_SCOPES) == set(Role)
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert not ROLE_SCOPES[role] & {Scope.PURGE, Scope.ADMIN, Scope.AUDIT}
    assert not ROLE_SCOPES[Role.READER] - {Scope.READ, Scope.ACCOUNT}
    assert Scope.CORRECT not in ROLE_SCOPES[Role.INTEGRATOR]


def test_who_may_not_is_told_what_is_missing() -> None:
    reader = Principal("Lan", scopes=frozenset(ROLE_SCOPES[Role.READER]))
    assert require(reader, Scope.READ) is reader
    with pytest.raises(ForbiddenError) as refused:
        require(reader, Scope.PURGE)
    assert "purge" in say(refused.value.reason, "vi")
    assert "purge" in say(refused.value.reason, "en")


def test_a_principal_may_read_unless_more_is_said_and_this_machine_may_everything() -> None:
    assert Principal("khách").may(Scope.READ)
    assert not Principal("khách").may(Scope.CORRECT)
    assert all(local_principal("cli").may(scope) for scope in Scope)
    assert local_principal("cli").role is None


def test_a_clearance_covers_what_is_below_it() -> None:
    assert Level.PUBLIC.and_below() == {"public"}
    assert Level.RESTRICTED.and_below() == {"public", "internal", "restricted"}
    assert local_principal("cli").access == Level.SECRET.and_below()
