"""How one document writes days, amounts and taxes: its language and its currency."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from billing.documents.words import VAT_NAMES, Words, words_of
from billing.queries.clock import business_date
from catalog.money import format_money

MINUS: Final = "\N{MINUS SIGN}"
RUSSIAN_DAY: Final = "dd.MM.yyyy"


@dataclass(frozen=True, slots=True)
class Style:
    """The language and the currency of one document."""

    language: str
    currency: str

    @property
    def words(self) -> Words:
        """The words of its language."""
        return words_of(self.language)

    def money(self, amount: Decimal) -> str:
        """An amount with its currency; below zero with a minus as wide as a figure, so that columns stay straight."""
        return format_money(amount, self.currency, language=self.language).replace("-", MINUS)

    def long_day(self, day: date) -> str:
        """28 ноября 2026 г."""
        return format_date(day, format="long", locale=self.language)

    def day(self, day: date) -> str:
        """28.11.2026, Nov 28, 2026"""
        return format_date(day, format=RUSSIAN_DAY if self.language == "ru" else "medium", locale=self.language)

    def day_of(self, moment: datetime | None) -> str:
        """The business day of a moment."""
        return "" if moment is None else self.day(business_date(moment))

    def percent(self, percent: Decimal) -> str:
        """22 %, 5,5 %"""
        return f"{format_decimal(percent.normalize(), locale=self.language)}\N{NO-BREAK SPACE}%"

    def tax(self, name: str, percent: Decimal) -> str:
        """A tax by its name and rate; the value added tax is named in the document's language."""
        return f"{self.words.vat if name.casefold() in VAT_NAMES else name} {self.percent(percent)}"

    def country(self, code: str) -> str:
        """The name of a country by its code of two letters."""
        return str(Locale.parse(self.language).territories.get(code, code))
