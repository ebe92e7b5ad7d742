"""Links of affiliates: who followed one carries a cookie until the order, or until it has run out (P17)."""

import re
from typing import Final

from django.http import HttpRequest, HttpResponse

from billing.actions.affiliates import count_visit
from billing.models import Affiliate
from billing.queries.affiliates import find_affiliate, is_own_account, read_affiliate_settings
from billing.views.current import current_client

COOKIE: Final = "affiliate"
PARAMETER: Final = "aff"
# The links that this visit has followed already: each counts one visitor.
FOLLOWED_KEY: Final = "affiliate_links"
DAY: Final = 24 * 60 * 60
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{2,29}")
# Programs that read pages without a person: search engines, previews of messengers, monitors, scripts.
_ROBOT: Final = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|preview|scan|monitor|fetch|http|curl|wget|python|java/", re.I
)


def follow_link_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A page of the store: keeps the `?aff=` of a link for the order. What is no affiliate's code changes nothing."""
    code = request.GET.get(PARAMETER, "")
    if not _CODE.fullmatch(code):
        return response
    return follow_link_of(find_affiliate(code), request, response)


def follow_link_of(affiliate: Affiliate | None, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Gives the visitor the affiliate's cookie, the last link winning, and counts one visitor a visit.

    Robots, prefetching browsers and the affiliate's own account are neither counted nor given the cookie.
    """
    settings = read_affiliate_settings() if affiliate else None
    if affiliate is None or settings is None or not settings.is_on or _is_nobody(request):
        return response
    client = current_client(request)
    if client is not None and is_own_account(affiliate, client):
        return response
    followed = request.session.get(FOLLOWED_KEY, [])
    if affiliate.pk not in followed:
        request.session[FOLLOWED_KEY] = [*followed, affiliate.pk]
        count_visit(affiliate=affiliate)
    response.set_cookie(
        COOKIE,
        affiliate.code,
        max_age=settings.cookie_days * DAY,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def referral_code(request: HttpRequest) -> str:
    """The code of the affiliate whose link this visitor followed last; "" where there is none."""
    code = request.COOKIES.get(COOKIE, "")
    return code if _CODE.fullmatch(code) else ""


def _is_nobody(request: HttpRequest) -> bool:
    agent = request.headers.get("User-Agent", "")
    purpose = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    return request.method != "GET" or not agent or bool(_ROBOT.search(agent)) or "prefetch" in purpose
