"""Filters of lists. Ids are compared as numbers, so that a filter tells nothing about other people's things."""

from collections.abc import Sequence

import django_filters
from django import forms
from django.utils.functional import Promise

from billing.models import (
    Affiliate,
    AffiliateStatus,
    BankTransfer,
    CancellationRequest,
    CancellationStatus,
    CancellationType,
    Client,
    Commission,
    CommissionState,
    Confidence,
    CreditNote,
    Finding,
    FindingSort,
    FindingStatus,
    Invoice,
    InvoiceStatus,
    Operation,
    OperationKind,
    OperationStatus,
    Order,
    OrderStatus,
    Service,
    ServiceStatus,
    SuspensionCause,
    TransferStatus,
)
from noc.models import Server, ServerGroup


class _IdField(forms.IntegerField):
    def __init__(self, **options: object) -> None:
        super().__init__(min_value=0, max_value=2**63 - 1, **options)  # type: ignore[arg-type]


class IdFilter(django_filters.Filter):  # type: ignore[misc]
    """An exact id."""

    field_class = _IdField


def _any_of(choices: Sequence[tuple[str, str | Promise]]) -> django_filters.MultipleChoiceFilter:
    """`?status=A&status=B` finds either."""
    return django_filters.MultipleChoiceFilter(choices=choices, distinct=False)


class ServerFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?is_enabled=true&is_default=true&health=OK&name=eu`."""

    class Meta:
        model = Server
        fields = ["name", "is_enabled", "is_default", "health"]


class ServerGroupFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?name=europe`."""

    class Meta:
        model = ServerGroup
        fields = ["name"]


class ClientFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?email=anna@example.com&currency=EUR`."""

    email = django_filters.CharFilter(lookup_expr="iexact")
    currency = django_filters.CharFilter(field_name="currency_id")

    class Meta:
        model = Client
        fields = ["email", "currency"]


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?client=1&status=PENDING&number=1234567890`."""

    client = IdFilter(field_name="client_id")
    status = _any_of(OrderStatus.choices)

    class Meta:
        model = Order
        fields = ["client", "status", "number"]


class InvoiceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?client=1&order=2&service=3&status=UNPAID&due_before=2026-12-31`."""

    client = IdFilter(field_name="client_id")
    order = IdFilter(field_name="order_id")
    service = IdFilter(field_name="lines__service_id", distinct=True)
    status = _any_of(InvoiceStatus.choices)
    due_before = django_filters.DateFilter(field_name="due_date", lookup_expr="lt")

    class Meta:
        model = Invoice
        fields = ["client", "order", "service", "status", "number", "due_before"]


class CreditNoteFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?client=1&invoice=2&number=CN-2026-00001`."""

    client = IdFilter(field_name="client_id")
    invoice = IdFilter(field_name="invoice_id")

    class Meta:
        model = CreditNote
        fields = ["client", "invoice", "number"]


class ServiceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?client=1&order=2&product=3&server=4&status=ACTIVE&remote_id=123&expires_before=2026-12-31`."""

    client = IdFilter(field_name="client_id")
    order = IdFilter(field_name="order_line__order_id")
    product = IdFilter(field_name="product_id")
    server = IdFilter(field_name="server_id")
    status = _any_of(ServiceStatus.choices)
    suspension_cause = _any_of(SuspensionCause.choices)
    expires_before = django_filters.DateFilter(field_name="expires_on", lookup_expr="lt")

    class Meta:
        model = Service
        fields = ["client", "order", "product", "server", "status", "suspension_cause", "remote_id", "expires_before"]


class CancellationRequestFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?service=1&client=2&status=OPEN&type=END_OF_PERIOD`."""

    service = IdFilter(field_name="service_id")
    client = IdFilter(field_name="service__client_id")
    status = _any_of(CancellationStatus.choices)
    type = _any_of(CancellationType.choices)

    class Meta:
        model = CancellationRequest
        fields = ["service", "client", "status", "type"]


class FindingFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?server=1&service=2&status=OPEN&sort=ORPHAN&remote_id=123`."""

    server = IdFilter(field_name="server_id")
    service = IdFilter(field_name="service_id")
    status = _any_of(FindingStatus.choices)
    sort = _any_of(FindingSort.choices)

    class Meta:
        model = Finding
        fields = ["server", "service", "status", "sort", "kind", "remote_id"]


class OperationFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?service=1&order=2&status=HELD&kind=CREATE`."""

    service = IdFilter(field_name="service_id")
    order = IdFilter(field_name="service__order_line__order_id")
    status = _any_of(OperationStatus.choices)
    kind = _any_of(OperationKind.choices)

    class Meta:
        model = Operation
        fields = ["service", "order", "status", "kind"]


class AffiliateFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?client=1&code=anna&status=ACTIVE`."""

    client = IdFilter(field_name="client_id")
    status = _any_of(AffiliateStatus.choices)

    class Meta:
        model = Affiliate
        fields = ["client", "code", "status"]


class CommissionFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?affiliate=1&service=2&invoice=3&state=PENDING&clears_before=2026-12-31`."""

    affiliate = IdFilter(field_name="affiliate_id")
    service = IdFilter(field_name="referred__service_id")
    invoice = IdFilter(field_name="line__invoice_id")
    state = _any_of(CommissionState.choices)
    clears_before = django_filters.DateFilter(field_name="clears_on", lookup_expr="lt")

    class Meta:
        model = Commission
        fields = ["affiliate", "service", "invoice", "state", "clears_before"]


class BankTransferFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?status=MATCHED&confidence=SURE&statement=1`."""

    status = _any_of(TransferStatus.choices)
    confidence = _any_of(Confidence.choices)
    statement = IdFilter(field_name="statement_id")
    client = IdFilter(field_name="client_id")

    class Meta:
        model = BankTransfer
        fields = ["status", "confidence", "statement", "client"]
