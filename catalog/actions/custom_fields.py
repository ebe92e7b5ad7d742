"""What operators type of custom fields: names brought to shape, and what is wrong with a field."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from catalog.field_names import split_name
from catalog.fields import split_options
from catalog.models import CustomField, FieldType
from catalog.slugs import guess_slug


def name_field(*, key: str, label: str) -> tuple[str, str]:
    """(key, label) of what was typed: `key|Label` in either place is taken apart, an empty half follows from the other.

    A label of its own is kept; it may hold a bar itself once there is a key.
    """
    if "|" in key:
        key, split_label = split_name(key)
        label = label or split_label
    elif not key and "|" in label:
        key, label = split_name(label)
    if not key and label:
        key = guess_slug(label, fallback="field").replace("-", "_")
    return key, label or key


def find_field_faults(field: CustomField) -> Iterator[tuple[str, str]]:
    """(field, message) of what the columns alone do not tell."""
    if field.type == FieldType.DROPDOWN and not split_options(field):
        yield "options", _("Enter the options of the drop-down, separated by commas.")
