"""Bringing the keys of custom fields to what the product's module reads, values kept (P11)."""

from dataclasses import dataclass

from django.db import transaction

from catalog.field_names import guess_key
from catalog.models import CustomField, Product
from catalog.modules import product_field_specs


class FieldKeyTaken(Exception):
    """The product has a field of this key already: their values have to be merged."""


class FieldKeyUnknown(Exception):
    """The product's module reads no field of this key."""


@dataclass(frozen=True, slots=True)
class Rename:
    """`field` means what the module reads under `key`; `target` is a field that has that key already."""

    field: CustomField
    key: str
    target: CustomField | None


def propose_renames(product: Product) -> list[Rename]:
    """Fields whose name means a field of the module but whose key is another one, in display order. Only reads."""
    specs = product_field_specs(product)
    known = {spec.key for spec in specs}
    fields = list(product.custom_fields.all())
    targets = {field.key: field for field in fields if field.key in known}
    renames: list[Rename] = []
    for field in fields:
        key = "" if field.key in known else guess_key(f"{field.key}|{field.label}", specs)
        if key:
            renames.append(Rename(field, key, targets.get(key)))
            targets.setdefault(key, field)
    return renames


def rename_field(*, field: CustomField, key: str) -> CustomField:
    """Gives the field the module's key; its label and its values stay. A secret of the module becomes one here.

    Raises FieldKeyUnknown, FieldKeyTaken.
    """
    with transaction.atomic():
        product = Product.objects.select_for_update().get(pk=field.product_id)
        spec = next((spec for spec in product_field_specs(product) if spec.key == key), None)
        if spec is None:
            raise FieldKeyUnknown(key)
        if product.custom_fields.exclude(pk=field.pk).filter(key=key).exists():
            raise FieldKeyTaken(key)
        field.key, field.is_secret = key, field.is_secret or spec.is_secret
        field.save(update_fields=["key", "is_secret"])
    return field
