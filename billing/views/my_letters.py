"""The client area: letters that were sent, which ones are wanted, and the address that they go to."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.actions.clients import ClientInvalid
from billing.actions.email_addresses import AlreadyConfirmed, AskedTooSoon, ask_to_confirm, change_email
from billing.actions.letter_wishes import OPTIONAL_CODES, change_letter_wishes
from billing.forms.account import ChangeEmailForm, NotificationsForm
from billing.models import Client, Email, User
from billing.queries.letter_history import get_letter, letter_page
from billing.views.current import actor_of, client_required
from billing.views.placing import add_errors


@require_GET
@client_required
def letters(request: HttpRequest, client: Client) -> HttpResponse:
    """What we wrote to the client, newest first."""
    page = letter_page(client, number=request.GET.get("page", "1"))
    return render(request, "client/letters.html", {"room": "letters", "page": page})


@require_GET
@client_required
def letter(request: HttpRequest, client: Client, email_id: int) -> HttpResponse:
    """One letter as it was sent, unless it held a secret."""
    try:
        found = get_letter(client, email_id)
    except Email.DoesNotExist as error:
        raise Http404 from error
    return render(request, "client/letter.html", {"room": "letters", "letter": found})


@require_http_methods(["GET", "POST"])
@client_required
def notifications(request: HttpRequest, client: Client) -> HttpResponse:
    """Which letters are wanted."""
    initial = {
        "wanted": sorted(OPTIONAL_CODES - set(client.declined_letters)),
        "is_subscribed": client.is_subscribed,
        "copies": "\n".join(client.copy_emails),
    }
    form = NotificationsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_letter_wishes(
                client=client,
                declined=OPTIONAL_CODES - set(form.cleaned_data["wanted"]),
                copies=form.cleaned_data["copies"].splitlines(),
                is_subscribed=form.cleaned_data["is_subscribed"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except ClientInvalid as error:
            add_errors(form, error.errors)
        else:
            messages.success(request, _("Saved."))
            return redirect("client:notifications")
    context = {"room": "letters", "form": form}
    return render(request, "client/notifications.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@client_required
def change_address(request: HttpRequest, client: Client) -> HttpResponse:
    """Another e-mail, by the password."""
    form = ChangeEmailForm(request.POST if request.method == "POST" else None, user=cast(User, request.user))
    if request.method == "POST" and form.is_valid():
        try:
            email = form.cleaned_data["email"]
            change_email(client=client, email=email, actor=actor_of(request), now=timezone.now())
        except ClientInvalid as error:
            add_errors(form, error.errors)
        else:
            words = _("Letters go to %(email)s now. Follow the link of the letter that we sent there.")
            messages.success(request, words % {"email": client.email})
            return redirect("client:profile")
    context = {"room": "profile", "client": client, "form": form}
    return render(request, "client/email.html", context, status=422 if form.errors else 200)


@require_POST
@client_required
def ask_confirmation(request: HttpRequest, client: Client) -> HttpResponse:
    """Sends the letter with the link once more."""
    try:
        ask_to_confirm(client=client, actor=actor_of(request), now=timezone.now())
    except (AlreadyConfirmed, AskedTooSoon) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The letter is on its way to %(email)s.") % {"email": client.email})
    return redirect("client:profile")
