"""Prices as a table of inputs: one line for each period and currency that something may be sold for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import INPUT_CLASSES

from catalog.checks import PriceValues
from catalog.models import Currency, Cycle, OptionPrice, Price
from catalog.money import round_money


class Cell(NamedTuple):
    """Price and setup fee of a line as they were typed, and whether it is offered."""

    price: str = ""
    setup_fee: str = ""
    is_offered: bool = False


Cells = Mapping[str, Cell]  # "EUR-MONTHLY" → what stands there


@dataclass(frozen=True, slots=True)
class GridRow:
    """A period in a currency; `why_not` says why the partner does not sell it, `remark` what else there is to know."""

    currency: Currency
    cycle: Cycle
    why_not: str = ""
    remark: str = ""

    @property
    def code(self) -> str:
        """Its part of the names of inputs."""
        return f"{self.currency.pk}-{self.cycle.value}"

    @property
    def words(self) -> str:
        """`Monthly, EUR`."""
        return f"{self.cycle.label}, {self.currency.pk}"

    def show(self, amount: Decimal) -> str:
        """The amount with the decimals of the currency."""
        return str(round_money(amount, precision=self.currency.precision))


class PriceGrid(forms.Widget):
    """A table of inputs; its field knows the rows. A row with anything typed is offered."""

    template_name = "admin/catalog/price_grid.html"
    rows: Sequence[GridRow] = ()

    class Media:
        css = {"all": ["css/price_grid.css"]}

    def get_context(self, name: str, value: Cells | None, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["rows"] = [self.describe(name, row, (value or {}).get(row.code, Cell())) for row in self.rows]
        context["widget"]["input_class"] = " ".join(INPUT_CLASSES)
        return context

    def describe(self, name: str, row: GridRow, cell: Cell) -> dict[str, Any]:
        """What the template reads of a row."""
        labels = (_("Price of one"), _("Setup fee of one"))
        return {
            "words": row.words,
            "inputs": [
                {"name": f"{name}-{row.code}-{part}", "value": text, "label": f"{label}: {row.words}"}
                for part, text, label in zip(("price", "setup_fee"), cell, labels, strict=False)
            ],
        }

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Cells:
        return {row.code: self.read_row(data, f"{name}-{row.code}") for row in self.rows}

    def read_row(self, data: Mapping[str, Any], name: str) -> Cell:
        """What was sent for a row."""
        price, setup_fee = (str(data.get(f"{name}-{part}", "")).strip() for part in ("price", "setup_fee"))
        return Cell(price, setup_fee, bool(price or setup_fee))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""


class PriceGridField(forms.Field):
    """Cleans to a list of PriceValues; a period without a price is not offered."""

    widget = PriceGrid

    def set_rows(self, rows: Sequence[GridRow]) -> None:
        """What there is a line for."""
        self.rows = self.widget.rows = rows

    def clean(self, value: Cells) -> list[PriceValues]:
        found, faults = [], []
        for row in self.rows:
            cell = value.get(row.code, Cell())
            if not cell.is_offered:
                continue
            try:
                amounts = map(_read_amount, (cell.price, cell.setup_fee or "0"))
                found.append(PriceValues(row.currency, row.cycle.value, *amounts))
            except ValidationError as error:
                faults += [f"{row.words}: {message}" for message in error.messages]
        if faults:
            raise ValidationError(faults)
        return found

    def has_changed(self, initial: Cells | None, data: Cells | None) -> bool:
        return _offered(initial) != _offered(data)


def stored_cells(rows: Iterable[GridRow], prices: Iterable[Price | OptionPrice]) -> dict[str, Cell]:
    """What a table of prices starts with."""
    known = {(row.currency.pk, row.cycle.value): row for row in rows}
    return {
        row.code: Cell(row.show(price.price), row.show(price.setup_fee), is_offered=True)
        for price in prices
        if (row := known.get((price.currency_id, price.cycle)))
    }


def _offered(cells: Cells | None) -> dict[str, Cell]:
    return {code: cell for code, cell in (cells or {}).items() if cell.is_offered}


def _read_amount(text: str) -> Decimal:
    if not text:
        raise ValidationError(_("Enter the price too, 0 for none."))
    amount: Decimal = forms.DecimalField(max_digits=19, decimal_places=4, min_value=0).clean(text)
    return amount
