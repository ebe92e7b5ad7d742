"""Custom fields of WHMCS and their values, brought to the keys that our modules read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalog.field_names import guess_key, split_name
from noc.kinds import get_kind
from noc.kinds.addition import BITNINJA, DDOS_GUARD
from noc.kinds.base import FieldSpec
from noc.kinds.license import FIELDS
from noc.tariffs import built_in
from whmcs.tables import Row, Tables, rows_of

ADDON = "a"  # before the number of an addon, whose numbers are counted apart


@dataclass(frozen=True, slots=True)
class OldField:
    """A field of an old product. `key` is ours, "" where its name means nothing to us; `name` is WHMCS's."""

    id: str
    name: str
    key: str
    is_addon: bool
    is_encrypted: bool

    @property
    def new_name(self) -> str:
        """`key|Label`, as the present module writes it."""
        return f"{self.key}|{split_name(self.name)[1]}" if self.key else self.name


@dataclass(slots=True)
class OldValues:
    """Key → value of one old service, and the keys for which two fields held different values."""

    values: dict[str, str] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)


def read_fields(tables: Tables) -> list[OldField]:
    """Fields of products and addons. A known Product ID tells which keys they can have."""
    tariffs = {("product", row["id"]): find_tariff_id(row) for row in rows_of(tables, "tblproducts") if "id" in row}
    tariffs |= {("addon", row["id"]): find_tariff_id(row) for row in rows_of(tables, "tbladdons") if "id" in row}
    found: list[OldField] = []
    for row in rows_of(tables, "tblcustomfields"):
        owner = row.get("type", "product")
        if owner not in ("product", "addon"):
            continue
        name = row.get("fieldname", "")
        key = guess_key(name, specs_for(tariffs.get((owner, row.get("relid", "")), "")))
        is_encrypted = row.get("fieldtype", "") == "password"
        found.append(OldField(row.get("id", ""), name, key, owner == "addon", is_encrypted))
    return found


def find_tariff_id(row: Row) -> str:
    """The Product ID among a product's module settings, "" where none is one that we know."""
    texts = (value.strip() for column, value in row.items() if column.startswith("configoption"))
    return next((text for text in texts if built_in(text)), "")


def specs_for(tariff_id: str) -> tuple[FieldSpec, ...]:
    """The fields that a Product ID can have; of an unknown one, all that there are."""
    tariff = built_in(tariff_id)
    if tariff:
        return get_kind(tariff.kind).fields_for(tariff_id)
    return tuple({spec.key: spec for spec in (*DDOS_GUARD, *BITNINJA, *FIELDS)}.values())


def read_values(tables: Tables, fields: Iterable[OldField]) -> Mapping[str, OldValues]:
    """Old service (`77`, of addons `a5`) → its values. Of two that differ the newest counts, and both are told of.

    WHMCS encrypts values of password fields with a key of its own: they are left out, the partner shows them again.
    """
    by_id = {field.id: field for field in fields if field.key and not field.is_encrypted}
    written: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows_of(tables, "tblcustomfieldsvalues"):
        known, value = by_id.get(row.get("fieldid", "")), row.get("value", "").strip()
        if known and value:
            service = f"{ADDON if known.is_addon else ''}{row.get('relid', '')}"
            written[service][known.key].append((row.get("updated_at", ""), value))
    found: dict[str, OldValues] = {}
    for service, values in written.items():
        found[service] = OldValues()
        for key, candidates in values.items():
            found[service].values[key] = max(candidates, key=lambda dated: dated[0])[1]
            if len({value for _at, value in candidates}) > 1:
                found[service].conflicts.append(key)
    return found
