"""The client area: invoices, and paying them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from billing.actions.payments import InvoiceNotPayable, NotEnoughCredit, pay_with_credit
from billing.documents.codes import draw_code
from billing.documents.transfers import find_transfer
from billing.models import Client, Invoice
from billing.queries.clock import business_date
from billing.queries.documents import credit_notes_of
from billing.queries.pages_client import INVOICE_FILTERS, get_invoice, invoice_chips, invoice_page
from billing.views.current import actor_of, client_required


@require_GET
@client_required
def invoices(request: HttpRequest, client: Client) -> HttpResponse:
    """The client's invoices, filtered by `?status=`."""
    chosen = request.GET.get("status", "all")
    chosen = chosen if chosen in INVOICE_FILTERS else "all"
    context = {
        "room": "invoices",
        "chips": invoice_chips(client, chosen),
        "chosen": chosen,
        "page": invoice_page(client, chosen=chosen, number=request.GET.get("page", "1")),
        "today": business_date(timezone.now()),
    }
    return render(request, "client/invoices.html", context)


@never_cache
@require_GET
@client_required
def invoice(request: HttpRequest, client: Client, invoice_id: int) -> HttpResponse:
    """One invoice: what it charges for, and how it can be paid."""
    found = _get_invoice(client, invoice_id)
    transfer = find_transfer(found, language=get_language())
    context = {
        "room": "invoices",
        "invoice": found,
        "client": client,
        "can_pay_with_credit": found.is_payable and client.credit_balance >= found.balance,
        "transfer": transfer,
        "code": draw_code(transfer.code) if transfer and transfer.code else "",
        "credit_notes": credit_notes_of(found),
        "is_overdue": found.is_payable and found.due_date < business_date(timezone.now()),
    }
    return render(request, "client/invoice.html", context)


@require_POST
@client_required
def pay(request: HttpRequest, client: Client, invoice_id: int) -> HttpResponse:
    """Pays an invoice with credit; pressed twice, it is paid once."""
    found = _get_invoice(client, invoice_id)
    try:
        pay_with_credit(invoice=found, actor=actor_of(request), now=timezone.now())
    except (NotEnoughCredit, InvoiceNotPayable) as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Paid with your credit. Thank you."))
    if found.order_id and found.order:
        return redirect("client:order", number=found.order.number)
    return redirect("client:invoice", invoice_id=found.pk)


def _get_invoice(client: Client, invoice_id: int) -> Invoice:
    try:
        return get_invoice(client, invoice_id)
    except Invoice.DoesNotExist as error:
        raise Http404 from error
