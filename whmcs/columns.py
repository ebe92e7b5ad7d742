"""Which column of the old module's table means what. Its layout was never published: guessed by name, or told."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

from catalog.field_names import simplify
from whmcs.tables import Table

# What we need to know → names it may have, likeliest first, letters and digits only.
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "service": ("serviceid", "service", "hostingid", "relid", "whmcsid", "whmcsserviceid", "accountid", "hosting"),
    "remote_id": (
        *("licid", "licenseid", "licenceid", "remoteid", "ispsystemid", "nocid", "elid", "licenseelid", "lic"),
        *("license", "orderid", "itemid", "billid"),
    ),
    "ip": ("ip", "licip", "licenseip", "ipaddress", "dedicatedip"),
    "licname": ("licname", "licensename", "name"),
    "email": ("email", "clientemail", "mail"),
    "ours": ("ours", "nocdeskid", "newserviceid"),
}
REQUIRED: Final = ("service", "remote_id")


class ColumnsUnknown(Exception):
    """Columns must be named before anything can be read; the text says which, and what there is."""


def map_columns(table: Table, told: Mapping[str, str]) -> dict[str, str]:
    """Role → column; roles that no column fits are left out. `told` wins over guesses. Raises ColumnsUnknown."""
    faults = [_("There is no role “%(role)s”.") % {"role": role} for role in told if role not in ROLES]
    faults += [
        _("There is no column “%(column)s”.") % {"column": name} for name in told.values() if name not in table.columns
    ]
    by_name = {simplify(column): column for column in reversed(table.columns)}
    mapped = dict(told)
    for role, names in ROLES.items():
        free = (by_name[name] for name in names if name in by_name and by_name[name] not in mapped.values())
        if role not in mapped and (column := next(free, "")):
            mapped[role] = column
    faults += [
        _("Which column is %(role)s? Say --column %(role)s=…") % {"role": r} for r in REQUIRED if r not in mapped
    ]
    if faults:
        columns = _("Columns of %(table)s: %(columns)s.") % {"table": table.name, "columns": ", ".join(table.columns)}
        raise ColumnsUnknown(" ".join([*faults, columns]))
    return mapped


def sample(table: Table, *, count: int = 3) -> Sequence[Mapping[str, str]]:
    """The first rows, with what may be a secret left out."""
    return [{column: shown(column, row.get(column, "")) for column in table.columns} for row in table.rows[:count]]


def shown(column: str, value: str) -> str:
    """A value as a report may show it: keys and passwords never."""
    name = simplify(column)
    return "***" if value and (name.endswith("key") or "pass" in name or "secret" in name) else value[:80]
