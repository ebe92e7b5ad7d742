"""Clients whom affiliates brought (P17)."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.admin.affiliate_buttons import MoveReferral
from billing.admin.commissions import commission_words
from billing.admin.objects import ObjectAdmin, history
from billing.models import Commission, Referral
from billing.templatetags.back_office import brief
from noc.day_range import DayRangeFilter


@admin.register(Referral)
class ReferralAdmin(ObjectAdmin):
    """Clients whom affiliates brought."""

    page_template = "admin/billing/referral/page.html"
    buttons = (MoveReferral(),)
    page_related = ("affiliate__client", "client")
    list_display = ("client_name", "affiliate", "service_count", "referred")
    list_display_links = ("client_name",)
    list_select_related = ("affiliate", "client")
    list_filter = (("referred_at", DayRangeFilter),)
    search_fields = ("affiliate__code", "client__email", "client__first_name", "client__last_name", "client__company")
    search_help_text = gettext_lazy("Code of the affiliate, name or e-mail of the client")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).annotate(service_count=Count("services"))
        return found

    def page_title(self, subject: Referral) -> str:
        return _("Referral of %(client)s") % {"client": subject.client}

    def get_facts(self, request: HttpRequest, subject: Referral) -> dict[str, Any]:
        services = subject.services.select_related("service__product").order_by("-id")
        commissions = Commission.objects.filter(referred__referral=subject)
        shown = commissions.select_related("affiliate", "referred__service__product", "line__invoice").order_by("-id")
        about = history(client=subject.client)
        return {
            "services": list(services[:50]),
            "commissions": [(one, commission_words(one)) for one in shown[:50]],
            "events": [event for event in about if event.name.startswith(("referral.", "commission."))],
        }

    @admin.display(description=gettext_lazy("client"), ordering="client__last_name")
    def client_name(self, referral: Referral) -> str:
        return str(referral.client)

    @admin.display(description=gettext_lazy("services"), ordering="service_count")
    def service_count(self, referral: Any) -> int:
        return int(referral.service_count)

    @admin.display(description=gettext_lazy("referred at"), ordering="referred_at")
    def referred(self, referral: Referral) -> SafeString | str:
        return brief(referral.referred_at)
