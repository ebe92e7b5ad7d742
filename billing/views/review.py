"""The basket as the checkout shows it: priced, the promo code judged, ways to pay, what goes well with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from billing.forms.checkout import PaymentForm
from billing.models import Client
from billing.queries.clock import business_date
from billing.queries.order_units import most_units
from billing.queries.pages_payment import payment_offer
from billing.queries.pages_store import (
    BasketLine,
    PricedBasket,
    price_basket,
    product_ids,
    read_products,
    wanted_products,
)
from billing.queries.promotions import PromotionRefused, PromotionTerms, find_promotion
from billing.queries.store_settings import read_store_settings
from billing.queries.terms import PricingTerms
from billing.views.basket import PROMO_KEY, checkout_key, read_basket
from billing.views.placing import said_place
from catalog.models import Currency, Product
from catalog.queries_offers import Recommendation, recommend


@dataclass(slots=True)
class Review:
    """What is in the basket with its sums. `line_errors`: place of a line → what is wrong with how many are wanted."""

    client: Client | None
    currency: Currency
    basket: PricedBasket
    recommended: Sequence[Recommendation]
    promo_code: str
    promo_error: str
    terms_url: str
    line_errors: dict[int, list[str]] = field(default_factory=dict)

    @property
    def lines(self) -> list[tuple[BasketLine, list[str], int]]:
        """Each line with what is wrong with it and the largest quantity; 0: it cannot be changed."""
        return [(line, self.line_errors.get(index, []), _most_of(line)) for index, line in enumerate(self.basket.lines)]

    @property
    def products(self) -> list[Product]:
        """What can be ordered, addons too."""
        return [line.product for line in self.basket.lines]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen, or all of it was taken out."""
        return not self.basket.lines and not self.basket.missing


def _most_of(line: BasketLine) -> int:
    return most_units(line.product) if line.has_quantity else 0


def read_review(request: HttpRequest, client: Client | None, currency: Currency, *, said: Mapping[str, Any]) -> Review:
    """The basket at this moment's prices, with what is offered beside it. `said`: what a visitor typed so far."""
    items, settings = read_basket(request), read_store_settings()
    products = read_products(items, has_cross_sells=settings.has_cross_sells)
    code = request.session.get(PROMO_KEY, "")
    promotion, refusal = find_promo(code, client, currency, wanted_products(items, products))
    place = None if client else said_place(said)
    terms = PricingTerms(client=client, on=business_date(timezone.now()), tax_place=place, promotion=promotion)
    chosen = product_ids(items)
    return Review(
        client,
        currency,
        price_basket(items, products=products, currency=currency, client=client, terms=terms),
        recommend((one for one in products.values() if one.pk not in chosen), currency=currency),
        code,
        refusal,
        settings.terms_url,
    )


def find_promo(
    code: str, client: Client | None, currency: Currency, wanted: Sequence[tuple[Product, str]]
) -> tuple[PromotionTerms | None, str]:
    """The promo code that the visitor typed, or why it cannot be used."""
    if not code:
        return None, ""
    try:
        on = business_date(timezone.now())
        return find_promotion(code, client=client, currency_id=currency.pk, wanted=wanted, on=on), ""
    except PromotionRefused as refusal:
        return None, str(refusal)


def payment_form(
    request: HttpRequest, review: Review, data: Any, chosen: Mapping[str, Any] | None = None
) -> PaymentForm:
    """How it is paid; `chosen` so far, where nothing was sent yet."""
    offer = payment_offer(review.client, review.products, total=review.basket.quote.total, currency=review.currency)
    key = checkout_key(request)
    # The answer to a window that is behind carries the key of the basket that it shows now.
    data = None if data is None else {**data.dict(), "checkout_key": key}
    initial = {name: value for name, value in (chosen or {}).items() if value is not None}
    return PaymentForm(
        data,
        offer=offer,
        total=review.basket.quote.total,
        currency_id=review.currency.pk,
        terms_url=review.terms_url,
        initial={"checkout_key": key, **initial},
    )
