"""A custom field gets its module's key: renamed, or merged into the field that has it; no value is lost (P11)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.actions.events import record_event
from billing.actions.fields import save_field_values
from billing.models import ServiceField
from catalog.actions.field_names import rename_field
from catalog.models import CustomField, Product


@dataclass(frozen=True, slots=True)
class ValueConflict:
    """Two fields of one meaning hold different values of a service: a person has to choose."""

    service_id: int
    key: str
    other_key: str


def take_module_key(*, field: CustomField, key: str, actor: str, now: datetime) -> list[ValueConflict]:
    """Makes `field` the module's field `key`. Where the product has that one already, values move over to it.

    A value that it lacks is taken, an equal one is dropped, a different one stays where it is and is returned; the
    old field goes once nothing is left in it. Raises FieldKeyUnknown.
    """
    with transaction.atomic():
        product = Product.objects.select_for_update().get(pk=field.product_id)
        old_key = field.key
        target = product.custom_fields.filter(key=key).exclude(pk=field.pk).first()
        conflicts: list[ValueConflict] = []
        if target is None:
            rename_field(field=field, key=key)
            _write_again(field)
        else:
            conflicts = _move_values(field, target)
            if conflicts:
                return conflicts
            field.delete()
        data = {"product": product.pk, "from": old_key, "to": key, "merged": target is not None}
        record_event("product.field_renamed", now=now, actor=actor, data=data)
    return conflicts


def _write_again(field: CustomField) -> None:
    """A field that has become secret keeps its values encrypted from now on."""
    for row in ServiceField.objects.filter(field=field).select_related("service__product"):
        save_field_values(service=row.service, values={field.key: row.value})


def _move_values(source: CustomField, target: CustomField) -> list[ValueConflict]:
    kept = {row.service_id: row.value for row in ServiceField.objects.filter(field=target)}
    conflicts: list[ValueConflict] = []
    for row in ServiceField.objects.filter(field=source).select_related("service__product"):
        held = kept.get(row.service_id, "")
        if row.value and held and row.value != held:
            conflicts.append(ValueConflict(row.service_id, target.key, source.key))
            continue
        if row.value and not held:
            save_field_values(service=row.service, values={target.key: row.value})
        row.delete()
    return conflicts
