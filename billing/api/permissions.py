"""Which key may call which view."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from billing.api.authentication import ApiCaller
from billing.permissions import Permission


class RolePermission(BasePermission):
    """A view names what it needs: `reading` (default VIEW) and `writing`, each a Permission.

    `open_to_clients = True` also lets a client's own key in; the view then narrows its queryset to that client.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.user
        if not isinstance(caller, ApiCaller):
            return False
        is_reading = request.method in {"GET", "HEAD", "OPTIONS"}
        if not caller.is_operator:
            return bool(getattr(view, "open_to_clients", False))
        needed = getattr(view, "reading", Permission.VIEW) if is_reading else getattr(view, "writing", None)
        return needed is not None and caller.may(needed)
