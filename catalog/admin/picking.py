"""A select that is searched on the server, as for catalogs of any size."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelectMultiple

LONGEST = 18


class ProductPicker(AutocompleteSelectMultiple):
    """The admin's own, which asks the database for anything that is sent, numbers or not."""

    def optgroups(self, name: str, value: Iterable[Any], attr: dict[str, Any] | None = None) -> Any:
        numbers = [each for each in map(str, value) if each.isascii() and each.isdecimal() and len(each) <= LONGEST]
        return super().optgroups(name, numbers, attr)
