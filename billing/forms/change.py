"""A client changes what a license is bound to."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext

from billing.queries.services import FieldRow


class ChangeServiceForm(forms.Form):
    """One input for each of `rows`: the changeable fields of the service as they are now."""

    half_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *arguments: Any, rows: Sequence[FieldRow], **options: Any):
        super().__init__(*arguments, **options)
        for row in rows:
            attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
            if row.key == "ip":
                attrs |= {"inputmode": "decimal", "class": "mono-input"}
            self.fields[row.key] = forms.CharField(
                label=gettext(row.label) if row.label else row.key,
                max_length=255,
                required=row.key == "ip",
                initial=row.value,
                widget=forms.TextInput(attrs=attrs),
            )

    @property
    def summary_forms(self) -> list[forms.BaseForm]:
        """What the list of errors on top covers."""
        return [self]

    def add_errors(self, errors: Mapping[str, list[str]]) -> None:
        """Puts the messages of an action beside their fields; the rest goes on top."""
        for key, messages in errors.items():
            for message in messages:
                self.add_error(key if key in self.fields else None, message)
