"""Forms in the back office's clothes, and dialogs without one."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    TEXTAREA_CLASSES,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

_CLASSES: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (forms.widgets.Input, INPUT_CLASSES),
)


class BackOfficeForm(forms.Form):
    """A form whose widgets look like the rest of the back office; without fields it only asks for a yes."""

    def __init__(
        self,
        *arguments: Any,
        more: Mapping[str, forms.Field] | None = None,
        headings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """`more`: fields that depend on the object. `headings`: the words above the field that each stands before."""
        super().__init__(*arguments, **options)
        self.headings = headings or {}
        self.fields.update(more or {})
        self.order_fields(self.field_order)
        for index, field in enumerate(self.fields.values()):
            dress(field)
            if index == 0 and not isinstance(field.widget, UnfoldAdminRadioSelectWidget):
                field.widget.attrs["autofocus"] = True

    def sections(self) -> Sequence[tuple[Any, Sequence[forms.BoundField]]]:
        """The fields in their order, under the heading that stands before them: "" where none does."""
        found: list[tuple[Any, list[forms.BoundField]]] = []
        for field in self:
            if not found or field.name in self.headings:
                found.append((self.headings.get(field.name, ""), []))
            found[-1][1].append(field)
        return found


def dress(field: forms.Field) -> None:
    """Gives a field of any form the widget or the classes of the back office."""
    if isinstance(field.widget, forms.Select) and not isinstance(field.widget, UnfoldAdminRadioSelectWidget):
        widget = UnfoldAdminSelectWidget(choices=getattr(field, "choices", field.widget.choices))
        widget.is_required = field.required
        field.widget = widget
        return
    for kind, classes in _CLASSES:
        if isinstance(field.widget, kind):
            field.widget.attrs["class"] = " ".join(classes)
            return
