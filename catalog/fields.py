"""Values that clients give to a product's custom fields: which are asked, and what is accepted."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Address
from types import MappingProxyType
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from catalog.models import CustomField, FieldType, Product, QuantityMode
from catalog.modules import find_misfits, product_field_specs, sole_keys
from noc.kinds.base import FieldSpec

MAX_LENGTH: Final = 1000
CHECKED: Final = "on"
UNCHECKED_WORDS: Final = frozenset({"", "0", "false", "off", "no"})
_is_url: Final = URLValidator(schemes=["http", "https"])


class FieldsInvalid(Exception):
    """Values cannot be accepted; `errors` maps field keys to messages in words."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{key}: {' '.join(messages)}" for key, messages in errors.items()))
        self.errors = dict(errors)


def order_form_fields(product: Product, *, supplied: Collection[str] = ()) -> list[CustomField]:
    """The fields that a client fills in while ordering, in display order; not those that are `supplied` (keys)."""
    specs = {spec.key: spec for spec in product_field_specs(product)}
    fields = [field for field in product.custom_fields.all() if field.key not in supplied]
    return [field for field in fields if _is_asked(field, specs.get(field.key))]


def is_sold_singly(product: Product) -> bool:
    """Whether an order of it is for one: so it is set up, or each needs values of its own, such as an address."""
    if product.is_scaling:
        return False
    sole = sole_keys(product)
    return product.quantity_mode == QuantityMode.ONE or any(
        field.key in sole and field.is_required for field in order_form_fields(product)
    )


def clean_field_values(
    product: Product, values: Mapping[str, str], *, supplied: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """The values of an order in the form in which they are kept (trimmed, addresses normalized), empty ones left out.

    `supplied` values come from what an addon is added to ("": comes later); they need not be given, nor may others be.
    Raises FieldsInvalid for unknown keys, for fields that an order may not set, for required ones left empty and for
    values that the field's type, options, validation or the partner's rules do not allow.
    """
    fields = {field.key: field for field in product.custom_fields.all()}
    specs = {spec.key: spec for spec in product_field_specs(product)}
    asked = [key for key, field in fields.items() if key not in supplied and _is_asked(field, specs.get(key))]
    cleaned = {key: value for key, value in supplied.items() if value and key in fields}
    errors = {
        key: [_("This comes from what it is added to: leave it out.")]
        for key, value in supplied.items()
        if values.get(key, "").strip() not in ("", value)
    }
    for key in {**dict.fromkeys(asked), **values}:
        if key in supplied:
            continue
        value, fault = _judge(fields.get(key), specs.get(key), values.get(key, ""), is_asked=key in asked)
        if fault:
            errors[key] = [fault]
        elif value:
            cleaned[key] = value
    errors = errors or {key: [fault] for key, fault in find_misfits(product, cleaned).items() if key in cleaned}
    if errors:
        raise FieldsInvalid(errors)
    return cleaned


def _is_asked(field: CustomField, spec: FieldSpec | None) -> bool:
    is_filled = spec is not None and spec.filled_by_partner
    return field.is_on_order_form and not field.is_admin_only and not is_filled


def _judge(field: CustomField | None, spec: FieldSpec | None, text: str, *, is_asked: bool) -> tuple[str, str]:
    """(value to keep, "") or ("", what is wrong)."""
    if field is None:
        return "", _("This product has no such field.")
    value = _tidy(field, text)
    if value and (field.is_admin_only or (spec is not None and spec.filled_by_partner)):
        return "", _("This field cannot be set with an order.")
    if not value:
        return "", _("Fill in this field.") if field.is_required and is_asked else ""
    if spec is not None and spec.type == "ip":
        value = _normalize_ip(value)
    return value, next(_find_faults(field, spec, value), "")


def _tidy(field: CustomField, text: str) -> str:
    value = text.strip()
    if field.type == FieldType.CHECKBOX:
        return "" if value.lower() in UNCHECKED_WORDS else CHECKED
    if field.type == FieldType.LINK and value and "://" not in value:
        return f"http://{value}"
    return value.replace("\r\n", "\n") if field.type == FieldType.TEXTAREA else value


def _find_faults(field: CustomField, spec: FieldSpec | None, value: str) -> Iterator[str]:
    allowed_controls = {"\n", "\t"} if field.type == FieldType.TEXTAREA else set()
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in allowed_controls for letter in value):
        yield _("Remove the characters that cannot be printed.")
    limit = max(MAX_LENGTH, spec.max_length if spec else 0)
    if len(value) > limit:
        yield _("Enter at most %(limit)s characters.") % {"limit": limit}
    if field.type == FieldType.DROPDOWN and value not in split_options(field):
        yield _("Choose one of the options.")
    if field.type == FieldType.LINK and not _is_link(value):
        yield _("Enter a web address, such as https://example.com.")
    if field.validation and not re.fullmatch(field.validation, value):
        yield _("This value does not have the form that is asked for.")
    if spec is not None and (fault := spec.find_fault(value)):
        yield str(fault)


def split_options(field: CustomField) -> list[str]:
    """The options of a drop-down, in order."""
    return [option for part in field.options.split(",") if (option := part.strip())]


def _is_link(value: str) -> bool:
    try:
        _is_url(value)
    except ValidationError:
        return False
    return True


def _normalize_ip(value: str) -> str:
    try:
        return str(IPv4Address(value))
    except ValueError:
        return value
