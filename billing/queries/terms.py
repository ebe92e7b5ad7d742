"""What a price depends on besides what is chosen: the day, the client's place and the tax rules of that day."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from billing.models import Client
from billing.queries.promotions import PromotionTerms
from billing.queries.taxes import TaxPlace, place_of, read_tax_book
from catalog.lifetime import count_renewals
from catalog.models import Price, Product
from catalog.options import ChosenOption
from catalog.pricing import PricedItem
from catalog.prorata import ProrataTerms, find_first_period


class PricingTerms:
    """Turns choices into the words of the price engine; reads the tax rules once, however many there are."""

    def __init__(
        self,
        *,
        client: Client | None,
        on: date,
        tax_place: TaxPlace | None = None,
        promotion: PromotionTerms | None = None,
    ) -> None:
        """`tax_place`: what a visitor said of it so far, where there is no client yet."""
        self._place = tax_place or place_of(client)
        self._book = read_tax_book(since=on)
        self._promotion = promotion
        self.on = on

    def price(
        self,
        price: Price,
        *,
        product: Product,
        quantity: int,
        precision: int,
        options: Sequence[ChosenOption] = (),
        parent: Product | None = None,
    ) -> PricedItem:
        """A choice at a price of the price list. `parent`: what an addon is added to."""
        return self.item(
            product,
            cycle=price.cycle,
            quantity=quantity,
            unit_price=price.price,
            setup_fee=price.setup_fee,
            precision=precision,
            options=options,
            parent=parent,
        )

    def item(
        self,
        product: Product,
        *,
        cycle: str,
        quantity: int,
        unit_price: Decimal,
        setup_fee: Decimal,
        precision: int,
        options: Sequence[ChosenOption],
        parent: Product | None = None,
    ) -> PricedItem:
        """A choice at these amounts; an addon is billed on the prorata date of its parent."""
        dated = parent or product
        prorata = ProrataTerms(dated.prorata_day, dated.prorata_next_after) if dated.is_prorata else None
        first_period = find_first_period(prorata, cycle=cycle, on=self.on) if prorata else None
        return PricedItem(
            description=product.words.name,
            cycle=cycle,
            quantity=quantity,
            unit_price=unit_price,
            setup_fee=setup_fee,
            precision=precision,
            options=tuple(option.priced() for option in options),
            taxation=self._book.find(self._place, product.tax_treatment, on=self.on),
            first_period=first_period,
            discount=self._promotion.discount(product, cycle) if self._promotion else None,
            is_scaling=product.is_scaling,
            renewals=count_renewals(
                product,
                cycle=cycle,
                on=self.on,
                first_end=first_period.ends_on if first_period else None,
                anchor_day=prorata.day if prorata else None,
            ),
        )
