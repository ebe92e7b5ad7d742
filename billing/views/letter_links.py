"""Links of letters: whoever holds one acts without logging in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from billing.actions.email_addresses import confirm_email
from billing.actions.letter_wishes import unsubscribe
from billing.queries.letter_links import LinkInvalid, read_confirmation, read_unsubscription


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST confirms: programs that look at links in mail confirm nothing."""
    try:
        _client_id, email = read_confirmation(token)
        if request.method == "POST":
            confirm_email(token=token, now=timezone.now())
    except LinkInvalid:
        return render(request, "account/link_invalid.html", status=410)
    return render(request, "account/email_confirm.html", {"email": email, "is_done": request.method == "POST"})


# Mail programs post here with one click (RFC 8058): they have no cookies, the link is what they know.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST ends the wish for news."""
    try:
        read_unsubscription(token)
        if request.method == "POST":
            unsubscribe(token=token, now=timezone.now())
    except LinkInvalid:
        return render(request, "account/link_invalid.html", status=410)
    return render(request, "account/unsubscribe.html", {"is_done": request.method == "POST"})
