"""Affiliates, and what is ordered by their links: a product that no partner is needed for, on days of one's own."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from billing.actions.affiliates import join_program
from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.lifecycle import activate_by_hand
from billing.actions.ordering import place_order
from billing.models import Affiliate, AffiliateSettings, Client, Commission, Service
from billing.models.affiliate import ONLY
from billing.queries.affiliates import forget_affiliate_program
from catalog.actions.products import PriceValues, create_product
from catalog.models import Currency, Product, ProductGroup
from tests.builders import make_client, pay

ORDERED = date(2027, 3, 1)
_numbers = count(1)


def at(day: date) -> datetime:
    """Noon of a day."""
    return datetime.combine(day, time(12), tzinfo=UTC)


def switch_on(**values: Any) -> AffiliateSettings:
    """The program runs: 10 percent, 30 days, unless said otherwise."""
    settings, _is_new = AffiliateSettings.objects.update_or_create(pk=ONLY, defaults={"is_on": True, **values})
    forget_affiliate_program()
    return settings


def make_affiliate(client: Client | None = None, **values: Any) -> Affiliate:
    affiliate = join_program(client=client or make_client(), actor="test", now=at(date(2027, 1, 10)))
    if values:
        Affiliate.objects.filter(pk=affiliate.pk).update(**values)
        affiliate.refresh_from_db()
    return affiliate


def make_consulting(price: str = "1000", setup_fee: str = "200", *, currency: str = "EUR", **values: Any) -> Product:
    """Sold by the year, set up by hand."""
    group, _is_new = ProductGroup.objects.get_or_create(name="Consulting", slug="consulting")
    prices = [PriceValues(Currency.objects.get(pk=currency), "ANNUALLY", Decimal(price), Decimal(setup_fee))]
    name = f"Consulting {next(_numbers)}"
    return create_product(
        values={"group": group, "name": name, "auto_setup": "NEVER", "payment_type": "RECURRING", **values},
        prices=prices,
    )


def order_by(
    affiliate: Affiliate | None,
    product: Product,
    *,
    client: Client | None = None,
    on: date = ORDERED,
    promo_code: str = "",
    quantity: int = 1,
    payment_method: str = "bank_transfer",
) -> Service:
    """Ordered by the affiliate's link; the newest service of the order."""
    order = place_order(
        checkout=Checkout(
            client=client or make_client(),
            items=[ItemRequest(product, "ANNUALLY", quantity)],
            payment_method=payment_method,
            key=f"referred-{next(_numbers)}",
            promo_code=promo_code,
            referral_code=affiliate.code if affiliate else "",
        ),
        actor="test",
        now=at(on),
    )
    return Service.objects.filter(order_line__order=order).latest("id")


def sell_by(affiliate: Affiliate | None, product: Product, **ordered: Any) -> Service:
    """Ordered, paid on the same day, and live."""
    service = order_by(affiliate, product, **ordered)
    day = ordered.get("on", ORDERED)
    invoice = service.order_line.order.invoice
    if invoice.is_payable:
        pay(invoice, now=at(day))
    service.refresh_from_db()
    with transaction.atomic():
        activate_by_hand(service=service, now=at(day))
    return service


def commission_of(service: Service) -> Commission:
    """The newest one."""
    return Commission.objects.filter(referred__service=service).latest("id")


def amounts_of(affiliate: Affiliate) -> list[Decimal | None]:
    """What was earned, the oldest first."""
    return list(affiliate.commissions.order_by("id").values_list("amount", flat=True))
