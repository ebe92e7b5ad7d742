"""Affiliates: clients who bring clients, and what they earn by it (P17)."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedCheckboxFilter

from billing.admin.affiliate_buttons import (
    AddAffiliate,
    ChangeAffiliate,
    CloseAffiliate,
    PayOutToCredit,
    RecordPayout,
    ReopenAffiliate,
)
from billing.admin.commissions import commission_words, rule_words
from billing.admin.objects import Chips, ObjectAdmin
from billing.models import Affiliate, AffiliateStatus, Event
from billing.queries.pages_affiliate import read_summary, with_figures
from billing.templatetags.back_office import brief, state
from billing.templatetags.portal import money
from catalog.models import AffiliatePay
from noc.day_range import DayRangeFilter

SHOWN = 20


class AffiliateChips(Chips):
    """Affiliates by what they are and have."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("all", gettext_lazy("All")),
            ("active", AffiliateStatus.ACTIVE.label),
            ("closed", AffiliateStatus.CLOSED.label),
            ("owed", gettext_lazy("With a balance")),
        ]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        if code == "owed":
            return queryset.filter(balance__gt=0)
        return queryset if code == "all" else queryset.filter(status=code.upper())


@admin.register(Affiliate)
class AffiliateAdmin(ObjectAdmin):
    """Clients who bring clients."""

    page_template = "admin/billing/affiliate/page.html"
    add_button = AddAffiliate()
    buttons = (ChangeAffiliate(), PayOutToCredit(), RecordPayout(), ReopenAffiliate(), CloseAffiliate())
    page_related = ("client__currency",)
    list_display = (
        "state_badge",
        "code",
        "client",
        "visits",
        "sign_ups",
        "pending",
        "available",
        "withdrawn",
        "commission",
        "joined",
    )
    list_display_links = ("code",)
    list_select_related = ("client",)
    list_filter = (AffiliateChips, ("client__currency", RelatedCheckboxFilter), ("joined_at", DayRangeFilter))
    list_before_template = "admin/chips.html"
    search_fields = ("code", "=whmcs_id", "client__email", "client__first_name", "client__last_name", "client__company")
    search_help_text = gettext_lazy("Code, number in WHMCS, name or e-mail of the client")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_figures(super().get_queryset(request))

    def page_title(self, subject: Affiliate) -> str:
        return _("Affiliate %(code)s") % {"code": subject}

    def get_facts(self, request: HttpRequest, subject: Affiliate) -> dict[str, Any]:
        referrals = subject.referrals.select_related("client").annotate(service_count=Count("services"))
        commissions = subject.commissions.select_related("referred__service__product", "line__invoice")
        about = Q(name__startswith="affiliate.") | Q(name__startswith="withdrawal.")
        events = Event.objects.filter(about, client=subject.client)
        return {
            "link": f"{settings.PORTAL_URL}{reverse('store:home')}?aff={subject.code}",
            "rule": self.commission(subject),
            "summary": read_summary(subject),
            "referrals": list(referrals.order_by("-id")[:SHOWN]),
            "commissions": [(one, commission_words(one)) for one in commissions.order_by("-id")[:SHOWN]],
            "withdrawals": list(subject.withdrawals.order_by("-id")[:SHOWN]),
            "entries": list(subject.entries.order_by("-id")[:SHOWN]),
            "events": list(events.select_related("operation").order_by("-id")[:30]),
        }

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state_badge(self, affiliate: Affiliate) -> SafeString:
        return state(affiliate.status, affiliate.get_status_display())

    @admin.display(description=gettext_lazy("sign-ups"), ordering="sign_ups")
    def sign_ups(self, affiliate: Any) -> int:
        return int(affiliate.sign_ups)

    @admin.display(description=gettext_lazy("pending"), ordering="pending")
    def pending(self, affiliate: Any) -> SafeString | str:
        return money(affiliate.pending, affiliate.client.currency_id) if affiliate.pending else "—"

    @admin.display(description=gettext_lazy("available"), ordering="balance")
    def available(self, affiliate: Affiliate) -> SafeString:
        return money(affiliate.balance, affiliate.client.currency_id)

    @admin.display(description=gettext_lazy("withdrawn"), ordering="withdrawn")
    def withdrawn(self, affiliate: Any) -> SafeString | str:
        return money(affiliate.withdrawn, affiliate.client.currency_id) if affiliate.withdrawn else "—"

    @admin.display(description=gettext_lazy("commission"))
    def commission(self, affiliate: Affiliate) -> str:
        """The affiliate's own rule."""
        if affiliate.pay == AffiliatePay.DEFAULT:
            words = str(AffiliatePay.DEFAULT.label)
        else:
            words = rule_words(affiliate.pay, affiliate.pay_amount, affiliate.client.currency_id)
        return _("%(rule)s, once") % {"rule": words} if affiliate.is_once else words

    @admin.display(description=gettext_lazy("joined at"), ordering="joined_at")
    def joined(self, affiliate: Affiliate) -> SafeString | str:
        return brief(affiliate.joined_at)
