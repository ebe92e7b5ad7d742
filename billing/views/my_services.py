"""The client area: *My services*, a service, its secrets, and what a client can do with it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from billing.actions.commands import ChangeInvalid, CommandNotAllowed, change_service, run_command
from billing.actions.renewals import RenewalRefused, issue_renewal_now, preview_renewal
from billing.forms.change import ChangeServiceForm
from billing.models import Client, Service
from billing.queries.addons import offered_addons
from billing.queries.cancellations import open_cancellation
from billing.queries.certificates import certificate_card
from billing.queries.changes import refused_change
from billing.queries.clock import business_date
from billing.queries.commands import change_keys, why_not
from billing.queries.on_demand import find_on_demand, next_invoice
from billing.queries.pages_client import (
    SERVICE_FILTERS,
    client_command,
    client_commands,
    get_service,
    get_subject,
    service_chips,
    service_history,
    service_page,
    unpaid_invoice_of,
    unpaid_invoices,
)
from billing.queries.pages_progress import latest_progress
from billing.queries.renewal_terms import renewals_left_words, why_no_next_period
from billing.queries.services import FieldRow, field_rows, shown_rows
from billing.queries.suspensions import suspension_of
from billing.views.current import actor_of, client_required
from billing.views.progress import mark_of, progress_response


@require_GET
@client_required
def services(request: HttpRequest, client: Client) -> HttpResponse:
    """What the client has, filtered by `?status=`; above it, what waits for their payment."""
    chosen = request.GET.get("status", "current")
    chosen = chosen if chosen in SERVICE_FILTERS else "current"
    page, rows = service_page(client, chosen=chosen, number=request.GET.get("page", "1"))
    context = {
        "room": "services",
        "chips": service_chips(client, chosen),
        "chosen": chosen,
        "page": page,
        "rows": rows,
        "unpaid": list(unpaid_invoices(client)[:3]),
    }
    return render(request, "client/services.html", context)


@never_cache
@require_GET
@client_required
def service(request: HttpRequest, client: Client, service_id: int) -> HttpResponse:
    """Everything about one service; secrets are masked until asked for."""
    found = _get_service(client, service_id)
    now = timezone.now()
    on_demand = find_on_demand(found, on=business_date(now))
    commands = client_commands(found, on_demand)
    progress = latest_progress(found, now=now)
    context = {
        **_about(found),
        "progress": progress,
        "mark": mark_of(progress),
        "commands": [command for command in commands if command.code != "change"],
        "can_change": any(command.code == "change" for command in commands),
        "rows": shown_rows(found),
        "certificate": certificate_card(found, audience="client"),
        "invoice": unpaid_invoice_of(found),
        "on_demand": on_demand,
        "has_next": not why_no_next_period(found),
        "renewals_left": renewals_left_words(found),
        "history": service_history(found),
        "addons": list(found.children.select_related("product").order_by("id")),
        "offered": offered_addons(found),
        "wish": open_cancellation(found.pk, client=client),
        "suspension": suspension_of(found),
    }
    return render(request, "client/service.html", context)


@never_cache
@require_GET
@client_required
def state(request: HttpRequest, client: Client, service_id: int) -> HttpResponse:
    """The latest command's progress, for polling; asks for the whole page again once it is over."""
    found = _get_service(client, service_id)
    progress = latest_progress(found, now=timezone.now())
    if progress is None or not progress.is_moving:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = {"service": found, "progress": progress}
    return progress_response(request, "client/service_state.html", context, progress)


@never_cache
@require_GET
@client_required
def field(request: HttpRequest, client: Client, service_id: int, key: str) -> HttpResponse:
    """The value of one field as plain text: what a masked one shows and what is copied."""
    rows = field_rows(_get_service(client, service_id), audience="client")
    row = next((row for row in rows if row.key == key), None)
    if row is None:
        raise Http404
    return HttpResponse(row.value, content_type="text/plain; charset=utf-8")


@require_http_methods(["GET", "POST"])
@client_required
def command(request: HttpRequest, client: Client, service_id: int, code: str) -> HttpResponse:
    """Asks before a command, naming the object and the consequence; then does it. Renewing means an invoice to pay."""
    found = _get_service(client, service_id)
    if code == "renew":
        return _renew(request, found)
    refusal = why_not(found, code, audience="client")
    wanted = client_command(code)
    if refusal or wanted is None or code == "change":
        messages.warning(request, refusal or _("This is not possible at the moment."))
        return redirect("client:service", service_id=found.pk)
    if request.method == "POST":
        return _stop(request, found)
    return render(request, "client/command.html", {**_about(found), "command": wanted})


def _renew(request: HttpRequest, found: Service) -> HttpResponse:
    """Asks, naming the period and the price, then issues the invoice.

    Clients renew by paying: never by the module command itself, which would buy at once.
    """
    now = timezone.now()
    on = business_date(now)
    invoice = next_invoice(found)
    try:
        if request.method == "POST":
            invoice = issue_renewal_now(service=found, actor=actor_of(request), now=now, on=on, audience="client")
            return redirect("client:invoice", invoice_id=invoice.pk)
        if invoice is not None:
            messages.info(request, find_on_demand(found, on=on).refusal)
            return redirect("client:invoice", invoice_id=invoice.pk)
        period = preview_renewal(service=found, on=on, audience="client")
    except RenewalRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("client:service", service_id=found.pk)
    context = {**_about(found), "command": client_command("renew"), "period": period}
    return render(request, "client/command.html", context)


def _stop(request: HttpRequest, found: Service) -> HttpResponse:
    try:
        run_command(service=found, command="terminate", actor=actor_of(request), now=timezone.now(), audience="client")
    except CommandNotAllowed:
        messages.warning(request, _("This is not possible at the moment."))
    return redirect("client:service", service_id=found.pk)


@require_http_methods(["GET", "POST"])
@client_required
def change(request: HttpRequest, client: Client, service_id: int) -> HttpResponse:
    """A new name or IP of a license. The partner is changed first; the page of the service shows how far it is."""
    found = _get_service(client, service_id)
    rows = [row for row in field_rows(found, audience="client") if row.key in change_keys(found)]
    if not rows or why_not(found, "change", audience="client"):
        messages.warning(request, _("This is not possible at the moment."))
        return redirect("client:service", service_id=found.pk)
    form = _change_form(request, found, rows)
    if request.method == "POST" and form.is_valid() and _change(request, found, form):
        return redirect("client:service", service_id=found.pk)
    return render(
        request, "client/change.html", {**_about(found), "form": form}, status=422 if request.method == "POST" else 200
    )


def _change_form(request: HttpRequest, found: Service, rows: list[FieldRow]) -> ChangeServiceForm:
    """Filled with what is now, or with what was refused last and why, so that it can be put right."""
    if request.method == "POST":
        return ChangeServiceForm(request.POST, rows=rows)
    refused = refused_change(found)
    if refused is None:
        return ChangeServiceForm(rows=rows)
    form = ChangeServiceForm(refused.values, rows=rows)
    form.add_errors({key: [words] for key, words in refused.errors.items()})
    return form


def _change(request: HttpRequest, found: Service, form: ChangeServiceForm) -> bool:
    fields = {name: form.cleaned_data[name] for name in form.changed_data}
    if not fields:
        messages.info(request, _("Nothing was changed."))
        return True
    try:
        change_service(service=found, fields=fields, actor=actor_of(request), now=timezone.now(), audience="client")
    except ChangeInvalid as error:
        form.add_errors(error.errors)
        return False
    except CommandNotAllowed:
        form.add_error(None, _("This is not possible at the moment. Try again a little later."))
        return False
    return True


def _get_service(client: Client, service_id: int) -> Service:
    try:
        return get_service(client, service_id)
    except Service.DoesNotExist as error:
        raise Http404 from error


def _about(found: Service) -> dict[str, Any]:
    return {"room": "services", "service": found, "subject": get_subject(found)}
