"""The order that a letter is about."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Row, Value, markup, moment
from billing.letters.variables import Entry, Group
from billing.models import Order, OrderLine
from billing.templatetags.event_words import GATEWAYS


def _read(scene: Scene) -> Mapping[str, Value]:
    order = scene.order
    if order is None:
        return {entry.name: "" for entry in ORDER.entries}
    url = address("client:order", order.number)
    return {
        "order_id": order.pk,
        "order_number": order.number,
        "order_date": moment(order.placed_at, language=scene.language),
        "order_total": scene.money(order.total, order.currency_id),
        "order_payment_method": str(GATEWAYS.get(order.payment_method, order.payment_method)),
        "order_promo_code": order.promo_code,
        "order_url": url,
        "order_link": link(url),
        "order_admin_link": "" if scene.is_for_client else link(address("admin:billing_order_change", order.pk)),
    }


def _read_items(scene: Scene) -> Mapping[str, Value]:
    order = scene.order
    rows = [_item(scene, order, line) for line in order.lines.all()] if order else []
    lines = [f"{row['description']} × {row['quantity']}, {row['billing_cycle']}: {row['price']}" for row in rows]
    return {"order_items": rows, "order_details": markup("\n".join(lines))}


def _item(scene: Scene, order: Order, line: OrderLine) -> Row:
    return {
        "description": line.description,
        "quantity": line.quantity,
        "billing_cycle": line.get_cycle_display(),
        "price": scene.money(line.unit_price, order.currency_id),
    }


ORDER = Group(
    "order",
    _("Order"),
    (
        Entry("order_number", _("Number"), "1234567890"),
        Entry("order_id", _("Number here"), 5),
        Entry("order_date", _("Ordered on"), date(2026, 12, 1)),
        Entry("order_total", _("Total"), Decimal("12.00")),
        Entry("order_payment_method", _("Payment method"), "Bank transfer"),
        Entry("order_promo_code", _("Promo code")),
        Entry("order_url", _("Address of the client's page"), "https://example.com/orders/1234567890/"),
        Entry("order_link", _("Link to the client's page"), "https://example.com/orders/1234567890/"),
        Entry("order_admin_link", _("Page in the back office; empty in letters to clients")),
    ),
    _read,
    ("order",),
)
ORDER_ITEMS = Group(
    "order_items",
    _("Items of the order"),
    (
        Entry("order_details", _("The items, one a line"), "BitNinja × 1"),
        Entry(
            "order_items",
            _("List of the items"),
            rows=(
                Entry("description", _("Description"), "BitNinja"),
                Entry("quantity", _("Quantity"), 1),
                Entry("billing_cycle", _("Billing cycle"), "Monthly"),
                Entry("price", _("Price of one"), Decimal("12.00")),
            ),
        ),
    ),
    _read_items,
    ("order",),
)
