"""The sidebar: only what the visitor's role may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.permissions import Permission
from billing.queries.marks import Mark, count_marks
from billing.queries.modules import modules_open_to
from catalog.modules import MODULES


@dataclass(frozen=True, slots=True)
class Place:
    """A link of the sidebar; `address` is the name of a URL, `mark` what is counted beside it."""

    words: str | Promise
    icon: str
    address: str
    permission: Permission = Permission.VIEW
    mark: Mark | None = None


PROVISIONING: Final = _("Provisioning")
_ROOMS: Final[tuple[tuple[str | Promise, tuple[Place, ...]], ...]] = (
    (
        "",
        (
            Place(_("Today"), "today", "admin:index"),
            Place(_("Reports"), "monitoring", "reports:list", Permission.VIEW_REPORTS),
        ),
    ),
    (
        _("Selling"),
        (
            Place(_("Clients"), "group", "admin:billing_client_changelist"),
            Place(_("Orders"), "shopping_cart", "admin:billing_order_changelist"),
            Place(_("Invoices"), "receipt_long", "admin:billing_invoice_changelist"),
            Place(
                _("Payments by gateways"), "credit_card", "admin:billing_paymentattempt_changelist", mark=Mark.PAYMENTS
            ),
            Place(
                _("Bank transfers"),
                "account_balance_wallet",
                "admin:billing_banktransfer_changelist",
                mark=Mark.TRANSFERS,
            ),
            Place(_("Bank statements"), "upload_file", "admin:billing_bankstatement_changelist"),
            Place(_("Services"), "deployed_code", "admin:billing_service_changelist"),
            Place(_("Cancellation requests"), "event_busy", "admin:billing_cancellationrequest_changelist"),
        ),
    ),
    (
        PROVISIONING,
        (
            Place(_("Operations"), "sync_alt", "admin:billing_operation_changelist", mark=Mark.OPERATIONS),
            Place(_("Reconciliation"), "balance", "admin:billing_finding_changelist", mark=Mark.FINDINGS),
            Place(_("License pool"), "recycling", "admin:billing_pooledlicense_changelist"),
            Place(_("Servers"), "dns", "admin:noc_server_changelist", Permission.MANAGE_SERVERS),
            Place(_("Modules"), "extension", "admin:noc_server_modules", Permission.MANAGE_SERVERS),
            Place(_("Server groups"), "lan", "admin:noc_servergroup_changelist", Permission.MANAGE_SERVERS),
        ),
    ),
    (
        _("Catalog"),
        (
            Place(_("Products"), "inventory_2", "admin:catalog_product_changelist"),
            Place(_("Product groups"), "category", "admin:catalog_productgroup_changelist"),
            Place(
                _("From the price list"), "playlist_add", "admin:catalog_tariffcost_tariffs", Permission.MANAGE_CATALOG
            ),
            Place(_("Price changes"), "price_change", "admin:catalog_tariffcost_changelist", Permission.MANAGE_CATALOG),
            Place(_("Currencies"), "payments", "admin:catalog_currency_changelist"),
            Place(_("Promo codes"), "sell", "admin:billing_promotion_changelist"),
            Place(_("Tax rules"), "percent", "admin:billing_taxrule_changelist"),
            Place(_("Store settings"), "storefront", "admin:billing_storesettings_changelist"),
        ),
    ),
    (
        _("Automation"),
        (
            Place(_("Nightly run"), "bedtime", "admin:billing_automationrun_changelist", mark=Mark.DUTIES),
            Place(
                _("Automation settings"),
                "tune",
                "admin:billing_automationsettings_changelist",
                Permission.MANAGE_SETTINGS,
            ),
        ),
    ),
    (
        _("Affiliates"),
        (
            Place(_("Affiliates"), "handshake", "admin:billing_affiliate_changelist"),
            Place(_("Withdrawals"), "savings", "admin:billing_withdrawal_changelist", mark=Mark.WITHDRAWALS),
            Place(_("Commissions"), "percent", "admin:billing_commission_changelist"),
            Place(_("Referrals"), "group_add", "admin:billing_referral_changelist"),
            Place(
                _("Affiliate settings"),
                "tune",
                "admin:billing_affiliatesettings_changelist",
                Permission.MANAGE_AFFILIATES,
            ),
        ),
    ),
    (
        _("Records"),
        (
            Place(_("Ledger"), "account_balance", "admin:billing_posting_changelist"),
            Place(_("Ledger audits"), "fact_check", "admin:billing_ledgeraudit_changelist", mark=Mark.DIFFERENCES),
            Place(_("Events"), "history", "admin:billing_event_changelist"),
            Place(_("E-mails"), "mail", "admin:billing_email_changelist"),
            Place(_("Gateway calls"), "swap_horiz", "admin:billing_gatewaycall_changelist"),
            Place(_("Gateway notifications"), "notifications", "admin:billing_gatewayevent_changelist"),
            Place(_("Alerts"), "campaign", "admin:billing_alert_changelist"),
            Place(_("Partner calls"), "lan", "admin:noc_calllog_changelist"),
        ),
    ),
    (
        _("Settings"),
        (
            Place(
                _("Billing settings"),
                "tune",
                "admin:billing_billingsettings_changelist",
                Permission.MANAGE_SETTINGS,
            ),
            Place(
                _("Payment gateways"), "payments", "admin:billing_paymentgateway_changelist", Permission.MANAGE_SETTINGS
            ),
            Place(
                _("Fiscal receipts"),
                "receipt",
                "admin:billing_fiscalsettings_changelist",
                Permission.MANAGE_SETTINGS,
            ),
            Place(
                _("Alert channels"),
                "notifications",
                "admin:billing_alertchannel_changelist",
                Permission.MANAGE_SETTINGS,
            ),
            Place(_("E-mail templates"), "stylus_note", "admin:billing_emailtemplate_changelist"),
            Place(_("Seller"), "storefront", "admin:billing_seller_changelist"),
            Place(_("Bank accounts"), "account_balance", "admin:billing_bankaccount_changelist"),
        ),
    ),
    (
        _("Access"),
        (
            Place(_("Staff and users"), "badge", "admin:billing_user_changelist", Permission.MANAGE_STAFF),
            Place(_("API keys"), "key", "admin:billing_apikey_changelist", Permission.MANAGE_STAFF),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links in the shape that unfold reads."""
    seen = [(title, _places_for(request, places)) for title, places in _ROOMS]
    counts = count_marks([place.mark for _title, places in seen for place in places if place.mark])
    groups = []
    for title, places in seen:
        items = [_item(place, counts) for place in places]
        if title == PROVISIONING:
            items += _module_pages(request)
        if items:
            groups.append({"title": title, "items": items})
    _light_up_one(groups, request.path)
    return groups


def _places_for(request: HttpRequest, places: Sequence[Place]) -> list[Place]:
    return [place for place in places if request.user.has_perm(place.permission)]


def _module_pages(request: HttpRequest) -> list[dict[str, Any]]:
    """A link to the page of each module that the visitor's role may open (S1)."""
    return [
        {"title": MODULES[code].label, "icon": "sell", "link": reverse("admin:noc_server_module", args=[code])}
        for code in modules_open_to(request.user.role)  # type: ignore[union-attr]
    ]


def _light_up_one(groups: list[dict[str, Any]], path: str) -> None:
    """The link that leads nearest to the page: a place within another does not light up both."""
    index = reverse("admin:index")
    items = [item for group in groups for item in group["items"]]
    leading = [
        item["link"]
        for item in items
        if path == item["link"] or (item["link"] != index and path.startswith(item["link"]))
    ]
    nearest = max(leading, key=len, default="")
    for item in items:
        item["active"] = item["link"] == nearest


def _item(place: Place, counts: Mapping[Mark, int]) -> dict[str, Any]:
    item: dict[str, Any] = {"title": place.words, "icon": place.icon, "link": reverse(place.address)}
    if place.mark and (count := counts.get(place.mark)):
        item |= {"badge": str(count), "badge_variant": "danger", "badge_style": "solid"}
    return item
