"""YAML to entries: every fault is told with the path that leads to it, such as `products[3].prices[0].cycle`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from catalog.models import Currency
from catalog.models.wording import TranslationsField
from catalog.portable.shape import FORMAT, GROUPS, LINKS, PRODUCTS, VERSION, Entry, Section
from catalog.portable.writing import Catalog
from noc.models import ServerGroup

NULL_TAG: Final = "tag:yaml.org,2002:null"
FLAGS: Final = {"true": True, "false": False}


class CatalogFileInvalid(Exception):
    """The file cannot be read in; `errors` are lines of "path: message". Nothing was changed."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


def read_catalog(text: str) -> Catalog:
    """The entries of a file, each value of the type and within the limits of its column. Raises CatalogFileInvalid."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader that knows fewer types
    except (yaml.YAMLError, RecursionError) as error:
        raise CatalogFileInvalid([_("This is not a YAML file: %(error)s") % {"error": error}]) from error
    reader = _Reader()
    catalog = reader.read_document(document)
    if reader.errors:
        raise CatalogFileInvalid(reader.errors)
    return catalog


class _Loader(yaml.SafeLoader):
    """All scalars are text but null: 55227 stays a Product ID, 5.00 an exact amount, `no` a word."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [name.value for name, _value in node.value if isinstance(name, yaml.ScalarNode)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"{', '.join(twice)} is there twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag == NULL_TAG]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Reader:
    """Collects faults while it reads, so that one look tells all of them."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.currencies = set(Currency.objects.values_list("code", flat=True))
        self.server_groups = set(ServerGroup.objects.values_list("name", flat=True))

    def read_document(self, document: Any) -> Catalog:
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            self.fault("format", _("A catalog file begins with “format: %(format)s”.") % {"format": FORMAT})
            return Catalog([], [])
        if document.get("version") != str(VERSION):
            self.fault("version", _("This portal reads version %(version)s.") % {"version": VERSION})
            return Catalog([], [])
        for name in document:
            if name not in ("format", "version", "groups", "products"):
                self.fault(str(name), _("There is no such entry."))
        return Catalog(
            groups=self.read_list(GROUPS, document.get("groups"), "groups"),
            products=self.read_list(PRODUCTS, document.get("products"), "products"),
        )

    def read_list(self, section: Section, found: Any, path: str) -> list[Entry]:
        if found is None:
            return []
        if not isinstance(found, list):
            self.fault(path, _("This has to be a list."))
            return []
        entries: list[Entry] = []
        seen: set[tuple[str, ...]] = set()
        for index, row in enumerate(found):
            entry = self.read_entry(section, row, f"{path}[{index}]")
            if entry is not None and entry.key in seen:
                self.fault(entry.path, _("%(words)s is there twice.") % {"words": entry.words})
            elif entry is not None:
                seen.add(entry.key)
                entries.append(entry)
        return entries

    def read_entry(self, section: Section, row: Any, path: str) -> Entry | None:
        if not isinstance(row, dict):
            self.fault(path, _("This has to be an entry with names and values."))
            return None
        for name in row:
            if name not in section.allowed:
                self.fault(f"{path}.{name}", _("There is no such entry."))
        before = len(self.errors)
        key = tuple(self.read_key(section, name, row, f"{path}.{name}") for name in section.key)
        values = {
            name: self.read_value(section, name, row[name], f"{path}.{name}") for name in section.fields if name in row
        }
        parts = {
            part.name: self.read_list(part, row[part.name], f"{path}.{part.name}")
            for part in section.parts
            if part.name in row
        }
        return Entry(section, key, values, parts, path) if len(self.errors) == before else None

    def read_key(self, section: Section, name: str, row: Mapping[Any, Any], path: str) -> str:
        if name not in row:
            self.fault(path, _("This is missing."))
            return ""
        if name == "group":
            return str(self.clean(GROUPS.model._meta.get_field("slug"), row[name], path))
        if name == "currency":
            if row[name] not in self.currencies:
                self.fault(path, _("There is no currency “%(name)s”.") % {"name": row[name]})
            return str(row[name])
        return str(self.clean(section.model._meta.get_field(name), row[name], path))

    def read_value(self, section: Section, name: str, found: Any, path: str) -> Any:
        if name in LINKS:
            return self.read_links(found, path)
        if name == "server_group":
            if found is not None and found not in self.server_groups:
                self.fault(path, _("There is no server group “%(name)s”.") % {"name": found})
            return found
        return self.clean(section.model._meta.get_field(name), found, path)

    def read_links(self, found: Any, path: str) -> list[str]:
        rows = [] if found is None else found
        if not isinstance(rows, list):
            self.fault(path, _("This has to be a list."))
            return []
        for index, row in enumerate(rows):
            if not isinstance(row, str) or row.count("/") != 1:
                self.fault(f"{path}[{index}]", _("Write group/product, as in their addresses."))
        return sorted({row for row in rows if isinstance(row, str)})

    def clean(self, field: Any, found: Any, path: str) -> Any:
        """A scalar of the file as the column's own type, checked by the column's own rules."""
        if isinstance(field, models.JSONField):
            return self.clean_json(field, found, path)
        faults = list(_find_text_faults(found))
        if faults:
            self.errors += [f"{path}: {fault}" for fault in faults]
            return None
        try:
            return field.clean(_convert(field, found), None)
        except ValidationError as error:
            self.errors += [f"{path}: {message}" for message in error.messages]
            return None

    def clean_json(self, field: Any, found: Any, path: str) -> Any:
        """A flat list or mapping, such as days before due by cycle."""
        shape = field.default()
        if not isinstance(found, type(shape)):
            words = _("This has to be a list.") if shape == [] else _("This has to be an entry with names and values.")
            self.fault(path, words)
            return shape
        before = len(self.errors)
        rows = found.items() if isinstance(found, dict) else enumerate(found)
        for name, value in rows:
            self.errors += [f"{path}.{name}: {fault}" for fault in _find_text_faults(value)]
        if len(self.errors) > before:
            return shape
        if isinstance(found, dict) and not isinstance(field, TranslationsField):
            found = {name: _number(value) for name, value in found.items()}
        try:
            return field.clean(found, None)
        except ValidationError as error:
            self.errors += [f"{path}: {message}" for message in error.messages]
            return shape

    def fault(self, path: str, message: str) -> None:
        self.errors.append(f"{path}: {message}")


def _number(text: str | None) -> int | str | None:
    """The whole number that is written; what is none stays, for the column's own rules to refuse."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else text


def _find_text_faults(found: Any) -> Iterator[str]:
    if found is not None and not isinstance(found, str):
        yield _("This has to be a single value.")
    elif found and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in found):
        yield _("Remove the characters that cannot be stored.")


def _convert(field: Any, found: str | None) -> Any:
    if found is None:
        return None if field.null else ""
    if isinstance(field, models.BooleanField):
        if found not in FLAGS:
            raise ValidationError(_("Write true or false."))
        return FLAGS[found]
    if isinstance(field, models.DecimalField | models.IntegerField) and (
        not found.isascii() or found != found.strip() or "_" in found or "e" in found.lower() or "n" in found.lower()
    ):
        raise ValidationError(_("Write a plain number, such as 5 or 5.00."))
    return found
