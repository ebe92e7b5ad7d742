"""Writing product groups."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog.actions.old_addresses import keep_group_slug
from catalog.models import ProductGroup
from catalog.slugs import guess_slug

WRITABLE: Final = frozenset(
    {
        "name",
        "slug",
        "headline",
        "tagline",
        "features",
        "translations",
        "order_form",
        "closed_payment_methods",
        "is_hidden",
        "position",
    }
)


class GroupInvalid(Exception):
    """A group cannot be saved; `errors` maps field names to messages in words."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = {field: list(messages) for field, messages in errors.items()}


def save_group(*, group: ProductGroup, values: Mapping[str, Any]) -> ProductGroup:
    """Create or change a group from model field values; an empty `slug` follows from the name.

    Raises GroupInvalid for a slug that is taken; KeyError for a field that is not to be written.
    """
    if unknown := set(values) - WRITABLE:
        raise KeyError(f"Not fields of a group to be written: {sorted(unknown)}")
    for field, value in values.items():
        setattr(group, field, value)
    others = set(ProductGroup.objects.exclude(pk=group.pk).values_list("slug", flat=True))
    group.slug = group.slug or guess_slug(group.name, fallback="group", taken=others)
    try:
        with transaction.atomic():
            keep_group_slug(group=group)
            group.save()
    except IntegrityError as error:
        raise GroupInvalid({"slug": [_("Another group has this URL.")]}) from error
    return group
