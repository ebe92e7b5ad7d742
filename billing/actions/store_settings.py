"""What operators decide about the whole store."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from billing.actions.events import record_event
from billing.models import StoreSettings
from billing.models.store_settings import ONLY

WRITABLE: Final = frozenset({"order_form", "has_cross_sells", "on_demand_days", "terms_url"})


class StoreSettingsInvalid(Exception):
    """Settings cannot be saved; `errors` maps field names to messages in words."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def save_store_settings(*, values: Mapping[str, Any], actor: str, now: datetime) -> StoreSettings:
    """Writes the given settings; the others stay. An event tells what was changed, nothing is written if nothing was.

    Raises StoreSettingsInvalid; KeyError for what is not a setting to be written.
    """
    if unknown := set(values) - WRITABLE:
        raise KeyError(f"Not settings of the store to be written: {sorted(unknown)}")
    with transaction.atomic():
        # Created first, so that there is a row to lock: two people who save at once each keep what the other changed.
        StoreSettings.objects.bulk_create([StoreSettings(pk=ONLY)], ignore_conflicts=True)
        settings = StoreSettings.objects.select_for_update().get(pk=ONLY)
        changed = [name for name, value in values.items() if getattr(settings, name) != value]
        for name in changed:
            setattr(settings, name, values[name])
        try:
            settings.clean_fields(exclude=["id"])
        except ValidationError as error:
            raise StoreSettingsInvalid(error.message_dict) from error
        if changed:
            settings.save(update_fields=changed)
            record_event("store.settings_changed", now=now, actor=actor, data={"changed": sorted(changed)})
    return settings
