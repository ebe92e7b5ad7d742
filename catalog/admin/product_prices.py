"""The prices of a product: currency by currency, each period with a switch; what the tariff does not sell says so."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from unfold.widgets import CHECKBOX_CLASSES

from catalog.admin.price_grid import Cell, Cells, GridRow, PriceGrid, PriceGridField
from catalog.models import Currency, Cycle, PaymentType
from catalog.modules import allowed_cycles
from catalog.money import round_money
from catalog.queries_costs import PriceMargin
from noc.schemas import Tariff


class ProductPrices(PriceGrid):
    """One table for each currency. A row is offered once it is switched on."""

    template_name = "admin/catalog/product/prices.html"

    def get_context(self, name: str, value: Cells | None, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        tables: dict[str, list[dict[str, Any]]] = {}
        for row, described in zip(self.rows, context["widget"]["rows"], strict=True):
            tables.setdefault(row.currency.pk, []).append(described)
        context["widget"]["tables"] = list(tables.items())
        context["widget"]["checkbox_class"] = " ".join(CHECKBOX_CLASSES)
        return context

    def describe(self, name: str, row: GridRow, cell: Cell) -> dict[str, Any]:
        is_once = row.cycle == Cycle.ONE_TIME
        labels = {"price": _("Price"), "setup_fee": _("Setup fee")}
        return {
            "cycle": row.cycle.label,
            "words": row.words,
            "switch": f"{name}-{row.code}-offered",
            "is_offered": cell.is_offered,
            "remark": row.why_not or row.remark,
            # What is typed stays open to changes: only an empty line is closed.
            "is_closed": bool(row.why_not) and not any(cell),
            "payment_type": (PaymentType.ONE_TIME if is_once else PaymentType.RECURRING).value,
            "inputs": [
                {"name": f"{name}-{row.code}-{part}", "value": text, "label": f"{label}: {row.words}", "short": label}
                for (part, label), text in zip(labels.items(), cell, strict=False)
            ],
        }

    def read_row(self, data: Mapping[str, Any], name: str) -> Cell:
        return super().read_row(data, name)._replace(is_offered=f"{name}-offered" in data)


class ProductPricesField(PriceGridField):
    """Cleans to the list of PriceValues that are switched on."""

    widget = ProductPrices


def product_rows(
    currencies: Iterable[Currency], tariff: Tariff | None, margins: Iterable[PriceMargin] = ()
) -> list[GridRow]:
    """A line for each currency and cycle; `tariff` None: nobody knows of a cycle that is not sold.

    `margins`: what is known to be left of the stored prices.
    """
    left = {(each.price.currency_id, each.price.cycle): _margin_words(each) for each in margins}
    sold: Collection[str] = {*allowed_cycles(tariff), Cycle.ONE_TIME} if tariff else set(Cycle)
    words = _("%(tariff)s is not sold for this period.") % {"tariff": tariff.name} if tariff else ""
    return [
        GridRow(currency, cycle, "" if cycle in sold else words, left.get((currency.pk, cycle.value), ""))
        for currency in sorted(currencies, key=lambda one: (not one.is_default, one.pk))
        for cycle in Cycle
    ]


def _margin_words(found: PriceMargin) -> str:
    words = {"cost": round_money(found.cost, precision=found.price.currency.precision), "margin": found.margin.percent}
    if found.margin.percent is None:
        return _("Costs %(cost)s.") % words
    return _("Costs %(cost)s, margin %(margin)s %%.") % words
