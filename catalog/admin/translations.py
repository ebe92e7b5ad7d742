"""Translations of a row's texts (P18) as an input for each, instead of the JSON that is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES

from catalog.models import Worded
from catalog.models.wording import TranslationsField


def translated_words(row: Worded) -> str:
    """What is translated, for those who may only look: `Russian: name: Лицензия`, a line each."""
    field = row._meta.get_field("translations")
    assert isinstance(field, TranslationsField)
    return "\n".join(f"{field.title_of(key)}: {row.translations[key]}" for key in field.keys if key in row.translations)


class TranslationsWidget(forms.MultiWidget):
    """The inputs, each under what it translates."""

    template_name = "admin/catalog/translations.html"

    def __init__(self, field: TranslationsField, attrs: dict[str, Any] | None = None) -> None:
        self.field = field
        super().__init__({key: self._input(key) for key in field.keys}, attrs)

    def _input(self, key: str) -> forms.Widget:
        column, language = self.field.column_of(key), key.rpartition("_")[2]
        if isinstance(column, models.TextField):
            return forms.Textarea(attrs={"class": " ".join(TEXTAREA_CLASSES), "rows": 3, "lang": language})
        limits = {"maxlength": column.max_length} if column.max_length else {}
        return forms.TextInput(attrs={"class": " ".join(INPUT_CLASSES), "lang": language, **limits})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for key, each in zip(self.field.keys, context["widget"]["subwidgets"], strict=True):
            each["words"] = self.field.title_of(key)
        return context

    def decompress(self, value: Mapping[str, str] | None) -> list[str]:
        return [(value or {}).get(key, "") for key in self.field.keys]


class TranslationsInput(forms.MultiValueField):
    """Cleans to {"name_ru": "Лицензия"} by the rules of the model's own field. Nothing is required."""

    def __init__(self, model: type[Worded], **options: Any) -> None:
        field = model._meta.get_field("translations")
        assert isinstance(field, TranslationsField)
        self.kept = field
        options = {
            "label": _("In other languages"),
            "help_text": _("What is left empty is shown as it stands above."),
            "required": False,
            "widget": TranslationsWidget(field),
            **options,
        }
        inputs = tuple(forms.CharField(required=False) for _key in field.keys)
        super().__init__(inputs, require_all_fields=False, **options)

    def clean(self, value: Sequence[str] | None) -> dict[str, str]:
        """Raises ValidationError with what it is about in front of each message."""
        return self.kept.clean(self._named(value), None)

    def compress(self, data_list: Sequence[Any]) -> dict[str, str]:
        """Not reached: `clean` has the whole of it."""
        raise NotImplementedError

    def has_changed(self, initial: Mapping[str, str] | None, data: Sequence[str] | None) -> bool:
        try:
            return self.clean(data) != {key: text for key, text in (initial or {}).items() if key in self.kept.keys}
        except ValidationError:
            return True

    def _named(self, value: Sequence[str] | None) -> dict[str, str]:
        texts = value or [""] * len(self.fields)
        return {key: (text or "").replace("\r\n", "\n") for key, text in zip(self.kept.keys, texts, strict=True)}
