"""Affiliates and what they earn, to read. Joining, paying out and moving is done in the back office."""

from billing.api.filters import AffiliateFilter, CommissionFilter
from billing.api.serializers.affiliates import AffiliateSerializer, CommissionSerializer
from billing.api.views.base import RowsViewSet
from billing.models import Affiliate, Commission
from billing.queries.pages_affiliate import with_figures


class AffiliateViewSet(RowsViewSet[Affiliate]):
    """Affiliates with their figures, newest first."""

    queryset = with_figures(Affiliate.objects.select_related("client__currency")).order_by("-id")
    serializer_class = AffiliateSerializer
    filterset_class = AffiliateFilter


class CommissionViewSet(RowsViewSet[Commission]):
    """Commissions, newest first."""

    queryset = Commission.objects.select_related("referred__service__currency", "line", "currency").order_by("-id")
    serializer_class = CommissionSerializer
    filterset_class = CommissionFilter
