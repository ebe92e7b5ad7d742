"""The client area: one's own name, address and language."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing.actions.clients import PROFILE_FIELDS, ClientInvalid, update_client
from billing.forms.account import ProfileForm
from billing.models import Client
from billing.views.current import actor_of, client_required


@require_http_methods(["GET", "POST"])
@client_required
def profile(request: HttpRequest, client: Client) -> HttpResponse:
    """Shows and changes who the bills are for."""
    initial = {name: getattr(client, name) for name in (*PROFILE_FIELDS, "is_subscribed")}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            update_client(client=client, values=form.cleaned_data, actor=actor_of(request), now=timezone.now())
        except ClientInvalid as error:
            for name, texts in error.errors.items():
                for text in texts:
                    form.add_error(name if name in form.fields else None, text)
        else:
            messages.success(request, _("Saved."))
            return redirect(_next_address(request))
    context = {"room": "profile", "client": client, "form": form, "next": request.GET.get("next", "")}
    return render(request, "client/profile.html", context, status=422 if form.errors else 200)


def _next_address(request: HttpRequest) -> str:
    """Back to the checkout, where that sent us here; never to another site."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if address and is_ours else "client:profile"
