"""Paying by a gateway: to its page, back from it, and the truth about what has become of the money."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from billing.actions.gateways.starting import PaymentNotStarted, start_payment
from billing.actions.gateways.stored_methods import choose_method, remove_method, set_automatic_payment
from billing.actions.gateways.tending import look_soon
from billing.actions.payments import InvoiceNotPayable
from billing.models import AttemptStatus, Client, Invoice, PaymentAttempt, StoredMethod
from billing.queries.attempts import attempt_state, find_attempt, payment_history, stored_methods_of
from billing.queries.confirmations import must_confirm
from billing.queries.gateways import read_gateways
from billing.queries.pages_client import get_invoice
from billing.views.current import actor_of, client_required
from billing.views.progress import mark_of, progress_response


@require_POST
@client_required
def start(request: HttpRequest, client: Client, invoice_id: int) -> HttpResponse:
    """Opens the page of `gateway` and leads there; pressed twice, it is the same page."""
    try:
        invoice = get_invoice(client, invoice_id)
    except Invoice.DoesNotExist as error:
        raise Http404 from error
    gateway = request.POST.get("gateway", "")
    return go_and_pay(request, invoice, gateway=gateway, saves_method="saves_method" in request.POST)


def go_and_pay(request: HttpRequest, invoice: Invoice, *, gateway: str, saves_method: bool = False) -> HttpResponse:
    """To the page that leads to the gateway; back to the invoice, with the reason, where that is not possible."""
    if must_confirm(invoice.client):
        messages.warning(request, _("Confirm your e-mail address before you pay: follow the link of our letter."))
        return redirect("client:invoice", invoice_id=invoice.pk)
    try:
        attempt = start_payment(
            invoice=invoice,
            gateway=gateway,
            saves_method=saves_method,
            actor=actor_of(request),
            now=timezone.now(),
            language=get_language() or invoice.client.language,
        )
    except (PaymentNotStarted, InvoiceNotPayable) as error:
        messages.warning(request, str(error))
        return redirect("client:invoice", invoice_id=invoice.pk)
    # A form may not lead to a foreign site (Content-Security-Policy), so a page of ours does.
    return redirect("client:leave", key=attempt.key)


@never_cache
@require_GET
@client_required
def leave(request: HttpRequest, client: Client, key: str) -> HttpResponse:
    """On the way to the gateway: by itself, or by a link."""
    attempt = _get_attempt(client, key)
    if attempt.status != AttemptStatus.PENDING or not attempt.redirect_url:
        return redirect("client:payment", key=key)
    return render(request, "client/leave.html", {"room": "invoices", "attempt": attempt})


@never_cache
@require_GET
@client_required
def payment(request: HttpRequest, client: Client, key: str) -> HttpResponse:
    """Back from the gateway: a worker asks it what has become of the payment, the page waits for the answer."""
    attempt = _get_attempt(client, key)
    look_soon(attempt=attempt, now=timezone.now())
    state = attempt_state(attempt)
    context = {"room": "invoices", "attempt": attempt, "state": state, "mark": mark_of(state)}
    return render(request, "client/payment.html", context)


@never_cache
@require_GET
@client_required
def payment_state(request: HttpRequest, client: Client, key: str) -> HttpResponse:
    """The moving part of the page, for polling."""
    attempt = _get_attempt(client, key)
    state = attempt_state(attempt)
    return progress_response(request, "client/payment_state.html", {"attempt": attempt, "state": state}, state)


@never_cache
@require_GET
@client_required
def payments(request: HttpRequest, client: Client) -> HttpResponse:
    """Every payment of the client, tried or made, and the cards that they saved."""
    context = {
        "room": "invoices",
        "client": client,
        "page": payment_history(client, number=request.GET.get("page", "1")),
        "methods": stored_methods_of(client),
        "can_save": any(gateway.stores_methods for gateway in read_gateways().values()),
    }
    return render(request, "client/payments.html", context)


@require_POST
@client_required
def change_method(request: HttpRequest, client: Client, method_id: int) -> HttpResponse:
    """Removes a saved card, or takes it for automatic payments."""
    method = StoredMethod.objects.filter(pk=method_id, client=client, removed_at=None).first()
    if method is None:
        raise Http404
    if request.POST.get("do") == "remove":
        remove_method(method=method, actor=actor_of(request), now=timezone.now())
        messages.success(request, _("The card is removed. It is never charged again."))
    else:
        choose_method(method=method, actor=actor_of(request), now=timezone.now())
        messages.success(request, _("Renewals are paid with this card."))
    return redirect("client:payments")


@require_POST
@client_required
def automatic(request: HttpRequest, client: Client) -> HttpResponse:
    """Switches automatic payment of renewals on or off."""
    is_on = request.POST.get("is_on") == "yes"
    set_automatic_payment(client=client, is_on=is_on, actor=actor_of(request), now=timezone.now())
    words = _("Renewals are paid by themselves again.") if is_on else _("Nothing is paid by itself any more.")
    messages.success(request, words)
    return redirect("client:payments")


def _get_attempt(client: Client, key: str) -> PaymentAttempt:
    attempt = find_attempt(client, key)
    if attempt is None:
        raise Http404
    return attempt
