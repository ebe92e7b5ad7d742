"""On-demand renewals (P9) as one number for each cycle, instead of the JSON that is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES

from catalog.models import Cycle
from catalog.renewal_windows import MOST_DAYS, RENEWED_CYCLES


class WindowDaysWidget(forms.MultiWidget):
    """A number of days beside the name of each cycle."""

    template_name = "admin/catalog/window_days.html"

    class Media:
        css = {"all": ["css/price_grid.css"]}

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        inputs: dict[str, forms.Widget | type[forms.Widget]] = {
            cycle.value: forms.NumberInput(
                attrs={"class": " ".join(INPUT_CLASSES), "min": 0, "max": MOST_DAYS, "inputmode": "numeric"}
            )
            for cycle in RENEWED_CYCLES
        }
        super().__init__(inputs, attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for cycle, each in zip(RENEWED_CYCLES, context["widget"]["subwidgets"], strict=True):
            each["words"] = cycle.label
        return context

    def decompress(self, value: Mapping[str, int] | None) -> list[int]:
        return [(value or {}).get(cycle.value, 0) for cycle in RENEWED_CYCLES]


class WindowDaysField(forms.MultiValueField):
    """Cleans to {"MONTHLY": 10}: cycles without days are left out, as `catalog.renewal_windows` wants it."""

    widget = WindowDaysWidget

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault(
            "help_text", gettext_lazy("So many days before its due date a service can be renewed; 0: never.")
        )
        numbers = tuple(
            forms.IntegerField(min_value=0, max_value=MOST_DAYS, required=False) for _cycle in RENEWED_CYCLES
        )
        super().__init__(numbers, require_all_fields=False, **options)

    def clean(self, value: Sequence[Any]) -> dict[str, int]:
        """Raises ValidationError with the cycle in front of each message."""
        days: dict[str, int] = {}
        faults: list[str] = []
        for cycle, number, typed in zip(RENEWED_CYCLES, self.fields, value or (), strict=False):
            try:
                count = number.clean(typed)
            except ValidationError:
                words = {"cycle": Cycle(cycle).label, "most": MOST_DAYS}
                faults.append(_("%(cycle)s: enter whole days from 0 to %(most)s.") % words)
            else:
                days |= {cycle.value: count} if count else {}
        if faults:
            raise ValidationError(faults)
        return days

    def compress(self, data_list: Sequence[Any]) -> dict[str, int]:
        """Not reached: `clean` has the whole of it."""
        raise NotImplementedError

    def has_changed(self, initial: Mapping[str, int] | None, data: Sequence[Any] | None) -> bool:
        known = {cycle: count for cycle, count in (initial or {}).items() if count}
        try:
            return known != self.clean(data or ())
        except ValidationError:
            return True
