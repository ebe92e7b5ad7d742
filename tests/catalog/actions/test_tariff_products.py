from decimal import Decimal

import pytest

from catalog.actions.tariff_products import (
    AlreadyImported,
    PlanMoved,
    TariffImportInvalid,
    create_tariff_products,
)
from catalog.markups import RateUnknown
from catalog.models import Currency, Product, ProductGroup, TariffCost
from catalog.queries_tariffs import digest_of, plan_products, tariff_offers
from noc.models import PriceListEntry, Server, ServerGroup
from tests.catalog.samples import BITNINJA, BUSINESS, LITE, TRIAL
from tests.catalog.tariffs import NOW, create, list_tariff, sale, wishes


@pytest.fixture
def listed(server: Server) -> Server:
    list_tariff(server, LITE, "ispmanager lite", m1="4.00", m12="44.00")
    list_tariff(server, BUSINESS, "ispmanager business", m1="15.00", m12="165.00")
    list_tariff(server, BITNINJA, "BitNinja", kind="addition", m1="9.00", m6="50.00")
    return server


def test_products_have_prices_fields_options_and_a_description(listed: Server, group: ProductGroup) -> None:
    lite, business = sorted(create(wishes(listed, group, LITE, BUSINESS)), key=lambda product: -len(product.name))[::-1]
    prices = {price.cycle: price.price for price in lite.prices.all()}
    assert prices == {"MONTHLY": Decimal("6.00"), "ANNUALLY": Decimal("66.00")}
    assert {"ip", "lickey"} <= set(lite.custom_fields.values_list("key", flat=True))
    assert list(business.options.values_list("key", flat=True)) == ["nodes"]
    assert lite.short_description == "License of ispmanager lite for one server."
    assert (lite.kind, lite.tariff_id, lite.module) == ("license", LITE, "ispmanager_noc")


def test_each_price_remembers_what_it_was_made_from(listed: Server, group: ProductGroup) -> None:
    rates = {"RUB": Decimal(100)}
    currencies = (sale("EUR", rounding="ENDING_90"), sale("RUB", percent="20", fixed="10", rounding="WHOLE"))
    (product,) = create(wishes(listed, group, LITE, cycles=["MONTHLY"], currencies=currencies, rates=rates))
    assert {price.currency_id: price.price for price in product.prices.all()} == {
        "EUR": Decimal("6.90"),
        "RUB": Decimal(490),
    }
    row = TariffCost.objects.get(currency="RUB")
    assert (row.cost, row.cost_currency, row.percent, row.fixed, row.rounding) == (4, "EUR", 20, 10, "WHOLE")
    assert (row.server, row.accepted_at) == (listed, NOW)
    assert Currency.objects.get(code="RUB").rate == 100


def test_only_cycles_that_the_tariff_sells_and_that_were_chosen(listed: Server, group: ProductGroup) -> None:
    cycles = ["MONTHLY", "QUARTERLY", "SEMIANNUALLY"]
    (product,) = create(wishes(listed, group, BITNINJA, cycles=cycles))
    assert set(product.prices.values_list("cycle", flat=True)) == {"MONTHLY", "SEMIANNUALLY"}


@pytest.mark.parametrize(
    ("tariff_id", "words"),
    [("55228", "cost is not known"), (TRIAL, "not sold by the month"), ("3541", "no new orders")],
)
def test_what_cannot_become_a_product_says_why(listed: Server, group: ProductGroup, tariff_id: str, words: str) -> None:
    list_tariff(listed, TRIAL, "ispmanager trial", **{"-100": "0"})
    list_tariff(listed, "3541", "ISPmanager 5 Lite", m1="4.50")
    wanted = wishes(listed, group, tariff_id)
    (planned,) = plan_products(wanted)
    assert words in planned.why_not
    assert create(wanted) == []


def test_a_cost_in_a_currency_that_is_not_ours_is_not_guessed(listed: Server, group: ProductGroup) -> None:
    PriceListEntry.objects.filter(tariff_id=LITE).update(currency="USD")
    PriceListEntry.objects.filter(tariff_id=BUSINESS).update(currency="")
    PriceListEntry.objects.filter(tariff_id=BITNINJA).update(currency="RUR")
    faults = {offer.tariff.id: offer.why_not for offer in tariff_offers(listed)}
    assert "USD" in faults[LITE]
    assert faults[BUSINESS]
    assert faults[BITNINJA] == ""
    with pytest.raises(RateUnknown):
        plan_products(wishes(listed, group, BITNINJA))


def test_a_tariff_with_a_product_in_the_group_is_left_out_unless_asked_for(listed: Server, group: ProductGroup) -> None:
    create(wishes(listed, group, LITE))
    assert create(wishes(listed, group, LITE), token="form-2") == []
    assert len(create(wishes(listed, group, LITE, makes_twins=True), token="form-3")) == 1
    elsewhere = ProductGroup.objects.create(name="Others", slug="others")
    assert len(create(wishes(listed, elsewhere, LITE), token="form-4")) == 1
    assert Product.objects.count() == 3


def test_one_form_makes_its_products_once_even_twins(listed: Server, group: ProductGroup) -> None:
    wanted = wishes(listed, group, LITE, makes_twins=True)
    create(wanted)
    with pytest.raises(AlreadyImported):
        create(wanted)
    assert Product.objects.count() == 1


def test_what_was_not_shown_is_not_made(listed: Server, group: ProductGroup) -> None:
    wanted = wishes(listed, group, LITE)
    seen = digest_of(wanted, plan_products(wanted))
    PriceListEntry.objects.filter(tariff_id=LITE).update(prices={"1": "40.00"})
    with pytest.raises(PlanMoved):
        create_tariff_products(wishes=wanted, token="form-1", seen=seen, now=NOW)
    assert not Product.objects.exists()
    # The form may be sent again once the new plan has been seen.
    assert len(create(wanted)) == 1


def test_all_or_nothing(listed: Server, group: ProductGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    list_tariff(listed, "777001", "", kind="license", m1="1.00")
    with pytest.raises(TariffImportInvalid, match="777001"):
        create(wishes(listed, group, LITE, "777001"))
    assert (Product.objects.count(), TariffCost.objects.count()) == (0, 0)


def test_the_account_has_to_be_one_that_the_products_are_bought_at(listed: Server, group: ProductGroup) -> None:
    other = Server.objects.create(name="ru", hostname="my.ispmanager.ru", username="reseller", password="x")
    list_tariff(other, LITE, "ispmanager lite", m1="4.00")
    with pytest.raises(TariffImportInvalid) as refused:
        create(wishes(other, group, LITE))
    assert list(refused.value.errors) == ["server_group"]
    russia = ServerGroup.objects.create(name="Russia")
    russia.servers.add(other)
    (product,) = create(wishes(other, group, LITE, server_group=russia, cycles=["MONTHLY"]))
    assert product.server_group == russia
