"""Values of custom fields: one row per service and field; secret ones are stored encrypted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Q

from billing.actions.events import record_event
from billing.models import Event, Service, ServiceField
from catalog.models import CustomField, FieldType

BATCH: Final = 500


def is_kept_secret(field: CustomField) -> bool:
    """Whether values of this field are encrypted at rest."""
    return field.is_secret or field.type == FieldType.PASSWORD


def save_field_values(*, service: Service, values: Mapping[str, str]) -> None:
    """Writes key → value for the fields that the service's product has; other keys are left out."""
    fields = service.product.custom_fields.filter(key__in=list(values))
    _upsert([_row(service, field, values[field.key]) for field in fields])


def save_values_of_many(*, services: Sequence[Service], values: Mapping[int, Mapping[str, str]]) -> None:
    """The same for many services at once: service id → key → value. Values that are there already are left alone."""
    keys = {key for found in values.values() for key in found}
    fields: dict[int, list[CustomField]] = defaultdict(list)
    for field in CustomField.objects.filter(product__in={one.product_id for one in services}, key__in=keys):
        fields[field.product_id].append(field)
    held = {
        (row.service_id, row.field_id): row.value
        for row in ServiceField.objects.filter(service__in=list(values), field__key__in=keys)
    }
    rows = [
        _row(service, field, values[service.pk][field.key])
        for service in services
        for field in fields[service.product_id]
        if field.key in values.get(service.pk, {}) and held.get((service.pk, field.pk)) != values[service.pk][field.key]
    ]
    _upsert(rows)


def _row(service: Service, field: CustomField, value: str) -> ServiceField:
    is_secret = is_kept_secret(field)
    return ServiceField(
        service=service,
        field=field,
        plain_value="" if is_secret else value,
        secret_value=value if is_secret else "",
    )


def _upsert(rows: Sequence[ServiceField]) -> None:
    ServiceField.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["service", "field"],
        update_fields=["plain_value", "secret_value"],
        batch_size=BATCH,
    )


def seal_secret_values() -> int:
    """Encrypts values that were written before their field was made secret; how many. Call it in a transaction."""
    is_secret = Q(field__is_secret=True) | Q(field__type=FieldType.PASSWORD)
    open_rows = ServiceField.objects.filter(is_secret).exclude(plain_value="").select_for_update(of=("self",))
    sealed = 0
    while rows := list(open_rows.order_by("pk")[:BATCH]):
        for row in rows:
            row.secret_value, row.plain_value = row.value, ""
        ServiceField.objects.bulk_update(rows, ["secret_value", "plain_value"])
        sealed += len(rows)
    return sealed


def note_secret_shown(*, service: Service, key: str, actor: str, now: datetime) -> Event:
    """Staff has seen the value of the field `key`: who and when, never what."""
    return record_event("service.secret_revealed", now=now, actor=actor, service=service, data={"field": key})
