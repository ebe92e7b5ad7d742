"""Services as the old installation knows them: the module's table, the custom fields and the clients, put together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from whmcs.old_fields import ADDON, OldField, OldValues, find_tariff_id, read_values
from whmcs.tables import Row, Tables, rows_of

MAIN_TABLE: Final = "ispsystem_noc"
WANTED: Final = frozenset(
    {MAIN_TABLE, "tblhosting", "tblhostingaddons", "tblclients", "tblproducts", "tbladdons"}
    | {"tblcustomfields", "tblcustomfieldsvalues"}
)
ENDED: Final = frozenset({"terminated", "cancelled", "fraud", "completed"})


@dataclass(frozen=True, slots=True)
class OldService:
    """One service of the old installation; what it does not say is "".

    `numbers` are all different numbers at the partner that its records name: only one can be right.
    """

    key: str
    numbers: tuple[str, ...] = ()
    email: str = ""
    status: str = ""
    tariff_id: str = ""
    ours: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()

    @property
    def is_ended(self) -> bool:
        return self.status.casefold() in ENDED


def read_old_services(tables: Tables, columns: Mapping[str, str], fields: Sequence[OldField]) -> list[OldService]:
    """Every service that the module's table or a custom field names, in the order of their numbers."""
    links: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(tables, MAIN_TABLE):
        links[tidy_key(row.get(columns.get("service", ""), ""))].append(row)
    links.pop("", None)
    values = read_values(tables, fields)
    accounts = Accounts(tables)
    keys = sorted({*links, *values}, key=lambda key: (key.startswith(ADDON), len(key), key))
    return [build(key, links[key], columns, values.get(key, OldValues()), accounts) for key in keys]


def tidy_key(text: str) -> str:
    """`77`; the module's own spelling `l77` is the same; `a5` is an addon."""
    text = text.strip().casefold()
    return text.removeprefix("l") if text[:1] == "l" and text[1:].isdecimal() else text


def build(
    key: str, links: Sequence[Row], columns: Mapping[str, str], old: OldValues, accounts: "Accounts"
) -> OldService:
    """What all sources say of one service; the module's table is believed before the fields."""
    told = {
        role: next((text for row in links if (text := row.get(column, "").strip())), "")
        for role, column in columns.items()
    }
    hosting = accounts.row(key)
    values = {name: told[name] for name in ("ip", "licname") if told.get(name)} | dict(old.values)
    if hosting.get("dedicatedip"):
        values.setdefault("ip", hosting["dedicatedip"].strip())
    numbers = [row.get(columns.get("remote_id", ""), "").strip() for row in links]
    numbers += [values.get("order_id", ""), values.get("lickey", "").partition("-")[0]]
    return OldService(
        key=key,
        numbers=tuple(dict.fromkeys(number for number in numbers if number.isdecimal() and int(number))),
        email=(told.get("email") or accounts.email(hosting)).casefold(),
        status=hosting.get("domainstatus") or hosting.get("status") or "",
        tariff_id=accounts.tariff_id(key, hosting),
        ours=told.get("ours", ""),
        values=values,
        conflicts=tuple(old.conflicts),
    )


class Accounts:
    """Services, addons, clients and products by number."""

    def __init__(self, tables: Tables) -> None:
        self.services = {row.get("id", ""): row for row in rows_of(tables, "tblhosting")}
        self.addons = {row.get("id", ""): row for row in rows_of(tables, "tblhostingaddons")}
        self.emails = {row.get("id", ""): row.get("email", "").strip() for row in rows_of(tables, "tblclients")}
        self.products = {row.get("id", ""): find_tariff_id(row) for row in rows_of(tables, "tblproducts")}
        self.addon_products = {row.get("id", ""): find_tariff_id(row) for row in rows_of(tables, "tbladdons")}

    def row(self, key: str) -> Row:
        """The row of a service or an addon, empty where it was not given."""
        return self.addons.get(key[1:], {}) if key.startswith(ADDON) else self.services.get(key, {})

    def email(self, row: Row) -> str:
        """Of the client that a row belongs to; old addons name only their service."""
        owner = row.get("userid") or self.services.get(row.get("hostingid", ""), {}).get("userid", "")
        return self.emails.get(owner, "")

    def tariff_id(self, key: str, row: Row) -> str:
        if key.startswith(ADDON):
            return self.addon_products.get(row.get("addonid", ""), "")
        return self.products.get(row.get("packageid", ""), "")
