import pytest

from catalog.models import Cycle, Product, ProductGroup
from catalog.modules import ISPMANAGER_NOC, MODULES, allowed_cycles, allowed_once_periods, period_bought
from noc.models import PriceListEntry, Server
from noc.tariffs import built_in
from tests.catalog.samples import BITNINJA, CLOUDLINUX, LITE, TRIAL


def test_only_kinds_that_can_be_provisioned_are_sold() -> None:
    module = MODULES[ISPMANAGER_NOC]
    assert [kind for kind in ("license", "addition", "software", "certificate", "") if module.can_sell(kind)] == [
        "license",
        "addition",
    ]
    assert module.fields_of("software", CLOUDLINUX) == ()


@pytest.mark.parametrize(
    ("tariff_id", "cycles", "once"),
    [
        (LITE, (Cycle.MONTHLY, Cycle.ANNUALLY), (1, 12)),
        (BITNINJA, (Cycle.MONTHLY, Cycle.SEMIANNUALLY, Cycle.ANNUALLY), (1, 6, 12, -100)),
        (TRIAL, (), (-100,)),
    ],
)
def test_cycles_and_periods_follow_from_the_tariff(
    tariff_id: str, cycles: tuple[Cycle, ...], once: tuple[int, ...]
) -> None:
    tariff = built_in(tariff_id)
    assert tariff is not None
    assert allowed_cycles(tariff) == cycles
    assert allowed_once_periods(tariff) == once


def test_the_live_list_of_the_default_server_is_asked(db: None, server: Server, group: ProductGroup) -> None:
    PriceListEntry.objects.create(
        server=server, kind="license", tariff_id=LITE, name="Lite", prices={"3": "9"}, read_at="2026-03-01T00:00Z"
    )
    tariff = MODULES[ISPMANAGER_NOC].find_tariff(LITE, None)
    assert tariff is not None
    assert allowed_cycles(tariff) == (Cycle.QUARTERLY,)


@pytest.mark.parametrize(("cycle", "period"), [("MONTHLY", 1), ("QUARTERLY", 3), ("SEMIANNUALLY", 6), ("ANNUALLY", 12)])
def test_a_recurring_product_buys_the_months_of_its_cycle(cycle: str, period: int) -> None:
    assert period_bought(Product(payment_type="RECURRING"), cycle) == period


def test_a_product_paid_once_buys_the_period_it_names() -> None:
    assert period_bought(Product(payment_type="ONE_TIME", partner_period=6), "ONE_TIME") == 6
    assert period_bought(Product(payment_type="FREE", partner_period=-100), "ONE_TIME") == -100


def test_nothing_is_bought_for_a_cycle_without_months() -> None:
    with pytest.raises(ValueError, match="No period"):
        period_bought(Product(payment_type="RECURRING"), "ONE_TIME")
