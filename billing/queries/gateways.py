"""The gateways as operators set them up: which are offered, in which currency, within which limits, at what fee."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.gateways import BANK_TRANSFER, BY_PEOPLE, CREDIT, MANUAL, ONLINE
from billing.models import PaymentGateway
from catalog.money import format_money, round_money
from vault.fields import DecryptionFailed

# What clients may choose to pay an invoice by; credit pays at once, money recorded by hand is no choice of theirs.
CHOSEN: Final = (*ONLINE, BANK_TRANSFER)
# Everything that an order may name as its way to pay.
PAYMENT_METHODS: Final = (BANK_TRANSFER, CREDIT, MANUAL, *ONLINE)


@dataclass(frozen=True, slots=True)
class GatewayTerms:
    """What paying by a gateway in one currency takes and costs. None: no limit."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    fee_percent: Decimal = Decimal(0)
    fee_fixed: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class OfferedGateway:
    """A gateway that is switched on. `terms` by currency; empty: every currency, without fee and limits."""

    code: str
    label: str
    is_online: bool
    stores_methods: bool = False
    terms: Mapping[str, GatewayTerms] = field(default_factory=dict)

    def terms_in(self, currency_id: str) -> GatewayTerms | None:
        """None where the currency is not taken."""
        gateway = ONLINE.get(self.code)
        if gateway is not None and gateway.currencies and currency_id not in gateway.currencies:
            return None
        return self.terms.get(currency_id) if self.terms else GatewayTerms()

    def find_fault(self, amount: Decimal, currency_id: str) -> str:
        """Why this amount cannot be paid so, "" where it can."""
        terms = self.terms_in(currency_id)
        if terms is None:
            return _("%(method)s takes no payments in %(currency)s.") % {"method": self.label, "currency": currency_id}
        if terms.minimum is not None and amount < terms.minimum:
            return self._limit_words(_("%(method)s takes payments from %(limit)s."), terms.minimum, currency_id)
        if terms.maximum is not None and amount > terms.maximum:
            return self._limit_words(_("%(method)s takes payments up to %(limit)s."), terms.maximum, currency_id)
        return ""

    def fee_for(self, amount: Decimal, currency_id: str, *, precision: int) -> Decimal:
        """What is added to `amount` for paying so, with tax."""
        terms = self.terms_in(currency_id) or GatewayTerms()
        return round_money(amount * terms.fee_percent / 100 + terms.fee_fixed, precision=precision)

    def _limit_words(self, words: str, limit: Decimal, currency_id: str) -> str:
        shown = format_money(limit, currency_id, language=get_language() or "en")
        return words % {"method": self.label, "limit": shown}


def read_gateways() -> dict[str, OfferedGateway]:
    """The gateways that are offered, by code, in the operators' order. One query.

    Before operators have set anything up, bank transfer is the way to pay.
    """
    columns = ("minimum", "maximum", "fee_percent", "fee_fixed")
    rows = list(
        PaymentGateway.objects.order_by("position", "code").values(
            "code",
            "labels",
            "is_active",
            "stores_methods",
            "currencies__currency",
            *(f"currencies__{c}" for c in columns),
        )
    )
    terms: dict[str, dict[str, GatewayTerms]] = {}
    for row in rows:
        taken = terms.setdefault(row["code"], {})
        if row["currencies__currency"]:
            taken[row["currencies__currency"]] = GatewayTerms(*(row[f"currencies__{column}"] for column in columns))
    active = [row for row in rows if row["is_active"] and row["code"] in CHOSEN]
    offered = {row["code"]: _offered(row, terms[row["code"]]) for row in active}
    if all(row["code"] != BANK_TRANSFER for row in rows):
        offered[BANK_TRANSFER] = OfferedGateway(BANK_TRANSFER, str(BY_PEOPLE[BANK_TRANSFER].label), is_online=False)
    return offered


def _offered(row: Mapping[str, Any], terms: Mapping[str, GatewayTerms]) -> OfferedGateway:
    code = row["code"]
    own = row["labels"].get(get_language() or "") or next((text for text in row["labels"].values() if text), "")
    return OfferedGateway(code, own or str(gateway_label(code)), code in ONLINE, row["stores_methods"], terms)


def gateway_label(code: str) -> str | Promise:
    """The gateway's own name; the code where it is none of ours."""
    gateway = ONLINE.get(code) or BY_PEOPLE.get(code)
    if gateway is not None:
        return gateway.label
    return _("Credit balance") if code == CREDIT else code


def read_keys(row: PaymentGateway) -> dict[str, str]:
    """The keys that operators entered; none where they cannot be read."""
    try:
        found = json.loads(row.keys) if row.keys else {}
    except (ValueError, DecryptionFailed):
        return {}
    return {str(name): str(value) for name, value in found.items()}
