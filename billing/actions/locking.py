"""Row locks of money, taken in one order everywhere, so that no two transactions can wait for each other:

    order → client → its invoices by id → payments → services by id → counters of document numbers

Whoever changes what a client owes, paid or has as credit locks the client first: then nothing else of theirs moves.
The counter comes last, since everybody who pays waits for it. Locks are "no key": other transactions may meanwhile
write rows that only refer to the locked ones, so that a nightly batch never waits for a payment with its own locks in
hand.
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from billing.models import Client, Invoice, InvoiceKind, InvoiceLine, LineKind, Service
from billing.queries.compiled import CompiledQuery

# Every payment sends these.
_CLIENT = CompiledQuery(lambda client_id: Client.objects.select_for_update(no_key=True).filter(pk=client_id))
_INVOICE = CompiledQuery(lambda invoice_id: _lockable_invoices(Q(pk=invoice_id)))


def lock_client(client_id: int) -> Client:
    """The client as it is now, locked until the transaction ends."""
    return _CLIENT.get(client_id)


def lock_clients(client_ids: Iterable[int]) -> None:
    """Several clients by id, locked in the order of their ids; what is read of them has to be read after it."""
    found = Client.objects.select_for_update(no_key=True).filter(pk__in=list(client_ids))
    list(found.order_by("pk").values_list("pk"))


def lock_invoice(invoice: Invoice) -> Invoice:
    """The invoice as it is now, its client locked before it; `client` and `currency` are loaded.

    Of a MASS_PAY invoice the invoices that it names are locked with it.
    """
    client = lock_client(invoice.client_id)
    if invoice.kind == InvoiceKind.MASS_PAY:
        named = InvoiceLine.objects.filter(invoice=invoice, kind=LineKind.INVOICE).values("about")
        wanted = Q(pk=invoice.pk) | Q(pk__in=named)
        return next(found for found in _lock_invoices(client, wanted) if found.pk == invoice.pk)
    locked = _INVOICE.get(invoice.pk)
    locked.client = client
    return locked


def lock_invoices(client: Client, invoice_ids: Iterable[int]) -> list[Invoice]:
    """Several invoices of a client that is locked already, in the order of their ids."""
    return _lock_invoices(client, Q(pk__in=list(invoice_ids), client=client))


def _lock_invoices(client: Client, wanted: Q) -> list[Invoice]:
    found = list(_lockable_invoices(wanted))
    for invoice in found:
        invoice.client = client
    return found


def lock_services(services: QuerySet[Service]) -> list[Service]:
    """Services, locked in the order of their ids."""
    return list(lockable_services(services))


def lockable_services(services: QuerySet[Service]) -> QuerySet[Service]:
    """The same as a query that is still to be sent."""
    return services.select_for_update(of=("self",), no_key=True).order_by("pk")


def _lockable_invoices(wanted: Q) -> QuerySet[Invoice]:
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True).select_related("currency")
    return rows.filter(wanted).order_by("pk")
