"""Services for people."""

from dataclasses import dataclass
from typing import Literal

from billing.models import Service, ServiceField
from noc.kinds import KINDS
from noc.kinds.base import FieldSpec
from noc.price_lists import find_tariff
from noc.tariffs import built_in

Audience = Literal["operator", "client"]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One line of *Additional information*."""

    key: str
    label: str
    value: str
    is_secret: bool


def field_rows(service: Service, *, audience: Audience) -> list[FieldRow]:
    """The service's fields in display order; clients do not see those marked admin only.

    A label that still is the module's own is shown in the reader's language, a reworded one as it was written.
    """
    values = {row.field_id: row.value for row in service.field_values.all()}
    return [
        FieldRow(key=field.key, label=field.words.label, value=values.get(field.pk, ""), is_secret=field.is_secret)
        for field in service.product.custom_fields.all()
        if audience == "operator" or not field.is_admin_only
    ]


def shown_rows(service: Service) -> list[FieldRow]:
    """What a client's page shows: what has a value, and what the partner still has to fill."""
    awaited = {spec.key for spec in service_specs(service) if spec.filled_by_partner}
    return [row for row in field_rows(service, audience="client") if row.value or row.key in awaited]


def field_values(service: Service) -> dict[str, str]:
    """key → value of every filled field; one query."""
    rows = ServiceField.objects.filter(service=service).select_related("field")
    return {row.field.key: row.value for row in rows if row.value}


def service_specs(service: Service) -> tuple[FieldSpec, ...]:
    """The fields that its module reads and fills; () for a kind that nothing is provisioned for.

    The live name decides only where the built-in table does not know the Product ID; others cost no query.
    """
    kind = KINDS.get(service.kind)
    if kind is None:
        return ()
    tariff_id = service.tariff_id
    tariff = built_in(tariff_id) or find_tariff(tariff_id, server_group=service.product.server_group)
    return kind.fields_for(tariff_id, tariff.name if tariff else "")


def ordered_addons(service: Service) -> dict[str, int]:
    """The partner's addon id → the count to order: the product's base and what was ordered; none ordered, none sent."""
    ordered = service.options.exclude(option__addon_id="").filter(quantity__gt=0)
    return {
        addon_id: service.product.node_base + quantity
        for addon_id, quantity in ordered.values_list("option__addon_id", "quantity")
    }


def missing_from_partner(service: Service) -> bool:
    """Whether a field that the partner fills (a key, a password) is still empty."""
    if not service.kind:
        return False
    filled = {spec.key for spec in service_specs(service) if spec.filled_by_partner}
    present = set(field_values(service))
    return any(
        key in filled and key not in present for key in service.product.custom_fields.values_list("key", flat=True)
    )
