"""Gateways as operators set them up: keys that are never shown again, currencies with limits and fees."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.payments.checking import find_size_faults
from billing.gateways import BANK_TRANSFER, ONLINE
from billing.models import GatewayCurrency, PaymentGateway
from billing.models.gateway import LONGEST_LABEL
from billing.queries.gateways import CHOSEN, GatewayTerms, read_keys
from catalog.models import Currency

MOST_PERCENT: Final = Decimal(50)


class GatewayInvalid(Exception):
    """The gateway cannot be set up so; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def ensure_gateways() -> None:
    """A row for each gateway that has none yet: bank transfer is offered, the others wait for their keys."""
    known = set(PaymentGateway.objects.values_list("code", flat=True))
    missing = [code for code in CHOSEN if code not in known]
    PaymentGateway.objects.bulk_create(
        [
            PaymentGateway(
                code=code,
                is_active=code == BANK_TRANSFER,
                position=CHOSEN.index(code),
                hook_token=secrets.token_urlsafe(24),
            )
            for code in missing
        ],
        ignore_conflicts=True,
    )


def save_gateway(
    *,
    gateway: PaymentGateway,
    values: Mapping[str, Any],
    terms: Mapping[str, GatewayTerms],
    keys: Mapping[str, str],
    actor: str,
    now: datetime,
) -> PaymentGateway:
    """`values`: is_active, position, labels, stores_methods. `terms` by currency; none: every currency.

    An empty secret among `keys` leaves what is kept. Raises GatewayInvalid.
    """
    with transaction.atomic():
        locked = PaymentGateway.objects.select_for_update().get(pk=gateway.pk)
        merged = {**read_keys(locked), **{name: text.strip() for name, text in keys.items() if text.strip()}}
        errors = _find_faults(locked.code, values, terms, merged)
        if errors:
            raise GatewayInvalid(errors)
        changed = [name for name, value in values.items() if getattr(locked, name) != value]
        changed += [name for name, text in merged.items() if read_keys(locked).get(name) != text]
        for name, value in values.items():
            setattr(locked, name, value)
        locked.keys = json.dumps(merged) if merged else ""
        locked.failures, locked.failing_since = 0, None
        locked.save()
        if _save_terms(locked, terms):
            changed.append("currencies")
        if changed:
            record_event("gateway.changed", now=now, actor=actor, data={"gateway": locked.code, "fields": changed})
    return locked


def renew_hook_token(*, gateway: PaymentGateway, actor: str, now: datetime) -> PaymentGateway:
    """Another address for notifications; the old one answers no more."""
    with transaction.atomic():
        locked = PaymentGateway.objects.select_for_update().get(pk=gateway.pk)
        locked.hook_token = secrets.token_urlsafe(24)
        locked.save(update_fields=["hook_token"])
        record_event("gateway.changed", now=now, actor=actor, data={"gateway": locked.code, "fields": ["hook_token"]})
    return locked


def _find_faults(
    code: str, values: Mapping[str, Any], terms: Mapping[str, GatewayTerms], keys: Mapping[str, str]
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    online = ONLINE.get(code)
    if online is not None and values.get("is_active"):
        for key in online.key_fields:
            if key.is_required and not keys.get(key.name):
                errors[f"key_{key.name}"] = [_("Without it nobody can pay so.")]
    for language, label in values.get("labels", {}).items():
        if len(label) > LONGEST_LABEL:
            errors[f"label_{language}"] = [_("Enter at most %(count)s characters.") % {"count": LONGEST_LABEL}]
    for currency in Currency.objects.filter(pk__in=list(terms)):
        faults = _find_term_faults(terms[currency.pk], online.currencies if online else frozenset(), currency)
        if faults:
            errors[f"terms_{currency.pk}"] = faults
    return errors


def _find_term_faults(terms: GatewayTerms, taken: frozenset[str], currency: Currency) -> list[str]:
    if taken and currency.pk not in taken:
        return [_("This gateway takes no payments in %(currency)s.") % {"currency": currency.pk}]
    amounts = [amount for amount in (terms.minimum, terms.maximum, terms.fee_fixed) if amount is not None]
    if any(amount < 0 for amount in amounts) or not 0 <= terms.fee_percent <= MOST_PERCENT:
        return [_("Enter amounts of zero or more, and at most %(percent)s %%.") % {"percent": MOST_PERCENT}]
    if terms.minimum is not None and terms.maximum is not None and terms.minimum > terms.maximum:
        return [_("The most is below the least.")]
    return [fault for amount in amounts for fault in find_size_faults(amount, precision=currency.precision)][:1]


def _save_terms(gateway: PaymentGateway, terms: Mapping[str, GatewayTerms]) -> bool:
    """True if anything changed."""
    columns = ("minimum", "maximum", "fee_percent", "fee_fixed")
    kept = {row.currency_id: row for row in gateway.currencies.all()}
    gone = [row.pk for code, row in kept.items() if code not in terms]
    has_changed = bool(gateway.currencies.filter(pk__in=gone).delete()[0])
    for code, wanted in terms.items():
        new = {column: getattr(wanted, column) for column in columns}
        row = kept.get(code)
        if row is None or any(getattr(row, column) != value for column, value in new.items()):
            GatewayCurrency.objects.update_or_create(gateway=gateway, currency_id=code, defaults=new)
            has_changed = True
    return has_changed


def hook_address(gateway: PaymentGateway) -> str:
    """Where the gateway has to send its notifications."""
    return f"{settings.PORTAL_URL}/hooks/{gateway.code}/{gateway.hook_token}/"


def languages() -> Sequence[str]:
    """Those in which clients read a gateway's name."""
    return [code for code, _name in settings.LANGUAGES]
