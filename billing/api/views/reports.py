"""Reports for programs of staff."""

from typing import Final

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.serializers.reports import ReportRowsSerializer, ReportSerializer
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.reports import REPORTS, Asks, WishesInvalid, find_report, read_wishes
from billing.queries.reports.spans import STEPS

LIMIT: Final = 1000
_PARAMETERS: Final = [
    OpenApiParameter("name", str, OpenApiParameter.PATH),
    OpenApiParameter("from", OpenApiTypes.DATE, description="The first day; usually eleven months ago."),
    OpenApiParameter("until", OpenApiTypes.DATE, description="The last day, or the only one; usually today."),
    OpenApiParameter("by", str, enum=list(STEPS), description="What a row of time is."),
    OpenApiParameter("currency", str, description="Only this one."),
]


class ReportViewSet(viewsets.ViewSet):
    """What was sold, what is owed, what comes."""

    reading = Permission.VIEW_REPORTS
    lookup_field = "name"
    lookup_value_regex = "[a-z_]{1,30}"

    @extend_schema(responses=ReportSerializer(many=True), filters=False)
    def list(self, request: Request) -> Response:
        """All reports and their columns."""
        return Response(ReportSerializer(REPORTS, many=True).data)

    @extend_schema(parameters=_PARAMETERS, responses=ReportRowsSerializer)
    def retrieve(self, request: Request, name: str) -> Response:
        """The rows of one report, at most 1000 for each currency."""
        report = find_report(name)
        if report is None:
            raise Http404
        try:
            wishes = read_wishes(request.query_params.dict(), asks=report.asks, now=database_now())
        except WishesInvalid as invalid:
            raise ValidationError(invalid.errors) from invalid
        answer = {
            "report": report,
            "first_day": wishes.span.first if report.asks in (Asks.DAYS, Asks.STEPS) else None,
            "last_day": None if report.asks is Asks.NOTHING else wishes.span.last,
            "sections": report.sections(wishes, limit=LIMIT),
        }
        return Response(ReportRowsSerializer(answer, context={"report": report}).data)
