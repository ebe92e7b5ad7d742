"""What every page knows about the reseller."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, str]:
    """The name of the portal, for titles and headers."""
    return {"portal_name": settings.PORTAL_NAME}
