"""What operators decide about document numbers and payments in advance."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from billing.actions.events import record_event
from billing.actions.numbering import forget_patterns
from billing.models import BillingSettings
from billing.models.billing_settings import ONLY

NUMBERING: Final = ("number_format", "credit_note_format", "number_digits", "number_reset")
DOCUMENTS: Final = ("attaches_documents", "digest_from")
ACCESS: Final = ("needs_confirmed_email",)
ADD_FUNDS: Final = (
    "has_add_funds",
    "add_funds_minimum",
    "add_funds_maximum",
    "most_credit",
    "needs_order_to_add_funds",
)


class BillingSettingsInvalid(Exception):
    """The settings cannot be so; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def save_billing_settings(*, values: Mapping[str, Any], actor: str, now: datetime) -> BillingSettings:
    """Changes the fields that `values` names (of NUMBERING, DOCUMENTS, ACCESS, ADD_FUNDS).

    Raises BillingSettingsInvalid.

    A format counts for documents from now on: the numbers of a series go on, and what is used already under the new
    format is passed over, so that no two documents ever have one number.
    """
    with transaction.atomic():
        BillingSettings.objects.get_or_create(pk=ONLY)
        settings = BillingSettings.objects.select_for_update().get(pk=ONLY)
        known = [name for name in (*NUMBERING, *DOCUMENTS, *ACCESS, *ADD_FUNDS) if name in values]
        changed = [name for name in known if getattr(settings, name) != values[name]]
        before = _words(settings, changed)
        for name in changed:
            setattr(settings, name, values[name])
        try:
            settings.clean_fields()
            settings.clean()
        except ValidationError as error:
            raise BillingSettingsInvalid(error.message_dict) from error
        if changed:
            settings.save(update_fields=changed)
            if set(changed) & set(NUMBERING):
                forget_patterns()
            data = {"fields": changed, "from": before, "to": _words(settings, changed)}
            record_event("billing_settings.changed", now=now, actor=actor, data=data)
    return settings


def _words(settings: BillingSettings, names: Sequence[str]) -> str:
    return ", ".join(str(getattr(settings, name)) for name in names)
