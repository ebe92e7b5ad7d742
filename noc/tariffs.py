"""What the partner sells: the live price list, and the built-in table behind it (partner-api.md §6.10, §7, §8)."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from noc.client import PartnerClient
from noc.errors import AuthFailed, ProtocolError, Rejected
from noc.schemas import Tariff, parse_decimal, parse_int
from noc.wire import Node

# The partner's item types → our kinds. Only those in `noc.kinds.KINDS` can be sold.
KIND_OF_ITEM_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {"soft": "license", "softexternal": "software", "addition": "addition", "certificate": "certificate"}
)

TRIAL, LIFETIME, DAILY = -100, 0, -50
MONTHS_OF_CYCLE: Final[Mapping[str, int]] = MappingProxyType(
    {"MONTHLY": 1, "QUARTERLY": 3, "SEMIANNUALLY": 6, "ANNUALLY": 12}
)
SPECIAL_PERIODS: Final[Mapping[str, int]] = MappingProxyType(
    {"trial": TRIAL, "day": DAILY, "daily": DAILY, "lifetime": LIFETIME, "once": LIFETIME, "onetime": LIFETIME}
)

LICENSE_PERIODS: Final = frozenset({1, 12})
MODULE_PERIODS: Final = frozenset({1, 6, 12, TRIAL})
CERTIFICATE_PERIODS: Final = frozenset({12, 24})
ANY_SOFTWARE_PERIODS: Final = frozenset({1, 3, 6, 12, TRIAL})
MONTH_ONLY: Final = frozenset({1})
TRIAL_ONLY: Final = frozenset({TRIAL})

LICENSES: Final = (
    ("55227", "ispmanager 6 lite", LICENSE_PERIODS),
    ("55228", "ispmanager 6 pro", LICENSE_PERIODS),
    ("55229", "ispmanager 6 host", LICENSE_PERIODS),
    ("55230", "ispmanager 6 business", LICENSE_PERIODS),
    ("55239", "ispmanager 6 trial", TRIAL_ONLY),
    ("55240", "ispmanager 6 business trial", TRIAL_ONLY),
    ("3541", "ISPmanager 5 Lite", LICENSE_PERIODS),  # v5 is no longer sold; what there is can be renewed and edited
    ("4601", "ISPmanager 5 Business", LICENSE_PERIODS),
)
SOFTWARE: Final = (
    ("9203", "CloudLinux", MONTH_ONLY),
    ("9204", "Softaculous", MONTH_ONLY),
    ("11738", "KernelCare", MONTH_ONLY),
    ("55391", "BitNinja", ANY_SOFTWARE_PERIODS),  # Russia
    ("55369", "BitNinja", ANY_SOFTWARE_PERIODS),  # rest of the world
)
MODULES: Final = tuple(
    (tariff_id, name, MODULE_PERIODS)
    for tariff_id, name in (
        ("55390", "BitNinja"),  # Russia, to 55379
        ("55377", "Dr.Web lite"),
        ("55378", "Dr.Web pro"),
        ("55379", "Dr.Web host"),
        ("55371", "BitNinja"),  # rest of the world, to 55363
        ("55361", "Dr.Web lite"),
        ("55362", "Dr.Web pro"),
        ("55363", "Dr.Web host"),
        ("23221", "DDoS-Guard"),
    )
)
CERTIFICATES: Final = tuple(
    (tariff_id, name, CERTIFICATE_PERIODS)
    for tariff_ids, name in (
        ("55330 55352", "GlobalSign EV"),
        ("55329 55351", "GlobalSign Organization Wildcard"),
        ("55328 55350", "GlobalSign Organization"),
        ("55327 55349", "GlobalSign Domain Wildcard"),
        ("55326 55348", "GlobalSign Domain"),
        ("55325 55347", "AlphaSSL Wildcard"),
        ("55324 55346", "AlphaSSL"),
        ("55153", "Comodo EV"),
        ("27650", "PositiveSSL Wildcard"),
        ("27648", "PositiveSSL Multi-Domain (3 domains)"),
        ("3033", "Positive SSL"),
        ("2028", "Premium Wildcard"),
        ("2027", "Essential Wildcard"),
        ("2026", "Instant"),
        ("2025", "Essential"),
        ("2023", "DigiCert Secure Site EV"),
        ("2021", "DigiCert Secure Site"),
        ("2020", "GeoTrust True BusinessID Wildcard"),
        ("2019", "GeoTrust True BusinessID"),
        ("2018", "GeoTrust DV"),
        ("2015", "Thawte Web Server EV"),
        ("2014", "Thawte Web Server Wildcard"),
        ("2012", "Thawte Web Server"),
        ("1032", "True BusinessID EV"),
        ("1013", "Thawte SSL123"),
        ("1012", "RapidSSL Wildcard"),
        ("1011", "RapidSSL"),
    )
    for tariff_id in tariff_ids.split()
)
COUNTED: Final = frozenset({"integer", "int", "count", "limit", "2"})  # words for additions ordered by number
ADDONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"55230": ("55236",), "4601": ("4602",)})


def build_table() -> Mapping[str, Tariff]:
    sections = (("license", LICENSES), ("software", SOFTWARE), ("addition", MODULES), ("certificate", CERTIFICATES))
    return MappingProxyType(
        {
            tariff_id: Tariff(
                id=tariff_id,
                kind=kind,
                name=name,
                prices=MappingProxyType({}),
                currency="",
                periods=periods,
                source="built-in",
                addons=ADDONS.get(tariff_id, ()),
            )
            for kind, rows in sections
            for tariff_id, name, periods in rows
        }
    )


BUILT_IN: Final[Mapping[str, Tariff]] = build_table()


def built_in(tariff_id: str) -> Tariff | None:
    """The tariff by the built-in table: names and periods, no prices."""
    return BUILT_IN.get(tariff_id.strip())


def contradicts(shown_name: str, tariff_id: str) -> bool:
    """Does a displayed name clearly mean another tariff of the same kind? Doubt is no: names are worded freely."""
    wanted = built_in(tariff_id)
    shown = name_words(shown_name)
    if wanted is None or not shown or name_words(wanted.name) <= shown:
        return False
    return any(name_words(other.name) <= shown for other in BUILT_IN.values() if other.kind == wanted.kind)


def name_words(name: str) -> frozenset[str]:
    """Words that tell tariffs of a kind apart."""
    letters = "".join(letter if letter.isalnum() else " " for letter in name.replace("Dr.Web", "DrWeb").casefold())
    return frozenset(letters.split()) - {"ispmanager", "ssl", "6", "5"}


def fetch_tariffs(client: PartnerClient) -> list[Tariff]:
    """The live price list of all item types; a type that this account may not read is left out, [] if none is."""
    found: dict[str, Tariff] = {}
    for item_type in KIND_OF_ITEM_TYPE:
        try:
            reply = client.read("pricelist.export", itemtype=item_type)
        except AuthFailed as error:
            if error.type != "access":
                raise
        except (ProtocolError, Rejected):
            continue
        else:
            found |= {tariff.id: tariff for tariff in parse_price_list(reply, item_type)}
    return list(found.values())


def parse_price_list(node: Node, item_type: str) -> list[Tariff]:
    """`pricelist.export` in any format → tariffs; rows of another item type are left out."""
    rows = node.children("pricelist") or node.rows()
    return [tariff for row in rows if (tariff := parse_row(row, item_type)) is not None]


def parse_row(row: Node, item_type: str) -> Tariff | None:
    tariff_id = row.text("id") or row.text("pricelist")
    if not tariff_id or row.text("itemtype", item_type) != item_type:
        return None
    known = built_in(tariff_id)
    prices, currency = parse_prices(row)
    names = (row.text(name) for name in ("name", "intname", "additionintname", "name_ru", "desc"))
    addons = tuple(addon.text("id") for addon in row.children("addon") if is_countable(addon))
    return Tariff(
        id=tariff_id,
        kind=KIND_OF_ITEM_TYPE[item_type],
        name=next(filter(None, names), known.name if known else tariff_id),
        prices=MappingProxyType(prices),
        currency=currency,
        periods=frozenset(prices) or (known.periods if known else frozenset()),
        source="live",
        addons=addons or (known.addons if known else ()),
    )


def parse_prices(row: Node) -> tuple[dict[int, Decimal], str]:
    """Period code → cost, in the first currency that has prices."""
    for price in row.children("price"):
        costs = {code: cost for code, cost in map(parse_period, price.children("period")) if cost is not None}
        found = {code: cost for code, cost in costs.items() if code is not None}
        if found:
            return found, price.text("currency") or price.text("currency_str") or row.text("currency")
    return {}, ""


def parse_period(period: Node) -> tuple[int | None, Decimal | None]:
    """`<period cost="913.9286" type="month" length="1">` → (1, Decimal). Days that cost nothing are a trial."""
    length = parse_int(period.text("length") or "1")
    unit = period.text("type", "month").casefold()
    cost = parse_decimal(period.text("cost"))
    months = {"month": 1, "year": 12}.get(unit)
    code = length * months if months and length is not None else SPECIAL_PERIODS.get(unit)
    return (TRIAL if code == DAILY and cost == 0 else code), cost


def is_countable(addon: Node) -> bool:
    """Ordered by number (more servers), not by a switch or a list."""
    return bool(addon.text("id")) and addon.text("addontype", "integer") in COUNTED
