"""A color that may be left out: typed, or picked beside it."""

from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES


class ColorWidget(forms.TextInput):
    """A text input with the system's picker beside it; the picker alone could not say *none*."""

    template_name = "admin/catalog/color.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        classes = " ".join([*INPUT_CLASSES, "color-text"])
        super().__init__({"class": classes, "placeholder": "#0a7d78", **(attrs or {})})
