"""The affiliate that a letter is about, and the payout that it asked for."""

from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Value, markup
from billing.letters.variables import Entry, Group
from billing.models import Affiliate, ReferredService, Withdrawal, WithdrawalStatus, WithdrawalWay

MOST_REFERRALS = 50


def _find(scene: Scene) -> Affiliate | None:
    return Affiliate.objects.filter(client=scene.client).first() if scene.client else None


def _read(scene: Scene) -> Mapping[str, Value]:
    affiliate = _find(scene)
    if affiliate is None or scene.client is None:
        return {entry.name: "" for entry in AFFILIATE.entries}
    paid = Withdrawal.objects.filter(affiliate=affiliate, status=WithdrawalStatus.PAID).aggregate(sum=Sum("amount"))
    currency, url = scene.client.currency_id, f"{address('store:home')}?aff={affiliate.code}"
    return {
        "affiliate_total_visits": affiliate.visits,
        "affiliate_balance": scene.money(affiliate.balance, currency),
        "affiliate_withdrawn": scene.money(paid["sum"] or Decimal(0), currency),
        "affiliate_referral_url": url,
        "affiliate_url": address("client:affiliate"),
        "affiliate_statement_url": address("client:affiliate_statement"),
    }


def _read_referrals(scene: Scene) -> Mapping[str, Value]:
    affiliate = _find(scene)
    found = ReferredService.objects.filter(referral__affiliate=affiliate).select_related("service__product")
    lines = [
        f"{one.service.product.words.name}: {one.service.get_status_display()}"
        for one in (found.order_by("-id")[:MOST_REFERRALS] if affiliate else [])
    ]
    return {"affiliate_referrals_table": markup("\n".join(lines))}


def _read_withdrawal(scene: Scene) -> Mapping[str, Value]:
    number = scene.data.get("withdrawal")
    has_page = number is not None and not scene.is_for_client
    return {
        "withdrawal_amount": scene.amount("amount"),
        "withdrawal_is_to_credit": scene.data.get("way") == WithdrawalWay.CREDIT,
        "withdrawal_reason": str(scene.data.get("reason", "")),
        "withdrawal_admin_link": link(address("admin:billing_withdrawal_change", number)) if has_page else "",
    }


AFFILIATE = Group(
    "affiliate",
    _("Affiliate"),
    (
        Entry("affiliate_referral_url", _("The affiliate's link"), "https://example.com/?aff=anna"),
        Entry("affiliate_total_visits", _("Visitors"), 120),
        Entry("affiliate_balance", _("Available"), Decimal("30.00")),
        Entry("affiliate_withdrawn", _("Paid out"), Decimal("50.00")),
        Entry("affiliate_url", _("Address of the affiliate's page"), "https://example.com/affiliate/"),
        Entry("affiliate_statement_url", _("Address of the statement"), "https://example.com/affiliate/statement/"),
    ),
    _read,
    ("client",),
)
REFERRALS = Group(
    "referrals",
    _("Affiliate"),
    (Entry("affiliate_referrals_table", _("Services ordered by way of the link, one a line"), "BitNinja: Active"),),
    _read_referrals,
    ("client",),
)
WITHDRAWAL = Group(
    "withdrawal",
    _("Payout"),
    (
        Entry("withdrawal_amount", _("Amount"), Decimal("30.00")),
        Entry("withdrawal_is_to_credit", _("Whether it became credit"), False),
        Entry("withdrawal_reason", _("Reason of the refusal"), "The bank refused the transfer."),
        Entry("withdrawal_admin_link", _("Page in the back office; empty in letters to clients")),
    ),
    _read_withdrawal,
)
