from dataclasses import replace

import pytest

from catalog.models import Cycle, Product, ProductGroup
from catalog.modules import (
    ISPMANAGER_NOC,
    KIND_LABELS,
    MODULES,
    allowed_cycles,
    allowed_once_periods,
    period_bought,
    product_field_specs,
)
from noc.kinds import KINDS
from noc.models import PriceListEntry, Server
from noc.tariffs import built_in
from tests.catalog.samples import BITNINJA, CLOUDLINUX, LITE, TRIAL


def test_only_kinds_that_can_be_provisioned_are_sold() -> None:
    module = MODULES[ISPMANAGER_NOC]
    assert {kind for kind in KIND_LABELS if module.can_sell(kind)} == set(KINDS)
    narrow = replace(module, sellable_kinds=frozenset({"license", "certificate of mail"}))
    assert not narrow.can_sell("software")
    assert narrow.fields_of("software", CLOUDLINUX) == ()
    assert not narrow.can_sell("certificate of mail"), "no kind of this name can be provisioned"


def test_a_tariff_that_only_the_price_list_names_is_sold_under_its_kind(db: None, server: Server) -> None:
    for kind, tariff_id, name in (("addition", "990011", "Virusdie"), ("software", "990003", "JetBackup")):
        PriceListEntry.objects.create(
            server=server, kind=kind, tariff_id=tariff_id, name=name, prices={"1": "9"}, read_at="2026-03-01T00:00Z"
        )
    module = MODULES[ISPMANAGER_NOC]
    found = {tariff_id: module.find_tariff(tariff_id, None) for tariff_id in ("990011", "990003")}
    assert {tariff_id: tariff and tariff.kind for tariff_id, tariff in found.items()} == {
        "990011": "addition",
        "990003": "software",
    }
    product = Product(module=ISPMANAGER_NOC, kind="addition", tariff_id="990011")
    assert [spec.key for spec in product_field_specs(product)] == ["item", "order_id"]
    product = Product(module=ISPMANAGER_NOC, kind="software", tariff_id="990003")
    assert [spec.key for spec in product_field_specs(product)] == ["licname", "ip", "lickey", "order_id"]


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
