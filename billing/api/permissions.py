"""Which key may call which view."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from billing.api.authentication import ApiCaller
from billing.permissions import Permission

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RolePermission(BasePermission):
    """A view names what roles need: `reading` (VIEW unless said), `writing`, or by action in `needs`.

    `client_actions` names the actions that a client's own key may call; the view narrows its rows to that client.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.user
        if not isinstance(caller, ApiCaller):
            return False
        action = getattr(view, "action", "")
        if action is None:  # a method that the address does not know: 405 tells more than 403
            return True
        if not caller.is_operator:
            return action in getattr(view, "client_actions", ())
        needed = _needed(view, action, is_reading=request.method in SAFE_METHODS)
        return needed is not None and caller.may(needed)


def _needed(view: Any, action: str, *, is_reading: bool) -> Permission | None:
    by_action: dict[str, Permission] = getattr(view, "needs", {})
    if action in by_action:
        return by_action[action]
    needed: Permission | None = (
        getattr(view, "reading", Permission.VIEW) if is_reading else getattr(view, "writing", None)
    )
    return needed
