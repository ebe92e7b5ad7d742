"""Ways to pay, as pages offer them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from billing.gateways import BANK_TRANSFER, BY_PEOPLE, CREDIT, ONLINE
from billing.models import Client, Invoice, InvoiceKind, InvoiceLine, LineKind
from billing.queries.gateways import OfferedGateway, read_gateways
from billing.queries.payment_methods import closed_methods
from catalog.models import Currency, Product, ProductGroup
from catalog.money import format_money

METHOD_LABELS: Final[dict[str, str | Promise]] = {
    CREDIT: gettext_lazy("Credit balance"),
    BANK_TRANSFER: BY_PEOPLE[BANK_TRANSFER].label,
    **{code: gateway.label for code, gateway in ONLINE.items()},
}


def invoice_methods() -> list[tuple[str, str]]:
    """(code, label) of what an invoice can be set to be paid by; credit is used at once instead."""
    return [(gateway.code, gateway.label) for gateway in read_gateways().values()]


def invoice_gateways(invoice: Invoice) -> dict[str, OfferedGateway]:
    """The gateways by which what is due of an invoice can be paid, by code: those that each of its groups takes."""
    closed = _closed_by_groups(invoice) if invoice.kind != InvoiceKind.ADD_FUNDS else set()
    return {
        code: gateway
        for code, gateway in read_gateways().items()
        if code not in closed and not gateway.find_fault(invoice.balance, invoice.currency_id)
    }


@dataclass(frozen=True, slots=True)
class PayChoice:
    """A button of the pay page: `amount` is what is paid in all, `fee` of it for paying so."""

    code: str
    label: str
    amount: Decimal
    fee: Decimal
    stores_methods: bool


def pay_choices(invoice: Invoice, offered: Mapping[str, OfferedGateway]) -> list[PayChoice]:
    """The gateways that take money by themselves; the one that was chosen for the invoice first."""
    precision = invoice.currency.precision
    found = []
    for code, gateway in offered.items():
        if gateway.is_online:
            fee = gateway.fee_for(invoice.balance, invoice.currency_id, precision=precision)
            found.append(PayChoice(code, gateway.label, invoice.balance + fee, fee, gateway.stores_methods))
    return sorted(found, key=lambda choice: choice.code != invoice.payment_method)


def _closed_by_groups(invoice: Invoice) -> set[str]:
    named = [invoice.pk]
    if invoice.kind == InvoiceKind.MASS_PAY:
        named = list(invoice.lines.filter(kind=LineKind.INVOICE).values_list("about", flat=True))
    products = InvoiceLine.objects.filter(invoice__in=named).values("service__product__group")
    groups = ProductGroup.objects.filter(pk__in=products).values_list("closed_payment_methods", flat=True)
    return {method for methods in groups for method in methods}


def fee_words(gateway: OfferedGateway, amount: Decimal, currency: Currency) -> str:
    """What paying `amount` so costs besides, "" for nothing."""
    fee = gateway.fee_for(amount, currency.pk, precision=currency.precision)
    if not fee:
        return ""
    shown = format_money(fee, currency.pk, language=get_language() or settings.LANGUAGE_CODE)
    return _("plus %(fee)s") % {"fee": shown}


@dataclass(frozen=True, slots=True)
class PaymentOffer:
    """How `total` can be paid: `methods` are (code, label), `credit` is what the client's balance gives, 0 for none."""

    total: Decimal
    methods: tuple[tuple[str, str], ...]
    credit: Decimal

    @property
    def rest(self) -> Decimal:
        """What the credit leaves to pay."""
        return self.total - self.credit

    @property
    def is_impossible(self) -> bool:
        """Whether there is something to pay and no way to pay all of it."""
        return self.rest > 0 and not self.methods


def payment_offer(
    client: Client | None, products: Iterable[Product], *, total: Decimal, currency: Currency
) -> PaymentOffer:
    """What an order of `products` can be paid with: what a group of one of them switches off is left out."""
    closed = closed_methods(products)
    credit = min(client.credit_balance, total) if client is not None and CREDIT not in closed else Decimal(0)
    methods = tuple(
        (code, _method_words(gateway, total - credit, currency))
        for code, gateway in read_gateways().items()
        if code not in closed and not gateway.find_fault(total - credit or total, currency.pk)
    )
    return PaymentOffer(total, methods, credit)


def _method_words(gateway: OfferedGateway, amount: Decimal, currency: Currency) -> str:
    fee = fee_words(gateway, amount, currency) if amount else ""
    return f"{gateway.label} ({fee})" if fee else gateway.label
