"""Making products of an account's price list (P18)."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from catalog.actions.products import PriceValues, ProductInvalid, create_product
from catalog.models import Currency, PaymentType, Product, ProductGroup, TariffCost, TariffImport
from catalog.models.wording import other_languages
from catalog.queries_tariffs import PlannedProduct, Wishes, buys_at, digest_of, plan_products
from noc.schemas import Tariff

NAME_LENGTH: Final = 150


class TariffImportInvalid(Exception):
    """Nothing was made; `errors` maps fields of the wishes ("" for none) to messages in words."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = errors


class PlanMoved(Exception):
    """What would be made now is not what was shown: the price list, a rate or a product has changed since."""


class AlreadyImported(Exception):
    """This very form has made its products before."""


def create_tariff_products(*, wishes: Wishes, token: str, seen: str, now: datetime) -> list[Product]:
    """Makes the products that `plan_products(wishes)` showed, with prices, fields and options, all of them or none.

    `token` names the form, which makes its products once; `seen` is the digest of the plan that was shown. Typed rates
    are kept as those of their currencies. Raises AlreadyImported, PlanMoved, TariffImportInvalid, RateUnknown.
    """
    if not buys_at(wishes.server, wishes.server_group):
        raise TariffImportInvalid({"server_group": [_("Products of this choice are not bought at this account.")]})
    with transaction.atomic():
        _use_up(token, now)
        # Two imports into one group at once would both find a tariff without a product.
        ProductGroup.objects.select_for_update().get(pk=wishes.group.pk)
        plan = plan_products(wishes)
        if digest_of(wishes, plan) != seen:
            raise PlanMoved
        for code, rate in wishes.rates.items():
            Currency.objects.filter(pk=code, is_default=False).update(rate=rate)
        return [_create_one(wishes, planned, now) for planned in plan if not planned.why_not]


def describe_tariff(tariff: Tariff) -> str:
    """A short description for the store, in the active language."""
    words = {
        "license": _("License of %(name)s for one server."),
        "addition": _("%(name)s for a server with ispmanager."),
        "software": _("License of %(name)s."),
        "certificate": _("SSL certificate %(name)s."),
    }
    return words.get(tariff.kind, "%(name)s") % {"name": tariff.name}


def _use_up(token: str, now: datetime) -> None:
    try:
        with transaction.atomic():
            TariffImport.objects.create(token=token, created_at=now)
    except IntegrityError as error:
        raise AlreadyImported from error


def _create_one(wishes: Wishes, planned: PlannedProduct, now: datetime) -> Product:
    tariff = planned.offer.tariff
    with translation.override(settings.LANGUAGE_CODE):
        description = describe_tariff(tariff)
    values = {
        "group": wishes.group,
        "name": tariff.name[:NAME_LENGTH],
        "short_description": description,
        "translations": _translate(tariff),
        "payment_type": PaymentType.RECURRING,
        "module": wishes.server.module,
        "server_group": wishes.server_group,
        "tariff_id": tariff.id,
        "is_hidden": wishes.is_hidden,
    }
    prices = [
        PriceValues(price.sale.currency, cycle.cycle, price.price) for cycle in planned.cycles for price in cycle.prices
    ]
    try:
        product = create_product(values=values, prices=prices)
    except ProductInvalid as invalid:
        messages = [f"{tariff.id} {tariff.name}: {message}" for found in invalid.errors.values() for message in found]
        raise TariffImportInvalid({"": messages}) from invalid
    TariffCost.objects.bulk_create(_costs_of(wishes, planned, product, now))
    return product


def _translate(tariff: Tariff) -> dict[str, str]:
    """The description in the portal's other languages. Names of the partner's tariffs are the same in all."""
    translations = {}
    for language in other_languages():
        with translation.override(language):
            translations[f"short_description_{language}"] = describe_tariff(tariff)
    return translations


def _costs_of(wishes: Wishes, planned: PlannedProduct, product: Product, now: datetime) -> list[TariffCost]:
    return [
        TariffCost(
            product=product,
            currency=price.sale.currency,
            cycle=cycle.cycle,
            server=wishes.server,
            cost=cycle.cost.amount,
            cost_currency=cycle.cost.currency,
            percent=price.sale.markup.percent,
            fixed=price.sale.markup.fixed,
            rounding=price.sale.markup.rounding,
            accepted_at=now,
        )
        for cycle in planned.cycles
        for price in cycle.prices
    ]
