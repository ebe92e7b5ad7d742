"""Who takes part in the affiliate program, on which terms, and the visitors that come by their links (P17)."""

import secrets
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from billing.actions.affiliate_balances import book, lock_affiliate
from billing.actions.events import record_event
from billing.actions.notifications import notify_client
from billing.models import Affiliate, AffiliateEntry, AffiliateStatus, Client, EntryKind
from billing.queries.affiliates import read_affiliate_settings, read_exchange
from catalog.markups import RateUnknown
from catalog.models import AffiliatePay

CHANGEABLE: Final = ("code", "whmcs_id", "pay", "pay_amount", "is_once")
# Neither digits nor letters that are taken for others; the first is never a digit, so that no code is a number.
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz"
LETTERS_AND_DIGITS: Final = LETTERS + "23456789"


class ProgramClosed(Exception):
    """The affiliate program is off, or cannot take this client in yet."""


class AffiliateInvalid(Exception):
    """The terms of an affiliate cannot be; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def join_program(*, client: Client, actor: str, now: datetime) -> Affiliate:
    """Makes the client an affiliate, with the joining bonus; who is one already stays as they are.

    Raises ProgramClosed.
    """
    with transaction.atomic():
        locked = Client.objects.select_for_update(of=("self",)).select_related("currency").get(pk=client.pk)
        known = Affiliate.objects.filter(client=locked).first()
        if known is not None:
            return known
        bonus = _joining_bonus(locked)
        affiliate = Affiliate.objects.create(client=locked, code=_new_code(), joined_at=now)
        if bonus:
            book([AffiliateEntry(affiliate=affiliate, kind=EntryKind.JOINING_BONUS, amount=bonus, at=now)])
        event = record_event(
            "affiliate.joined",
            now=now,
            actor=actor,
            client=locked,
            data={"code": affiliate.code},
        )
        notify_client(event, client=locked, now=now)
    affiliate.refresh_from_db(fields=["balance"])
    return affiliate


def _joining_bonus(client: Client) -> Decimal:
    settings = read_affiliate_settings()
    if not settings.is_on:
        raise ProgramClosed(_("There is no affiliate program at the moment."))
    if not settings.joining_bonus:
        return Decimal(0)
    exchange = read_exchange()
    try:
        return exchange.convert(settings.joining_bonus, exchange.default, client.currency_id)
    except RateUnknown as error:
        words = _("The joining bonus cannot be given in %(currency)s yet: no exchange rate is set.")
        raise ProgramClosed(words % {"currency": client.currency_id}) from error


def _new_code() -> str:
    return secrets.choice(LETTERS) + "".join(secrets.choice(LETTERS_AND_DIGITS) for _place in range(8))


def change_affiliate(*, affiliate: Affiliate, values: Mapping[str, Any], actor: str, now: datetime) -> Affiliate:
    """Code, number in WHMCS and own commission, for payments from now on. Raises AffiliateInvalid."""
    asked = {name: values[name] for name in CHANGEABLE if name in values}
    if "code" in asked:
        asked["code"] = str(asked["code"]).strip().lower()
    changed = {name: value for name, value in asked.items() if value != getattr(affiliate, name)}
    wanted = copy(affiliate)
    for name, value in changed.items():
        setattr(wanted, name, value)
    _check_terms(wanted)
    if not changed:
        return wanted
    try:
        with transaction.atomic():
            lock_affiliate(affiliate)
            wanted.save(update_fields=list(changed))
            _record("affiliate.changed", wanted, actor=actor, now=now, fields=sorted(changed))
    except IntegrityError as error:
        raise AffiliateInvalid({"code": [_("Another affiliate has this code or number.")]}) from error
    return wanted


def _check_terms(affiliate: Affiliate) -> None:
    errors: dict[str, list[str]] = {}
    try:
        affiliate.full_clean(exclude=["client"], validate_constraints=False)
    except ValidationError as error:
        errors.update(error.message_dict)
    amount = affiliate.pay_amount
    if "pay_amount" not in errors and (amount < 0 or (affiliate.pay == AffiliatePay.PERCENT and amount > 100)):
        errors["pay_amount"] = [_("Enter 0 or more; a percentage is at most 100.")]
    if errors:
        raise AffiliateInvalid(errors)


def close_affiliate(*, affiliate: Affiliate, actor: str, now: datetime) -> None:
    """ACTIVE → CLOSED: the link does nothing and no payment earns anything; what was earned stays. Twice is once."""
    _set_status(affiliate, AffiliateStatus.ACTIVE, AffiliateStatus.CLOSED, "affiliate.closed", actor=actor, now=now)


def reopen_affiliate(*, affiliate: Affiliate, actor: str, now: datetime) -> None:
    """CLOSED → ACTIVE: payments from now on earn again. Twice is once."""
    _set_status(affiliate, AffiliateStatus.CLOSED, AffiliateStatus.ACTIVE, "affiliate.reopened", actor=actor, now=now)


def _set_status(affiliate: Affiliate, old: str, new: AffiliateStatus, event: str, *, actor: str, now: datetime) -> None:
    with transaction.atomic():
        lock_affiliate(affiliate)
        if Affiliate.objects.filter(pk=affiliate.pk, status=old).update(status=new):
            _record(event, affiliate, actor=actor, now=now)
    affiliate.status = new


def _record(name: str, affiliate: Affiliate, *, actor: str, now: datetime, **data: Any) -> None:
    record_event(name, now=now, actor=actor, client=affiliate.client, data={"affiliate": affiliate.code, **data})


def count_visit(*, affiliate: Affiliate) -> None:
    """One more visitor by the affiliate's link."""
    Affiliate.objects.filter(pk=affiliate.pk).update(visits=F("visits") + 1)
