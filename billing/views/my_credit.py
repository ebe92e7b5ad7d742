"""The client area: credit with its movements, funds in advance, several invoices at once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from billing.actions.invoicing import AddFundsInvalid, MassPaymentInvalid, add_funds, start_mass_payment
from billing.forms.paying import AddFundsForm, MassPaymentForm
from billing.models import Client
from billing.queries.clock import business_date
from billing.queries.credit_statement import credit_page
from billing.queries.pages_payment import invoice_methods
from billing.queries.prepayment import add_funds_limits, payable_together
from billing.views.current import actor_of, client_required


@never_cache
@require_GET
@client_required
def credit(request: HttpRequest, client: Client) -> HttpResponse:
    """The balance and every movement of it."""
    page, movements = credit_page(client, number=request.GET.get("page", "1"))
    context = {
        "room": "invoices",
        "client": client,
        "page": page,
        "movements": movements,
        "can_add": add_funds_limits(client) is not None,
    }
    return render(request, "client/credit.html", context)


@require_http_methods(["GET", "POST"])
@client_required
def funds(request: HttpRequest, client: Client) -> HttpResponse:
    """Asks how much; leads to an invoice over it."""
    form = AddFundsForm(request.POST if request.method == "POST" else None, methods=invoice_methods())
    if request.method == "POST" and form.is_valid():
        try:
            invoice = add_funds(client=client, actor=actor_of(request), now=timezone.now(), **form.cleaned_data)
        except AddFundsInvalid as error:
            form.add_errors(error.errors)
        else:
            return redirect("client:invoice", invoice_id=invoice.pk)
    limits = add_funds_limits(client)
    context = {
        "room": "invoices",
        "client": client,
        "form": form,
        "limits": limits,
        "room_left": limits.room(client) if limits else 0,
    }
    return render(request, "client/funds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@client_required
def together(request: HttpRequest, client: Client) -> HttpResponse:
    """The open invoices to choose from; leads to one invoice over those that were chosen."""
    payable = list(payable_together(client))
    form = MassPaymentForm(
        request.POST if request.method == "POST" else None, payable=payable, methods=invoice_methods()
    )
    if request.method == "POST" and form.is_valid():
        chosen = [one for one in payable if one.pk in form.cleaned_data["invoices"]]
        try:
            invoice = start_mass_payment(
                client=client,
                invoices=chosen,
                payment_method=form.cleaned_data["payment_method"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except MassPaymentInvalid as error:
            form.add_errors(error.errors)
        else:
            return redirect("client:invoice", invoice_id=invoice.pk)
    ticked = {str(value) for value in form["invoices"].value() or ()}
    context = {
        "room": "invoices",
        "form": form,
        "rows": [(one, str(one.pk) in ticked) for one in payable],
        "today": business_date(timezone.now()),
    }
    return render(request, "client/together.html", context, status=422 if form.errors else 200)
