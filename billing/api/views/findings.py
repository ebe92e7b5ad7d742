"""Findings of reconciliation, and what may be done about them."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.reconciliation import apply_remedy
from billing.api.filters import FindingFilter
from billing.api.serializers.findings import FindingSerializer, RemedyInputSerializer
from billing.api.views.base import RowsViewSet
from billing.models import Finding
from billing.permissions import Permission


class FindingViewSet(RowsViewSet[Finding]):
    """What disagrees, newest first; `?status=OPEN` is what waits for somebody."""

    queryset = Finding.objects.select_related("server").order_by("-id")
    serializer_class = FindingSerializer
    filterset_class = FindingFilter
    writing = Permission.PERFORM_SERVER_OPERATIONS

    @extend_schema(request=RemedyInputSerializer, responses=FindingSerializer)
    @action(detail=True, methods=["post"], url_path="remedies/(?P<code>[a-z_]{1,30})")
    def remedies(self, request: Request, pk: str, code: str) -> Response:
        """Does one of the finding's remedies, or queues it."""
        finding = self.get_object()
        values = self.read_input(RemedyInputSerializer)
        return self.answer(apply_remedy(finding=finding, code=code, **values, **self.deed()).pk)
