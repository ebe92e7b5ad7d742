"""Custom fields on the page of their product (P11): `key|Label` in either input, the inputs that fit the type."""

from typing import Any, Final

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.widgets import INPUT_CLASSES

from catalog.actions.custom_fields import find_field_faults, name_field
from catalog.admin.translations import TranslationsInput
from catalog.models import CustomField

PLAIN: Final = {"class": " ".join(INPUT_CLASSES)}


class CustomFieldForm(forms.ModelForm):  # type: ignore[type-arg]
    """A field. `sample` is only tried against the validation, never kept."""

    # Longer than a key: a whole `key|Label` may be pasted.
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=220,
        help_text=_("What the module reads. A pasted key|Label fills both."),
        widget=forms.TextInput(attrs={**PLAIN, "autocapitalize": "none", "spellcheck": "false"}),
    )
    label = forms.CharField(
        label=_("Label"),
        required=False,
        max_length=220,
        widget=forms.TextInput(attrs=PLAIN),
    )
    sample = forms.CharField(
        label=_("Try a value"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={**PLAIN, "autocomplete": "off"}),
    )

    translations = TranslationsInput(CustomField)

    class Meta:
        model = CustomField
        fields = (
            "key",
            "label",
            "type",
            "description",
            "translations",
            "validation",
            "options",
            "is_required",
            "is_admin_only",
            "is_on_order_form",
            "is_on_invoice",
            "is_secret",
            "position",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "options" in self.fields:
            self.fields["options"].widget.attrs["rows"] = 2
            self.fields["sample"].widget.attrs["data-pattern-sample"] = reverse("admin:catalog_product_sample")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        key, label = name_field(key=cleaned.get("key", ""), label=cleaned.get("label", ""))
        if not key and not self.errors:
            self.add_error("label", _("Give the field a name."))
        return {**cleaned, "key": key, "label": label}

    def _post_clean(self) -> None:
        """The field as it would be saved is there only after the model's own checks."""
        super()._post_clean()  # type: ignore[misc]
        for name, message in find_field_faults(self.instance):
            if name in self.fields and name not in self.errors:
                self.add_error(name, message)


class CustomFieldInline(StackedInline):  # type: ignore[misc]
    """Folded to a line each; dragged into order, or ordered by number."""

    model = CustomField
    form = CustomFieldForm
    extra = 0
    ordering = ["position", "id"]
    ordering_field = "position"
    collapsible = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("key", "label"),
                    ("type", "position"),
                    "description",
                    "options",
                    ("validation", "sample"),
                    ("is_required", "is_on_order_form", "is_on_invoice"),
                    ("is_admin_only", "is_secret"),
                    "translations",
                ]
            },
        )
    ]
