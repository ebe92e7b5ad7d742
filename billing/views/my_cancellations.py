"""The client area: a service that is to end with what was paid for, and keeping it after all."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.actions.cancellations import CancellationRefused, request_cancellation, withdraw_cancellation
from billing.models import CancellationType, Client
from billing.queries.cancellations import open_cancellation
from billing.views.current import actor_of, client_required


@require_POST
@client_required
def ask(request: HttpRequest, client: Client, service_id: int) -> HttpResponse:
    """Keeps the wish to end it with the paid period; stopping it now is a command."""
    service = client.services.filter(pk=service_id).first()
    if service is None:
        raise Http404
    try:
        request_cancellation(
            service=service,
            type=CancellationType.END_OF_PERIOD,
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except CancellationRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("client:service", service_id=service_id)


@require_POST
@client_required
def keep(request: HttpRequest, client: Client, service_id: int) -> HttpResponse:
    """Takes the wish back."""
    wish = open_cancellation(service_id, client=client)
    if wish is None:
        messages.warning(request, _("Nothing was to be taken back."))
    else:
        try:
            withdraw_cancellation(wish=wish, actor=actor_of(request), now=timezone.now())
            messages.success(request, _("It goes on as before."))
        except CancellationRefused as refusal:
            messages.warning(request, str(refusal))
    return redirect("client:service", service_id=service_id)
