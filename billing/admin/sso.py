"""One click into the partner account (S6)."""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from billing.actions.sso import SignOn, SignOnNotAllowed, sign_on
from billing.queries.clock import database_now
from noc.models import Server


@require_POST
@sensitive_variables("found")
def sign_on_view(request: HttpRequest, server_id: int) -> HttpResponseBase:
    """A page that posts the one-time key to the account's own host at once, or says why there is none.

    The key is in this answer and nowhere else: it is not kept by any cache, and no address holds it.
    """
    server = get_object_or_404(Server, pk=server_id)
    role: str = request.user.role  # type: ignore[union-attr]
    try:
        found = sign_on(server=server, role=role, actor=str(request.user), now=database_now())
    except SignOnNotAllowed as error:
        raise PermissionDenied from error
    response = TemplateResponse(request, "admin/noc/server/sign_on.html", {"server": server, "found": found})
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return _fenced(request, response, found)


def _fenced(request: HttpRequest, response: HttpResponse, found: SignOn) -> HttpResponseBase:
    """This page may send its form to that one host only, and runs no script but ours."""
    target = found.ticket.area.origin if found.ticket else NONE
    policy = {"form-action": [target], "script-src": [SELF], "style-src": [SELF]}
    return csp_replace(policy)(lambda _request: response)(request)
