"""Texts of the catalog in more languages than one (P18): a row's own texts, and beside them their translations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _


def other_languages() -> list[str]:
    """Codes of the portal's languages but the one that rows' own texts are written in."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE.partition("-")[0]]


class TranslationsField(models.JSONField):
    """{"name_ru": "Лицензия"}: translations of the row's own columns `texts`, those that are there.

    The columns themselves are in the portal's own language. Their limits hold for translations too.
    """

    def __init__(self, *args: Any, texts: Sequence[str] = (), **options: Any) -> None:
        self.texts = tuple(texts)
        options = {"verbose_name": gettext_lazy("translations"), "default": dict, "blank": True, **options}
        super().__init__(*args, **options)

    @property
    def keys(self) -> list[str]:
        """What there can be: `name_ru` and so on, language by language."""
        return [f"{name}_{language}" for language in other_languages() for name in self.texts]

    def title_of(self, key: str) -> str:
        """`Russian: name`."""
        language = key.rpartition("_")[2]
        words = {"language": get_language_info(language)["name_translated"], "text": self.column_of(key).verbose_name}
        return _("%(language)s: %(text)s") % words

    def column_of(self, key: str) -> "models.Field[Any, Any]":
        """The column that `key` translates."""
        column = self.model._meta.get_field(key.rpartition("_")[0])
        assert isinstance(column, models.Field)
        return column

    def clean(self, value: Any, model_instance: models.Model | None) -> dict[str, str]:
        """Without spaces around them, empty ones left out. Raises ValidationError with each key in its message."""
        if not isinstance(value, Mapping):
            raise ValidationError(_("This has to be an entry with names and values."))
        if faults := list(self._find_faults(value)):
            raise ValidationError(faults)
        return {key: text.strip() for key, text in value.items() if text.strip()}

    def _find_faults(self, value: Mapping[Any, Any]) -> Iterator[str]:
        # A translation into what is the own language today may be left from before that changed.
        known = {f"{name}_{language}" for language, _name in settings.LANGUAGES for name in self.texts}
        for key, text in value.items():
            if key not in known:
                yield _("%(key)s: there is no such text.") % {"key": key}
            elif not isinstance(text, str):
                yield _("%(text)s: this has to be a text.") % {"text": self.title_of(key)}
            elif (most := self.column_of(key).max_length) and len(text.strip()) > most:
                yield _("%(text)s: at most %(most)s characters.") % {"text": self.title_of(key), "most": most}


class Words:
    """A row's texts in the active language: `product.words.name`."""

    __slots__ = ("_row",)

    def __init__(self, row: "Worded") -> None:
        self._row = row

    def __getattr__(self, name: str) -> str:
        row = self._row
        if name not in row.translated_texts():
            raise AttributeError(name)
        language = (get_language() or "").partition("-")[0]
        return row.translations.get(f"{name}_{language}") or row.own_text(name)


class Worded(models.Model):
    """A row whose texts people read in their own language through `words`; its columns are what staff edit."""

    translations: "models.JSONField[Any, Any]"

    class Meta:
        abstract = True

    @property
    def words(self) -> Words:
        """The texts in the active language, in the own one where nobody has translated them."""
        return Words(self)

    @classmethod
    def translated_texts(cls) -> tuple[str, ...]:
        """Names of the columns that can be translated."""
        field = cls._meta.get_field("translations")
        assert isinstance(field, TranslationsField)
        return field.texts

    def own_text(self, name: str) -> str:
        """What is read where there is no translation."""
        return str(getattr(self, name))


class WordedByPortal(Worded):
    """The same for rows that the portal makes itself: what it wrote it can translate too."""

    class Meta:
        abstract = True

    def own_text(self, name: str) -> str:
        text = super().own_text(name)
        return _(text) if text else ""
