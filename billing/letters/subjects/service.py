"""The service that a letter is about. Clients never read which partner account it is bought on."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Value, moment
from billing.letters.variables import Entry, Group, field_variable
from billing.models import Service
from billing.queries.services import field_rows
from billing.templatetags.event_words import GATEWAYS


def _read(scene: Scene) -> Mapping[str, Value]:
    service = scene.service
    if service is None:
        return {entry.name: "" for entry in SERVICE.entries}
    url = address("client:service", service.pk)
    method = service.order_line.order.payment_method
    return {
        **_names(scene, service),
        **_dates(scene, service),
        "service_order_id": service.remote_id,
        "service_id": service.pk,
        "service_domain": service.domain,
        "service_dedicated_ip": service.dedicated_ip or "",
        "service_payment_method": str(GATEWAYS.get(method, method)),
        "service_first_payment_amount": scene.money(service.first_amount, service.currency_id),
        "service_recurring_amount": scene.money(service.recurring_amount, service.currency_id),
        "service_billing_cycle": service.get_cycle_display(),
        "service_quantity": service.quantity,
        "service_status": service.get_status_display(),
        "service_suspension_reason": service.suspension_reason or str(scene.data.get("reason", "")),
        "service_url": url,
        "service_link": link(url),
        "service_admin_link": "" if scene.is_for_client else link(address("admin:billing_service_change", service.pk)),
    }


def _names(scene: Scene, service: Service) -> Mapping[str, Value]:
    product = service.product
    words = product.words if scene.is_for_client else product
    return {
        "service_product_name": str(words.name),
        "service_product_description": str(words.description),
        "service_product_group": str(product.group.words.name),
    }


def _dates(scene: Scene, service: Service) -> Mapping[str, Value]:
    return {
        "service_reg_date": moment(service.registered_on, language=scene.language),
        "service_next_due_date": moment(service.next_due_date, language=scene.language),
        "service_expires_on": moment(service.expires_on, language=scene.language),
    }


def _read_fields(scene: Scene) -> Mapping[str, Value]:
    service = scene.service
    rows = field_rows(service, audience="client" if scene.is_for_client else "operator") if service else []
    seen = [row for row in rows if scene.shows_secrets or not row.is_secret]
    return {
        "service_custom_fields": [{"key": row.key, "label": row.label, "value": row.value} for row in seen],
        **{field_variable(row.key): row.value for row in seen},
    }


def _read_options(scene: Scene) -> Mapping[str, Value]:
    options = scene.service.options.select_related("option") if scene.service else []
    shown = [f"{one.option.words.label}: {one.quantity}" for one in options if one.quantity]
    return {"service_config_options": "\n".join(shown)}


def _read_server(scene: Scene) -> Mapping[str, Value]:
    server = scene.service.server if scene.service else None
    return {
        "service_server_name": server.name if server else "",
        "service_server_hostname": server.hostname if server else "",
    }


SERVICE = Group(
    "service",
    _("Service"),
    (
        Entry("service_id", _("Number here"), 17),
        Entry("service_order_id", _("Number at the partner"), "700001"),
        Entry("service_product_name", _("Product"), "BitNinja"),
        Entry("service_product_description", _("Description of the product")),
        Entry("service_product_group", _("Product group"), "ispmanager"),
        Entry("service_reg_date", _("Ordered on"), date(2026, 12, 1)),
        Entry("service_next_due_date", _("Next due date"), date(2027, 1, 1)),
        Entry("service_expires_on", _("Valid until"), date(2027, 1, 1)),
        Entry("service_domain", _("Domain"), "example.com"),
        Entry("service_dedicated_ip", _("Dedicated IP"), "192.0.2.10"),
        Entry("service_payment_method", _("Payment method"), "Bank transfer"),
        Entry("service_first_payment_amount", _("First payment"), Decimal("12.00")),
        Entry("service_recurring_amount", _("Recurring amount"), Decimal("12.00")),
        Entry("service_billing_cycle", _("Billing cycle"), "Monthly"),
        Entry("service_quantity", _("Quantity"), 1),
        Entry("service_status", _("Status"), "Active"),
        Entry("service_suspension_reason", _("Reason of the suspension")),
        Entry("service_url", _("Address of the client's page"), "https://example.com/services/17/"),
        Entry("service_link", _("Link to the client's page"), "https://example.com/services/17/"),
        Entry("service_admin_link", _("Page in the back office; empty in letters to clients")),
    ),
    _read,
    ("service__product__group", "service__order_line__order"),
)
SERVICE_FIELDS = Group(
    "service_fields",
    _("Custom fields of the service"),
    (
        Entry(
            "service_custom_fields",
            _("List of the custom fields"),
            rows=(
                Entry("label", _("Label"), "Order ID"),
                Entry("value", _("Value"), "700001"),
                Entry("key", _("Key"), "order_id"),
            ),
        ),
    ),
    _read_fields,
    ("service__product",),
)
SERVICE_OPTIONS = Group(
    "service_options",
    _("Service"),
    (Entry("service_config_options", _("Configurable options, one a line"), "Additional servers: 2"),),
    _read_options,
    ("service",),
)
SERVICE_SERVER = Group(
    "service_server",
    _("Partner account of the service"),
    (
        Entry("service_server_name", _("Name of the account"), "EU account"),
        Entry("service_server_hostname", _("Host name"), "eu.ispmanager.com"),
    ),
    _read_server,
    ("service__server",),
)
