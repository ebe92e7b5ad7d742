"""Addresses of the REST API: /api/v1/…, the same without the version, the schema and its page."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from billing.api.views.affiliates import AffiliateViewSet, CommissionViewSet
from billing.api.views.bank_statements import BankStatementViewSet, BankTransferViewSet
from billing.api.views.cancellations import CancellationRequestViewSet
from billing.api.views.clients import ClientViewSet
from billing.api.views.documents import CreditNoteViewSet
from billing.api.views.fallback import NothingHere
from billing.api.views.findings import FindingViewSet
from billing.api.views.invoices import InvoiceViewSet
from billing.api.views.operations import OperationViewSet
from billing.api.views.orders import OrderViewSet
from billing.api.views.reports import ReportViewSet
from billing.api.views.servers import ServerGroupViewSet, ServerViewSet
from billing.api.views.services import ServiceViewSet
from catalog.api.views import CurrencyViewSet, ProductGroupViewSet, ProductViewSet

router = SimpleRouter()
router.register("servers", ServerViewSet)
router.register("server-groups", ServerGroupViewSet)
router.register("currencies", CurrencyViewSet)
router.register("product-groups", ProductGroupViewSet)
router.register("products", ProductViewSet)
router.register("clients", ClientViewSet)
router.register("orders", OrderViewSet)
router.register("invoices", InvoiceViewSet)
router.register("bank-statements", BankStatementViewSet)
router.register("bank-transfers", BankTransferViewSet)
router.register("credit-notes", CreditNoteViewSet)
router.register("services", ServiceViewSet)
router.register("cancellation-requests", CancellationRequestViewSet)
router.register("operations", OperationViewSet)
router.register("findings", FindingViewSet)
router.register("affiliates", AffiliateViewSet)
router.register("commissions", CommissionViewSet)
router.register("reports", ReportViewSet, basename="report")

urlpatterns = [
    path("v1/", include((router.urls, "api"), namespace="api-v1")),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="api/docs.html"),
        name="api-docs",
    ),
    path("", include((router.urls, "api"), namespace="api")),
    re_path("", NothingHere.as_view()),
]
