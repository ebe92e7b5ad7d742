"""The affiliate program: its settings, whom a link means, what a payment earns, what may be withdrawn (P17)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.core.cache import cache
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.models import Affiliate, AffiliateSettings, AffiliateStatus, Client, ClientUser, LineKind
from billing.models.affiliate import ONLY
from catalog.markups import Rates, RateUnknown
from catalog.models import AffiliatePay, Currency, Product
from catalog.money import format_money, round_money

LARGEST_ID: Final = 2**31 - 1
# What a commission is reckoned from, without tax.
BASE_KINDS: Final = (LineKind.SERVICE, LineKind.SETUP, LineKind.DISCOUNT)

PROGRAM_KEY: Final = "affiliate-program-is-on"
MENU_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """What a payment earns: percent of it, or a fixed amount of `currency` ("" for a percentage)."""

    pay: str
    amount: Decimal
    currency: str
    is_once: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """The currencies as they stand now: their rates, their decimals, and which one is the default."""

    rates: Rates
    precisions: dict[str, int]
    default: str

    @classmethod
    def of(cls, currencies: Iterable[Currency]) -> "Exchange":
        """Reads the currencies once."""
        rows = list(currencies)
        default = next((row.pk for row in rows if row.is_default), "")
        return cls(Rates.of(rows), {row.pk: row.precision for row in rows}, default)

    def convert(self, amount: Decimal, source: str, target: str) -> Decimal:
        """An amount of `source` in `target`, rounded to what that has. Raises catalog.markups.RateUnknown."""
        return round_money(self.rates.convert(amount, source, target), precision=self.precisions[target])


def read_affiliate_settings() -> AffiliateSettings:
    """The stored settings, or the defaults of a portal where nobody has saved any; one query."""
    return AffiliateSettings.objects.filter(pk=ONLY).first() or AffiliateSettings(pk=ONLY)


def has_affiliate_program() -> bool:
    """Whether it is on, for menus: every page asks, so a minute-old answer is good enough."""
    return bool(cache.get_or_set(PROGRAM_KEY, lambda: read_affiliate_settings().is_on, timeout=MENU_SECONDS))


def forget_affiliate_program() -> None:
    """Menus read the settings anew: for whoever has just changed them."""
    cache.delete(PROGRAM_KEY)


def read_exchange() -> Exchange:
    """Today's exchange rates; one query."""
    return Exchange.of(Currency.objects.all())


def find_affiliate(code: str) -> Affiliate | None:
    """The active affiliate whose link has this code, whatever its case."""
    rows = Affiliate.objects.filter(status=AffiliateStatus.ACTIVE).select_related("client")
    return rows.filter(code=code.lower()).first() if code else None


def find_linked_affiliate(text: str) -> Affiliate | None:
    """The active affiliate that `aff.php?aff=` means: by WHMCS's number, else by our own, else by its code."""
    rows = Affiliate.objects.filter(status=AffiliateStatus.ACTIVE).select_related("client")
    if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_ID:
        return rows.filter(whmcs_id=int(text)).first() or rows.filter(pk=int(text)).first()
    return find_affiliate(text)


def is_own_account(affiliate: Affiliate, client: Client) -> bool:
    """Whether `client` is the affiliate, or somebody acts for both: nobody refers themselves."""
    if affiliate.client_id == client.pk:
        return True
    theirs = ClientUser.objects.filter(client_id=affiliate.client_id).values("user_id")
    return ClientUser.objects.filter(client=client, user_id__in=theirs).exists()


def commission_rule(
    product: Product, affiliate: Affiliate, settings: AffiliateSettings, *, default_currency: str
) -> Rule | None:
    """The product's rule, else the affiliate's, else the default one; None where nothing is earned.

    One-time at the product or at the affiliate means that only the first payment of a service counts.
    """
    is_once = product.is_affiliate_once or affiliate.is_once
    if product.affiliate_pay == AffiliatePay.NONE:
        return None
    if product.affiliate_pay != AffiliatePay.DEFAULT:
        pay, amount, currency = product.affiliate_pay, product.affiliate_amount, default_currency
    elif affiliate.pay != AffiliatePay.DEFAULT:
        pay, amount, currency = affiliate.pay, affiliate.pay_amount, affiliate.client.currency_id
    else:
        pay, amount, currency = AffiliatePay.PERCENT, settings.default_percent, ""
    if amount <= 0:
        return None
    return Rule(pay, amount, currency if pay == AffiliatePay.FIXED else "", is_once)


def _smallest_payout(affiliate: Affiliate, settings: AffiliateSettings) -> Decimal:
    """What the balance must reach before the affiliate may withdraw it. Raises catalog.markups.RateUnknown."""
    if not settings.minimum_payout:
        return Decimal(0)
    exchange = read_exchange()
    return exchange.convert(settings.minimum_payout, exchange.default, affiliate.client.currency_id)


def why_no_withdrawal(affiliate: Affiliate, settings: AffiliateSettings) -> str:
    """Why the affiliate cannot withdraw now, in words; "" if they can."""
    currency = affiliate.client.currency_id
    if not settings.is_on or not affiliate.is_active:
        return _("Withdrawals are closed. Write to us about what you have earned.")
    try:
        smallest = _smallest_payout(affiliate, settings)
    except RateUnknown:
        return _("Withdrawals in %(currency)s are not open yet. Write to us.") % {"currency": currency}
    if affiliate.balance <= 0 and not smallest:
        return _("There is nothing to withdraw yet.")
    if affiliate.balance < smallest:
        amount = format_money(smallest, currency, language=get_language() or "en")
        return _("You can withdraw once you have %(amount)s.") % {"amount": amount}
    return ""
