"""What each role may do, and the check of it."""

from collections.abc import Mapping

from services.core.errors import ForbiddenError
from services.core.model import Principal, Role, Scope

_EVERYBODY = frozenset({Scope.READ, Scope.ACCOUNT})
ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.READER: _EVERYBODY,
    Role.ARCHIVIST: _EVERYBODY | {Scope.UPLOAD, Scope.CORRECT, Scope.REMOVE},
    Role.INTEGRATOR: _EVERYBODY | {Scope.UPLOAD, Scope.WEBHOOKS, Scope.METRICS},
    Role.ADMINISTRATOR: frozenset(Scope),
}


def require(p: Principal, scope: Scope) -> Principal:
    """Return the principal if the call may do this; else raise ForbiddenError naming the scope that is missing."""
    if not p.may(scope):
        raise ForbiddenError(scope=scope.value)
    return p
