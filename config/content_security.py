"""Which content security policy an answer gets: the back office needs one of its own."""

from typing import Final

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Namespaces of its addresses.
BACK_OFFICE: Final = ("admin", "reports")


class ContentSecurityMiddleware(CSPMiddleware):
    """The strict policy everywhere, ADMIN_CONTENT_SECURITY_POLICY on pages of the back office.

    Its Alpine evaluates expressions of attributes and its widgets set styles inline; all its templates are ours or
    unfold's, and what they print is escaped.
    """

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        match = request.resolver_match
        if not report_only and match is not None and match.app_name in BACK_OFFICE:
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts
