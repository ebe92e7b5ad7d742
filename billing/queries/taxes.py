"""Which taxes a client pays: the rules of a day, the client's place, the product's own treatment (B3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from django.conf import settings
from django.db.models import Q

from billing.models import Client, TaxRule, VatState
from billing.queries.seller import read_seller_country, stored_seller_country
from billing.queries.tax_numbers import EU_COUNTRIES, clean_tax_id
from catalog.models import TaxTreatment
from catalog.taxes import TaxAmount, Taxation, TaxGround, TaxRate

LEVELS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class TaxPlace:
    """All of a client that taxes depend on. `country` is a code of two letters or ""."""

    country: str = ""
    region: str = ""
    tax_id: str = ""
    is_exempt: bool = False
    # What the register said of the number, where it is asked.
    vat_state: str = ""

    def owes_tax_itself(self, *, seller_country: str) -> bool:
        """Whether it is a business of another country of the EU than the seller's: reverse charge."""
        is_abroad = {self.country, seller_country} <= EU_COUNTRIES and self.country != seller_country
        if not is_abroad or not self.tax_id or clean_tax_id(self.tax_id, country=self.country) is None:
            return False
        return not settings.VIES_URL or self.vat_state == VatState.VALID


def place_of(client: Client | None) -> TaxPlace | None:
    """Where a client is; None for a visitor, who has not said it."""
    if client is None:
        return None
    return TaxPlace(client.country.code or "", client.state, client.tax_id, client.is_tax_exempt, client.vat_state)


class TaxBook:
    """The tax rules of some days, read once; it answers without the database.

    `rules` carry the seller's country (`seller_country`). Without rules it is read when a business has to be told from
    one of the seller's own country.
    """

    def __init__(self, rules: Iterable[TaxRule]) -> None:
        self._rules = tuple(rules)
        self._found: dict[tuple[TaxPlace, str, date], Taxation] = {}

    def find(self, place: TaxPlace | None, treatment: str, *, on: date) -> Taxation:
        """How a product of `treatment` (a TaxTreatment value) is taxed there on that day.

        A visitor who has not said where (None) is where the seller is.
        """
        place = place or TaxPlace(self._seller_country if self._rules else "")
        key = place, treatment, on
        if key not in self._found:
            self._found[key] = self._judge(place, treatment, on)
        return self._found[key]

    def _judge(self, place: TaxPlace, treatment: str, on: date) -> Taxation:
        is_included = settings.PRICES_INCLUDE_TAX
        rates = tuple(
            TaxRate(rule.name, rule.rate, rule.is_compound)
            for level in LEVELS
            if (rule := self._most_specific(place, level, on)) is not None
        )
        if treatment != TaxTreatment.STANDARD:
            # The price of such a product holds no tax that could be taken off.
            ground = TaxGround.ZERO_RATE if treatment == TaxTreatment.ZERO else TaxGround.EXEMPT_PRODUCT
            return Taxation((), is_included, ground)
        if not place.is_exempt and not (place.tax_id and place.owes_tax_itself(seller_country=self._seller_country)):
            return Taxation(rates, is_included)
        ground = TaxGround.EXEMPT_CLIENT if place.is_exempt else TaxGround.REVERSE_CHARGE
        return Taxation(rates if settings.DEDUCT_TAX_NOT_OWED else (), is_included, ground)

    @cached_property
    def _seller_country(self) -> str:
        if not self._rules:
            return read_seller_country()
        return str(self._rules[0].seller_country or settings.SELLER_COUNTRY)  # type: ignore[attr-defined]

    def _most_specific(self, place: TaxPlace, level: int, on: date) -> TaxRule | None:
        """Country and region before country before any; the latest where an older one was left open."""
        fitting = [
            rule
            for rule in self._rules
            if rule.level == level
            and rule.is_valid_on(on)
            and rule.country.code in (None, "", place.country)
            and rule.region.casefold() in ("", place.region.strip().casefold())
        ]
        return max(
            fitting, key=lambda rule: (bool(rule.country), bool(rule.region), rule.valid_from or date.min), default=None
        )


def read_tax_book(*, since: date) -> TaxBook:
    """The rules that are valid on `since` or later; one query."""
    rules = TaxRule.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=since))
    return TaxBook(rules.annotate(seller_country=stored_seller_country()))


def taxes_as_rows(taxes: Iterable[TaxAmount]) -> list[list[str]]:
    """Taxes as an invoice line keeps them: name, percent, amount."""
    return [[tax.name, f"{tax.percent.normalize():f}", str(tax.amount)] for tax in taxes]
