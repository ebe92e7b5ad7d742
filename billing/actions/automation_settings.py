"""What operators decide about the nightly run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from billing.actions.events import record_event
from billing.models import AutomationSettings
from billing.models.billing_settings import ONLY

WRITABLE: Final = tuple(field.name for field in AutomationSettings._meta.fields if not field.primary_key)


class AutomationSettingsInvalid(Exception):
    """The settings cannot be so; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def save_automation_settings(*, values: Mapping[str, Any], actor: str, now: datetime) -> AutomationSettings:
    """Changes the fields that `values` names; they count from the next night. Raises AutomationSettingsInvalid."""
    with transaction.atomic():
        AutomationSettings.objects.get_or_create(pk=ONLY)
        settings = AutomationSettings.objects.select_for_update().get(pk=ONLY)
        changed = [name for name in WRITABLE if name in values and getattr(settings, name) != values[name]]
        for name in changed:
            setattr(settings, name, values[name])
        try:
            settings.clean_fields()
            settings.clean()
        except ValidationError as error:
            raise AutomationSettingsInvalid(error.message_dict) from error
        if changed:
            settings.save(update_fields=changed)
            record_event("automation_settings.changed", now=now, actor=actor, data={"fields": changed})
    return settings
