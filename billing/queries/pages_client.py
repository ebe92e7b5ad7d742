"""Reads for the client area. Everything is asked by client, so that nobody sees what is another's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import (
    ENDED_STATUSES,
    Client,
    CreditNote,
    Event,
    Invoice,
    InvoiceLine,
    Order,
    Payment,
    Refund,
    RefundStatus,
    Service,
    ServiceField,
    ServiceStatus,
)
from billing.queries.commands import available_commands
from billing.queries.on_demand import OnDemandRenewal
from billing.queries.prepayment import payable_together
from catalog.domains import domain_words
from catalog.money import round_money

PAGE_SIZE: Final = 25
SERVICE_FILTERS: Final[dict[str, tuple[str | Promise, tuple[str, ...]]]] = {
    "current": (_("Current"), (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED, ServiceStatus.PENDING)),
    "active": (_("Active"), (ServiceStatus.ACTIVE,)),
    "suspended": (_("Suspended"), (ServiceStatus.SUSPENDED,)),
    "pending": (_("Pending"), (ServiceStatus.PENDING,)),
    "ended": (_("Ended"), tuple(ENDED_STATUSES)),
    "all": (_("All"), tuple(ServiceStatus.values)),
}
INVOICE_FILTERS: Final[dict[str, tuple[str | Promise, tuple[str, ...]]]] = {
    "all": (_("All"), ("UNPAID", "PAYMENT_PENDING", "COLLECTIONS", "PAID", "CANCELLED", "REFUNDED")),
    "unpaid": (_("Unpaid"), ("UNPAID", "PAYMENT_PENDING", "COLLECTIONS")),
    "paid": (_("Paid"), ("PAID",)),
    "undone": (_("Cancelled or refunded"), ("CANCELLED", "REFUNDED")),
}
# Only what a client did or feels; the rest of the trail is for operators.
HISTORY_WORDS: Final[dict[str, str | Promise]] = {
    "order.placed": _("Ordered"),
    "order.accepted": _("Order accepted"),
    "order.cancelled": _("Order cancelled"),
    "invoice.issued": _("Invoice issued"),
    "invoice.paid": _("Invoice paid"),
    "certificate.ordered": _("Ordered from the authority"),
    "certificate.reissue_asked": _("The certificate was asked for anew"),
    "certificate.reissued": _("The certificate was issued anew"),
    "service.activated": _("It became active"),
    "service.renewed": _("Renewed"),
    "renewal.requested": _("Renewal asked for"),
    "cancellation.requested": _("Cancellation requested"),
    "cancellation.withdrawn": _("Cancellation taken back"),
    "service.suspended": _("Suspended"),
    "service.unsuspended": _("It works again"),
    "service.terminated": _("Ended"),
    "service.gone_at_partner": _("Ended"),
}


@dataclass(frozen=True, slots=True)
class ClientCommand:
    """A button of a service and what pressing it means, in words for the client: no account at the partner is named."""

    code: str
    label: str | Promise
    explanation: str | Promise
    is_destructive: bool = False


_COMMANDS: Final = (
    ClientCommand(
        "renew",
        _("Renew"),
        _("You get an invoice for the next period now. Once it is paid, it is extended by itself."),
    ),
    ClientCommand(
        "change",
        _("Change name and IP"),
        _("The license works with the old values until the change is confirmed."),
    ),
    ClientCommand(
        "terminate",
        _("Stop"),
        _("The license is deleted and stops working at once. This cannot be undone, and nothing is paid back."),
        is_destructive=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter of a list: its code in the URL, its name, how many it finds."""

    code: str
    label: str | Promise
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service in the list; `subject` is what tells it from its like: its domain, or the name or IP it is bound to."""

    service: Service
    subject: str


def service_chips(client: Client, chosen: str) -> list[Chip]:
    """The filters of *My services* with their counts; one query."""
    counts = dict(client.services.order_by().values_list("status").annotate(count=Count("*")))
    return _chips(SERVICE_FILTERS, counts, chosen)


def invoice_chips(client: Client, chosen: str) -> list[Chip]:
    """The filters of the list of invoices with their counts; one query."""
    # Of all columns it reads one that an index holds beside the client: nothing of the table itself.
    counts = dict(client.invoices.order_by().values_list("status").annotate(count=Count("*")))
    return _chips(INVOICE_FILTERS, counts, chosen)


def _chips(
    filters: dict[str, tuple[str | Promise, tuple[str, ...]]], counts: dict[str, int], chosen: str
) -> list[Chip]:
    return [
        Chip(code, label, sum(counts.get(status, 0) for status in statuses), code == chosen)
        for code, (label, statuses) in filters.items()
    ]


def service_page(client: Client, *, chosen: str, number: str) -> tuple[Page[Service], list[ServiceRow]]:
    """One page of a client's services, newest first, and their rows; as many queries for one as for a hundred."""
    found = client.services.filter(status__in=SERVICE_FILTERS[chosen][1]).select_related("product", "currency")
    page = Paginator(found.order_by("-id"), PAGE_SIZE).get_page(number)
    services = list(page.object_list)
    return page, _rows(services)


def _rows(services: list[Service]) -> list[ServiceRow]:
    subjects: dict[int, dict[str, str]] = {}
    keys = ("licname", "CN", "domain", "ip", "item", "target_ip")
    values = ServiceField.objects.filter(service__in=services, field__key__in=keys, field__is_admin_only=False)
    for value in values.select_related("field"):
        if not value.field.is_secret:
            subjects.setdefault(value.service_id, {})[value.field.key] = value.value
    return [
        ServiceRow(service, domain_words(service.domain) or _find_subject(subjects.get(service.pk, {}), keys))
        for service in services
    ]


def _find_subject(values: Mapping[str, str], keys: Sequence[str]) -> str:
    return next((text for key in keys if (text := values.get(key))), "")


def get_service(client: Client, service_id: int) -> Service:
    """A client's service with what its page shows. Raises Service.DoesNotExist."""
    return (
        client.services.select_related("product__group", "currency", "order_line__order", "parent__product")
        .prefetch_related("field_values__field", "product__custom_fields")
        .get(pk=service_id)
    )


def get_subject(service: Service) -> str:
    """What tells this service from its like: its domain, name or IP; "" where there is none."""
    return _rows([service])[0].subject


def client_commands(service: Service, on_demand: OnDemandRenewal) -> list[ClientCommand]:
    """What the client may do now, as available_commands judges it; a renewal is asked for by invoice."""
    allowed = {command.code for command in available_commands(service, audience="client")} - {"renew"}
    if not on_demand.refusal:
        allowed.add("renew")
    return [command for command in _COMMANDS if command.code in allowed]


def client_command(code: str) -> ClientCommand | None:
    """The words of a command, whether it can be run now or not; None for what clients do not have."""
    return next((command for command in _COMMANDS if command.code == code), None)


def service_history(service: Service) -> list[tuple[Event, str | Promise]]:
    """What happened to a service, newest first, in words for its client."""
    names = list(HISTORY_WORDS)
    events = Event.objects.filter(service=service, name__in=names) | Event.objects.filter(
        order__lines__services=service, name__in=names
    )
    return [(event, HISTORY_WORDS[event.name]) for event in events.distinct().order_by("-at", "-id")[:30]]


class CountedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of rows that were counted already."""

    def __init__(self, rows: QuerySet[Invoice, Any], *, count: int) -> None:
        super().__init__(rows, PAGE_SIZE)
        self.known_count = count

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.known_count


def invoice_page(client: Client, *, chosen: str, number: str, count: int) -> Page[Invoice]:
    """One page of a client's invoices, newest first; drafts are not shown. `count`: as the chip says."""
    found = client.invoices.filter(status__in=INVOICE_FILTERS[chosen][1]).order_by("-id")
    page = CountedPaginator(found.values("pk"), count=count).get_page(number)
    # What lies before the page is counted off in an index; only the rows of the page are read.
    page.object_list = Invoice.objects.filter(pk__in=page.object_list).select_related("currency").order_by("-id")
    return page


@dataclass(frozen=True, slots=True)
class InvoiceTotals:
    """What the client owes for sales; how many invoices that is, how much of it is overdue."""

    count: int
    amount: Decimal
    overdue: Decimal


def invoice_totals(client: Client, *, on: date) -> InvoiceTotals:
    """Sums of what is open; money in advance is not owed. One query."""
    owed = F("total") - F("amount_credited") - F("amount_written_off") - F("amount_paid")
    sums = payable_together(client).aggregate(
        count=Count("pk"), owed=Sum(owed), overdue=Sum(owed, filter=Q(due_date__lt=on))
    )
    amount, overdue = (
        # SQLite adds decimals as floats.
        round_money(sums[name] or Decimal(0), precision=client.currency.precision)
        for name in ("owed", "overdue")
    )
    return InvoiceTotals(sums["count"], amount, overdue)


def get_invoice(client: Client, invoice_id: int) -> Invoice:
    """A client's invoice with its lines, payments and corrections. Raises Invoice.DoesNotExist."""
    shown = client.invoices.exclude(status="DRAFT").select_related("currency", "order")
    lines = InvoiceLine.objects.select_related("service__product", "about").order_by("pk")
    refunds = Refund.objects.exclude(status=RefundStatus.FAILED).order_by("pk")
    payments = Payment.objects.prefetch_related(Prefetch("refunds", refunds)).order_by("pk")
    notes = CreditNote.objects.order_by("pk")
    return shown.prefetch_related(
        Prefetch("lines", lines), Prefetch("payments", payments), Prefetch("credit_notes", notes)
    ).get(pk=invoice_id)


def get_credit_note(client: Client, note_id: int) -> CreditNote:
    """A client's credit note with its invoice. Raises CreditNote.DoesNotExist."""
    return client.credit_notes.select_related("invoice").get(pk=note_id)


def unpaid_invoices(client: Client) -> QuerySet[Invoice]:
    """What the client still has to pay, the most urgent first."""
    return (
        client.invoices.filter(status__in=INVOICE_FILTERS["unpaid"][1]).select_related("currency").order_by("due_date")
    )


def unpaid_invoice_of(service: Service) -> Invoice | None:
    """The invoice of a service that waits for payment, if there is one."""
    return (
        Invoice.objects.filter(status__in=INVOICE_FILTERS["unpaid"][1], lines__service=service, lines__is_voided=False)
        .select_related("currency")
        .order_by("due_date")
        .first()
    )


def order_page(client: Client, *, number: str) -> Page[Order]:
    """One page of a client's orders, newest first."""
    found = client.orders.select_related("currency", "invoice").prefetch_related("lines")
    return Paginator(found.order_by("-id"), PAGE_SIZE).get_page(number)
