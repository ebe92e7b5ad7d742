"""The sidebar: only what the visitor's role may see."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.admin.dashboard import operations_badge
from billing.permissions import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """A link of the sidebar; `address` is the name of a URL."""

    words: str | Promise
    icon: str
    address: str
    permission: Permission = Permission.VIEW
    has_badge: bool = False


_ROOMS: Final[tuple[tuple[str | Promise, tuple[Place, ...]], ...]] = (
    ("", (Place(_("Today"), "today", "admin:index"),)),
    (
        _("Selling"),
        (
            Place(_("Clients"), "group", "admin:billing_client_changelist"),
            Place(_("Orders"), "shopping_cart", "admin:billing_order_changelist"),
            Place(_("Invoices"), "receipt_long", "admin:billing_invoice_changelist"),
            Place(_("Services"), "deployed_code", "admin:billing_service_changelist"),
        ),
    ),
    (
        _("Provisioning"),
        (
            Place(_("Operations"), "sync_alt", "admin:billing_operation_changelist", has_badge=True),
            Place(_("Servers"), "dns", "admin:noc_server_changelist", Permission.MANAGE_SERVERS),
            Place(_("Modules"), "extension", "admin:noc_server_modules", Permission.MANAGE_SERVERS),
            Place(_("Server groups"), "lan", "admin:noc_servergroup_changelist", Permission.MANAGE_SERVERS),
            Place(_("Price lists"), "sell", "admin:noc_pricelistentry_changelist", Permission.MANAGE_CATALOG),
        ),
    ),
    (
        _("Catalog"),
        (
            Place(_("Products"), "inventory_2", "admin:catalog_product_changelist"),
            Place(_("Product groups"), "category", "admin:catalog_productgroup_changelist"),
            Place(_("Currencies"), "payments", "admin:catalog_currency_changelist"),
        ),
    ),
    (
        _("Records"),
        (
            Place(_("Events"), "history", "admin:billing_event_changelist"),
            Place(_("E-mails"), "mail", "admin:billing_email_changelist"),
            Place(_("Partner calls"), "lan", "admin:noc_calllog_changelist"),
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
    groups = []
    for title, places in _ROOMS:
        items = [_item(place, request) for place in places if request.user.has_perm(place.permission)]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _item(place: Place, request: HttpRequest) -> dict[str, Any]:
    item: dict[str, Any] = {"title": place.words, "icon": place.icon, "link": reverse(place.address)}
    if place.has_badge and (count := operations_badge(request)):
        item |= {"badge": count, "badge_variant": "danger", "badge_style": "solid"}
    return item
