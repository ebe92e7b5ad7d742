"""The client area: invoices, and paying them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from billing.actions.payments import (
    InvoiceNotPayable,
    NotEnoughCredit,
    PaymentInvalid,
    apply_credit,
    pay_with_credit,
)
from billing.documents.codes import draw_code
from billing.documents.transfers import find_transfer
from billing.forms.paying import CreditPaymentForm
from billing.gateways import BANK_TRANSFER
from billing.models import Client, Invoice, InvoiceKind
from billing.queries.attempts import open_attempts_of
from billing.queries.clock import business_date
from billing.queries.confirmations import must_confirm
from billing.queries.documents import credit_notes_of
from billing.queries.pages_client import INVOICE_FILTERS, get_invoice, invoice_chips, invoice_page, invoice_totals
from billing.queries.pages_payment import invoice_gateways, pay_choices
from billing.queries.prepayment import is_outdated
from billing.views.current import actor_of, client_required
from catalog.money import round_money


@require_GET
@client_required
def invoices(request: HttpRequest, client: Client) -> HttpResponse:
    """The client's invoices, filtered by `?status=`, and what is to be paid of them in all."""
    chosen = request.GET.get("status", "all")
    chosen = chosen if chosen in INVOICE_FILTERS else "all"
    chips = invoice_chips(client, chosen)
    count = next(chip.count for chip in chips if chip.is_chosen)
    context = {
        "room": "invoices",
        "client": client,
        "chips": chips,
        "chosen": chosen,
        "page": invoice_page(client, chosen=chosen, number=request.GET.get("page", "1"), count=count),
        "totals": invoice_totals(client, on=business_date(timezone.now())),
        "today": business_date(timezone.now()),
    }
    return render(request, "client/invoices.html", context)


@never_cache
@require_GET
@client_required
def invoice(request: HttpRequest, client: Client, invoice_id: int) -> HttpResponse:
    """One invoice: what it charges for, what was paid of it, and how it can be paid."""
    return _show(request, client, _get_invoice(client, invoice_id))


def _show(
    request: HttpRequest, client: Client, found: Invoice, *, credit_form: CreditPaymentForm | None = None
) -> HttpResponse:
    offered = invoice_gateways(found) if found.is_payable else {}
    transfer = find_transfer(found, language=get_language())
    context: dict[str, Any] = {
        "room": "invoices",
        "invoice": found,
        "client": client,
        "credit_form": credit_form or _credit_form(client, found),
        "covers_all": client.credit_balance >= found.balance,
        "online": pay_choices(found, offered),
        "attempts": open_attempts_of(found.pk) if found.is_payable else [],
        "takes_transfer": BANK_TRANSFER in offered,
        "transfer": transfer,
        "code": draw_code(transfer.code) if transfer and transfer.code else "",
        "credit_notes": credit_notes_of(found),
        "is_overdue": found.is_payable and found.due_date < business_date(timezone.now()),
        "is_outdated": found.kind == InvoiceKind.MASS_PAY and found.is_payable and is_outdated(found),
    }
    return render(request, "client/invoice.html", context, status=422 if credit_form else 200)


def _credit_form(client: Client, found: Invoice) -> CreditPaymentForm | None:
    """None where credit is of no use."""
    if not found.is_payable or found.kind != InvoiceKind.SALE or client.credit_balance <= 0:
        return None
    most = min(client.credit_balance, found.balance)
    return CreditPaymentForm(initial={"amount": round_money(most, precision=found.currency.precision)})


@require_POST
@client_required
def pay(request: HttpRequest, client: Client, invoice_id: int) -> HttpResponse:
    """Pays an invoice with credit: `amount` of it, or the whole. Pressed twice, it is paid once."""
    found = _get_invoice(client, invoice_id)
    if must_confirm(client):
        messages.warning(request, _("Confirm your e-mail address before you pay: follow the link of our letter."))
        return redirect("client:invoice", invoice_id=found.pk)
    form = CreditPaymentForm(request.POST) if "amount" in request.POST else None
    if form is not None and not form.is_valid():
        return _show(request, client, found, credit_form=form)
    try:
        if form is None:
            pay_with_credit(invoice=found, actor=actor_of(request), now=timezone.now())
        else:
            amount = form.cleaned_data["amount"]
            apply_credit(invoice=found, amount=amount, actor=actor_of(request), now=timezone.now())
    except PaymentInvalid as error:
        assert form is not None
        form.add_errors(error.errors)
        return _show(request, client, found, credit_form=form)
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
