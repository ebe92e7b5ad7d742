"""EU VAT numbers asked of the register (VIES): pending until it answers, every answer kept, asked again in time."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from billing.actions.events import record_event
from billing.models import Client, VatCheck, VatState
from billing.queries.seller import read_seller, read_seller_country
from billing.queries.tax_numbers import EU_COUNTRIES, clean_tax_id
from billing.vies import RegisterAnswer, ask_register
from billing.wakeups import wake_vat_check

logger = logging.getLogger(__name__)

SECONDS: Final = 20.0
# So long somebody waits who registers with an order: its price depends on the answer.
SECONDS_OF_ORDER: Final = 4.0
ASK_AGAIN_PENDING: Final = timedelta(minutes=30)
ASK_AGAIN_VALID: Final = timedelta(days=90)
ASKED_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class AskedNumber:
    """A number, with the letters of its country, and what the register said of it."""

    number: str
    answer: RegisterAnswer


def ask_before_order(*, country: str, tax_id: str) -> AskedNumber | None:
    """Asks about the number of somebody who is about to register and order; None if their tax does not depend on it.

    The order does not wait for a register that is out: the number is PENDING then, and taxed. No transaction is open.
    """
    if not settings.VIES_URL or not tax_id or country not in EU_COUNTRIES or country == read_seller_country():
        return None
    number = clean_tax_id(tax_id, country=country)
    if number is None:
        return None
    return AskedNumber(
        number, ask_register(settings.VIES_URL, number=number, requester=_requester(), seconds=SECONDS_OF_ORDER)
    )


def watch_vat_number(client: Client, *, now: datetime, asked: AskedNumber | None = None) -> None:
    """Makes the number of a client PENDING and asks a worker to check it; call it where the number was changed.

    `asked`: what the register said of it a moment ago; the worker is asked only where that was no answer. Where no
    register is set up, or for what is no EU number, nothing is known of it. Call it in a transaction.
    """
    state = VatState.PENDING if settings.VIES_URL and _has_eu_number(client) else VatState.UNCHECKED
    Client.objects.filter(pk=client.pk).update(vat_state=state)
    if state == VatState.PENDING and asked is not None and asked.number == client.tax_id:
        _keep(client, asked.number, asked.answer, now=now)
        state = asked.answer.state
    client.vat_state = state
    if state == VatState.PENDING:
        wake_vat_check(client.pk)


def check_vat_number(*, client_id: int, now: datetime) -> VatCheck | None:
    """Asks the register and keeps what it said; None if there is nothing to ask.

    An outage leaves what was known: a number that was valid stays so until the register denies it.
    """
    client = Client.objects.filter(pk=client_id).first()
    if client is None or not settings.VIES_URL or not _has_eu_number(client):
        return None
    number = client.tax_id
    # No transaction is open while the register thinks.
    answer = ask_register(settings.VIES_URL, number=number, requester=_requester(), seconds=SECONDS)
    return _keep(client, number, answer, now=now)


def ask_due_numbers(*, now: datetime) -> int:
    """Wakes a check for what is pending and for valid numbers that were not asked for 90 days; how many."""
    if not settings.VIES_URL:
        return 0
    latest = Client.objects.annotate(asked_at=Max("vat_checks__checked_at"))
    is_due = Q(vat_state=VatState.PENDING) & (Q(asked_at=None) | Q(asked_at__lte=now - ASK_AGAIN_PENDING))
    is_old = Q(vat_state=VatState.VALID, asked_at__lte=now - ASK_AGAIN_VALID)
    due = list(latest.filter(is_due | is_old).order_by("asked_at", "pk").values_list("pk", flat=True)[:ASKED_AT_ONCE])
    for client_id in due:
        wake_vat_check(client_id)
    return len(due)


def _keep(client: Client, number: str, answer: RegisterAnswer, *, now: datetime) -> VatCheck:
    with transaction.atomic():
        check = VatCheck.objects.create(
            client=client,
            country=client.country.code or "",
            number=number,
            state=answer.state,
            request_id=answer.request_id,
            name=answer.name,
            address=answer.address,
            error=answer.error[:255],
            checked_at=now,
        )
        # The answer is about the number that was asked; one that was typed meanwhile waits for its own.
        same = Client.objects.select_for_update().filter(pk=client.pk, tax_id=number)
        before = same.values_list("vat_state", flat=True).first()
        if answer.state != VatState.PENDING and before not in (None, answer.state):
            same.update(vat_state=answer.state)
            data = {"number": number, "from": before, "to": answer.state, "request_id": answer.request_id}
            record_event("client.vat_checked", now=now, client=client, data=data)
    return check


def _has_eu_number(client: Client) -> bool:
    country = client.country.code or ""
    is_formed = country in EU_COUNTRIES and bool(client.tax_id)
    return is_formed and clean_tax_id(client.tax_id, country=country) is not None


def _requester() -> str:
    """Our own number, if it is one of the EU."""
    seller = read_seller()
    return clean_tax_id(seller.tax_id, country=seller.country.code or "") or "" if seller.tax_id else ""
