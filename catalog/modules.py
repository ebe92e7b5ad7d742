"""What a provisioning module can sell: Product IDs, kinds, cycles, periods and fields. Asks `noc.kinds`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import Cycle, PaymentType, Product
from catalog.periods import CYCLE_MONTHS
from noc.kinds import KINDS
from noc.kinds.base import FieldSpec
from noc.models import ServerGroup
from noc.price_lists import find_tariff
from noc.schemas import Tariff
from noc.tariffs import built_in

ISPMANAGER_NOC: Final = "ispmanager_noc"
TRIAL: Final = -100
# What a free or one-time product may buy, in the order in which one is chosen where none is named.
ONCE_PERIODS: Final = (1, 3, 6, 12, TRIAL)
KIND_LABELS: Final[dict[str, str | Promise]] = {
    "license": _("ispmanager licenses"),
    "addition": _("ispmanager modules"),
    "software": _("other software"),
    "certificate": _("SSL certificates"),
}


@dataclass(frozen=True, slots=True)
class ProvisioningModule:
    """A module as the catalog sees it. `sellable_kinds` are the kinds that products may be made of."""

    code: str
    label: str | Promise
    sellable_kinds: frozenset[str]

    def find_tariff(self, tariff_id: str, server_group: ServerGroup | None) -> Tariff | None:
        """What the price lists of the accounts in question say of this Product ID; None if nothing."""
        return find_tariff(tariff_id, server_group=server_group)

    def can_sell(self, kind: str) -> bool:
        """Whether products of this kind can be ordered and provisioned."""
        return kind in self.sellable_kinds and kind in KINDS

    def fields_of(self, kind: str, tariff_id: str, tariff_name: str = "") -> tuple[FieldSpec, ...]:
        """Fields that a product of this kind needs; () for a kind that cannot be sold."""
        return KINDS[kind].fields_for(tariff_id, tariff_name) if self.can_sell(kind) else ()


MODULES: Final[dict[str, ProvisioningModule]] = {
    ISPMANAGER_NOC: ProvisioningModule(
        code=ISPMANAGER_NOC,
        label=_("ispmanager NOC"),
        sellable_kinds=frozenset({"license", "addition", "software", "certificate"}),
    )
}


def allowed_cycles(tariff: Tariff) -> tuple[Cycle, ...]:
    """Recurring cycles whose period this tariff sells, shortest first."""
    return tuple(cycle for cycle, months in CYCLE_MONTHS.items() if months in tariff.periods)


def allowed_once_periods(tariff: Tariff) -> tuple[int, ...]:
    """Periods of this tariff that a free or one-time product may buy, the preferred one first."""
    return tuple(period for period in ONCE_PERIODS if period in tariff.periods)


def find_product_tariff(product: Product) -> Tariff | None:
    """What the price lists say of the product's Product ID; None without a module or when no list names it."""
    module = MODULES.get(product.module)
    return module.find_tariff(product.tariff_id, product.server_group) if module and product.tariff_id else None


def product_field_specs(product: Product) -> tuple[FieldSpec, ...]:
    """The fields that the product's module reads and fills; () without a module."""
    module = MODULES.get(product.module)
    return module.fields_of(product.kind, product.tariff_id, _tariff_name(product)) if module else ()


def find_misfits(product: Product, values: Mapping[str, str]) -> dict[str, str]:
    """Field key → why the partner would refuse these values together, each fine by itself; {} without a module."""
    module = MODULES.get(product.module)
    if module is None or not module.can_sell(product.kind):
        return {}
    faults = KINDS[product.kind].find_faults(product.tariff_id, values, _tariff_name(product))
    return {key: str(fault) for key, fault in faults.items()}


@dataclass(frozen=True, slots=True)
class SoleUnit:
    """What makes a unit the only one that the partner sells: equal keys are refused. `field` is what to change."""

    key: str
    field: str


def find_sole_unit(product: Product, values: Mapping[str, str]) -> SoleUnit | None:
    """None where nothing speaks against another unit of the product with the same values."""
    fields = [name for name in sole_keys(product) if values.get(name)]
    return SoleUnit(KINDS[product.kind].sole_key(product.tariff_id, values), fields[0]) if fields else None


def sole_keys(product: Product) -> tuple[str, ...]:
    """Keys of the fields for whose values the partner sells the product once; () without a module."""
    module = MODULES.get(product.module)
    return KINDS[product.kind].sole_fields if module and module.can_sell(product.kind) else ()


def _tariff_name(product: Product) -> str:
    """Decides only where the built-in table does not know the id; that spares stores a look at the lists."""
    tariff = built_in(product.tariff_id) or find_product_tariff(product)
    return tariff.name if tariff else ""


def period_bought(product: Product, cycle: str) -> int:
    """The partner's period code (months, -100 trial) that an order of `product` for `cycle` buys.

    Raises ValueError where there is none: a recurring product has no ONE_TIME cycle.
    """
    if product.payment_type != PaymentType.RECURRING and product.partner_period is not None:
        return product.partner_period
    months = CYCLE_MONTHS.get(Cycle(cycle))
    if months is None:
        raise ValueError(f"No period is bought for {cycle}")
    return months
