"""What the view sets of billing share: who calls, which rows they see, how input is read and answers are written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypedDict

from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from billing.api.authentication import ApiCaller
from billing.permissions import Permission
from billing.queries.clock import database_now


class Deed(TypedDict):
    """What each action is told: who does it, and when."""

    actor: str
    now: datetime


class RowsViewSet[M: Model](mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[M]):
    """Lists and reads rows. `client_path` leads from a row to the client whose own key may see it."""

    lookup_value_regex = "[0-9]{1,18}"
    needs: ClassVar[Mapping[str, Permission]] = {}
    client_actions: ClassVar[frozenset[str]] = frozenset()
    client_path: ClassVar[str] = ""
    # Rows of lists may be shorter than a row read alone.
    list_serializer_class: ClassVar[type[BaseSerializer[Any]] | None] = None
    request: Request

    @property
    def caller(self) -> ApiCaller:
        """The key that calls."""
        if not isinstance(self.request.user, ApiCaller):
            raise TypeError("Only keys pass the permission check.")
        return self.request.user

    def get_queryset(self) -> QuerySet[M]:
        """A client's own key sees its own rows; all others are not there for it (404)."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or self.caller.is_operator:
            return rows
        return rows.filter(**{self.client_path: self.caller.client_id})

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        if self.action == "list" and self.list_serializer_class is not None:
            return self.list_serializer_class
        return super().get_serializer_class()

    def read_input(
        self, serializer_class: type[BaseSerializer[Any]] | None = None, *, instance: M | None = None
    ) -> dict[str, Any]:
        """The body, checked; only what was given where `instance` is to be changed. Raises ValidationError."""
        serializer = (serializer_class or self.get_serializer_class())(
            instance, data=self.request.data, partial=instance is not None, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def deed(self) -> Deed:
        """The caller's name for the audit trail, and the database's time."""
        return {"actor": str(self.caller), "now": database_now()}

    def answer(self, pk: int, *, status: int = 200) -> Response:
        """The row as it is now."""
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=status)


def is_new(moment: datetime, deed: Deed) -> bool:
    """Whether a row that dates from `moment` was made by this very call, not found from an earlier one."""
    return moment == deed["now"]
