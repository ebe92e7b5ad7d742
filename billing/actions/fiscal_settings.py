"""What operators decide about fiscal receipts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from billing.actions.events import record_event
from billing.models import FiscalSettings
from billing.models.fiscal_settings import ONLY

WRITABLE: Final = (
    "sends_receipts",
    "tax_system_code",
    "payment_subject",
    "payment_mode",
    "measure",
    "no_vat_code",
    "advance_vat_code",
    "has_estimated_rates",
    "vat_codes",
)


class FiscalSettingsInvalid(Exception):
    """The settings cannot be so; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def save_fiscal_settings(*, values: Mapping[str, Any], actor: str, now: datetime) -> FiscalSettings:
    """Changes the fields of WRITABLE that `values` names; the others stay. They count for receipts from now on.

    Raises FiscalSettingsInvalid.
    """
    with transaction.atomic():
        FiscalSettings.objects.get_or_create(pk=ONLY)
        settings = FiscalSettings.objects.select_for_update().get(pk=ONLY)
        changed = [name for name in WRITABLE if name in values and getattr(settings, name) != values[name]]
        for name in changed:
            setattr(settings, name, values[name])
        try:
            settings.clean_fields(exclude=["id"])
        except ValidationError as error:
            raise FiscalSettingsInvalid(error.message_dict) from error
        if changed:
            settings.save(update_fields=changed)
            record_event("fiscal_settings.changed", now=now, actor=actor, data={"fields": changed})
    return settings
