"""Values of custom fields: one row per service and field; secret ones are stored encrypted."""

from collections.abc import Mapping

from billing.models import Service, ServiceField
from catalog.models import CustomField, FieldType


def is_kept_secret(field: CustomField) -> bool:
    """Whether values of this field are encrypted at rest."""
    return field.is_secret or field.type == FieldType.PASSWORD


def save_field_values(*, service: Service, values: Mapping[str, str]) -> None:
    """Writes key → value for the fields that the service's product has; other keys are left out."""
    fields = service.product.custom_fields.filter(key__in=list(values))
    rows = [
        ServiceField(
            service=service,
            field=field,
            plain_value="" if is_kept_secret(field) else values[field.key],
            secret_value=values[field.key] if is_kept_secret(field) else "",
        )
        for field in fields
    ]
    ServiceField.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["service", "field"],
        update_fields=["plain_value", "secret_value"],
    )
