"""What every page knows about the reseller and the visit."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from billing.queries.affiliates import has_affiliate_program


def portal(request: HttpRequest) -> dict[str, Any]:
    """The name of the portal, for titles and headers; how much is in the basket; whether there are affiliates.

    The last is asked only by pages that show it.
    """
    session = getattr(request, "session", None)
    return {
        "portal_name": settings.PORTAL_NAME,
        "basket_count": session.get("basket_count", 0) if session is not None else 0,
        "has_affiliate_program": has_affiliate_program,
    }
