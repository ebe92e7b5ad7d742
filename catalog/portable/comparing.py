"""What a file would change of what is stored, told like a diff."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from catalog.portable.shape import GROUPS, LINKS, OPTIONS, PRODUCTS, Entry, Section
from catalog.portable.writing import Catalog

Sign = Literal["+", "~", "-"]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the plan. `path` leads to the file, "" for what the file leaves out; `top` is the key it is under."""

    sign: Sign
    path: str
    top: tuple[str, tuple[str, ...]]
    words: str

    def __str__(self) -> str:
        return f"{self.sign} {self.words}"


def find_changes(stored: Catalog, wanted: Catalog, *, prune: bool) -> list[Change]:
    """Everything in which the file says otherwise; what it leaves out counts only with `prune`."""
    changes = list(_compare_lists(GROUPS, stored.groups, wanted.groups, prune, ""))
    return [*changes, *_compare_lists(PRODUCTS, stored.products, wanted.products, prune, "")]


def _compare_lists(
    section: Section, stored: Sequence[Entry], wanted: Sequence[Entry], prune: bool, above: str
) -> Iterator[Change]:
    known, keys = {entry.key: entry for entry in stored}, {entry.key for entry in wanted}
    for entry in wanted:
        name = f"{above}{section.name} {entry.words}"
        top = (section.name, entry.key)
        if entry.key not in known:
            yield Change("+", entry.path, top, name)
        else:
            yield from _compare(known[entry.key], entry, prune, name, top)
    for entry in stored:
        if prune and entry.key not in keys and is_offered(entry):
            yield Change("-", "", (section.name, entry.key), f"{above}{section.name} {entry.words}: {_ends(section)}")


def _compare(
    stored: Entry, wanted: Entry, prune: bool, name: str, top: tuple[str, tuple[str, ...]]
) -> Iterator[Change]:
    for field, value in wanted.values.items():
        present = stored.values[field]
        if field in LINKS and not prune:
            value = sorted({*present, *value})
        if present != value:
            yield Change("~", f"{wanted.path}.{field}", top, f"{name} {field}: {_show(present)} → {_show(value)}")
    for part in wanted.section.parts:
        if part.name in wanted.parts:
            rows = _compare_lists(part, stored.parts[part.name], wanted.parts[part.name], prune, f"{name} ")
            yield from (Change(row.sign, row.path, top, row.words) for row in rows)


def is_offered(entry: Entry) -> bool:
    """Whether leaving it out can take something off sale. Custom fields hold values of clients: they always stay."""
    if entry.section is PRODUCTS:
        return not entry.values["is_retired"]
    if entry.section in (GROUPS, OPTIONS):
        return not entry.values["is_hidden"]
    return entry.section.name == "prices"


def _ends(section: Section) -> str:
    """What becomes of an entry that the file leaves out."""
    if section is PRODUCTS:
        return "retired"
    return "hidden" if section in (GROUPS, OPTIONS) else "no longer offered"


def _show(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "—"
    return f"“{value}”" if isinstance(value, str) else str(value)
