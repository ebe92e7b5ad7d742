"""The prices of an option on the page of its product: one line for each period that the product is sold for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import INPUT_CLASSES

from catalog.checks import PriceValues
from catalog.models import Currency, Cycle
from catalog.money import round_money

Cells = Mapping[str, tuple[str, str]]  # "EUR-MONTHLY" → price and setup fee as they were typed


@dataclass(frozen=True, slots=True)
class GridRow:
    """A period in a currency."""

    currency: Currency
    cycle: Cycle

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
    """A table of inputs; its field knows the rows."""

    template_name = "admin/catalog/price_grid.html"
    rows: Sequence[GridRow] = ()

    class Media:
        css = {"all": ["css/price_grid.css"]}

    def get_context(self, name: str, value: Cells | None, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["rows"] = [
            {"words": row.words, "inputs": self._inputs_of(name, row, (value or {}).get(row.code, ("", "")))}
            for row in self.rows
        ]
        context["widget"]["input_class"] = " ".join(INPUT_CLASSES)
        return context

    def _inputs_of(self, name: str, row: GridRow, typed: tuple[str, str]) -> list[dict[str, str]]:
        labels = (_("Price of one"), _("Setup fee of one"))
        return [
            {"name": f"{name}-{row.code}-{part}", "value": text, "label": f"{label}: {row.words}"}
            for part, text, label in zip(("price", "setup_fee"), typed, labels, strict=True)
        ]

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Cells:
        return {
            row.code: (
                str(data.get(f"{name}-{row.code}-price", "")).strip(),
                str(data.get(f"{name}-{row.code}-setup_fee", "")).strip(),
            )
            for row in self.rows
        }

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
            price, setup_fee = value.get(row.code, ("", ""))
            if not price and not setup_fee:
                continue
            try:
                found.append(PriceValues(row.currency, row.cycle.value, *map(_read_amount, (price, setup_fee or "0"))))
            except ValidationError as error:
                faults += [f"{row.words}: {message}" for message in error.messages]
        if faults:
            raise ValidationError(faults)
        return found

    def has_changed(self, initial: Cells | None, data: Cells | None) -> bool:
        shown = {code: texts for code, texts in (data or {}).items() if any(texts)}
        return shown != dict(initial or {})


def _read_amount(text: str) -> Decimal:
    if not text:
        raise ValidationError(_("Enter the price too, 0 for none."))
    amount: Decimal = forms.DecimalField(max_digits=19, decimal_places=4, min_value=0).clean(text)
    return amount
