import pytest

from catalog.actions.custom_fields import find_field_faults, name_field
from catalog.models import CustomField


@pytest.mark.parametrize(
    ("key", "label", "named"),
    [
        ("ip", "IP address", ("ip", "IP address")),
        ("bitninjakey|BitNinja key", "", ("bitninjakey", "BitNinja key")),
        ("bitninjakey|BitNinja key", "Ключ", ("bitninjakey", "Ключ")),
        ("", "bitninjakey|BitNinja key", ("bitninjakey", "BitNinja key")),
        ("ip", "IP | address", ("ip", "IP | address")),
        ("", "Номер договора", ("nomer_dogovora", "Номер договора")),
        ("", "★", ("field", "★")),
        ("ip", "", ("ip", "ip")),
        ("ip|", "", ("ip", "ip")),
        ("", "", ("", "")),
    ],
)
def test_halves_of_a_name_are_found(key: str, label: str, named: tuple[str, str]) -> None:
    assert name_field(key=key, label=label) == named


@pytest.mark.parametrize(
    ("type_", "options", "faults"),
    [("DROPDOWN", "", ["options"]), ("DROPDOWN", " , ", ["options"]), ("DROPDOWN", "a, b", []), ("TEXT", "", [])],
)
def test_a_drop_down_needs_options(type_: str, options: str, faults: list[str]) -> None:
    field = CustomField(key="size", label="Size", type=type_, options=options)
    assert [name for name, _message in find_field_faults(field)] == faults
