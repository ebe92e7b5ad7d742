"""The sandbox's own price list: documented product ids, invented prices, 9900xx ids where none is public."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from noc.sandbox.dates import TRIAL

CURRENCIES = ("EUR", "RUB")
EU = frozenset({"eu"})
RU = frozenset({"ru"})
BOTH = EU | RU

# Monthly base prices × these; a year costs eleven months, so that a wrong multiplication shows in a test.
_MONTHS_CHARGED = {TRIAL: 0, 1: 1, 3: 3, 6: 6, 12: 11}
# Certificates are priced by the year.
_YEARS_CHARGED = {12: 1, 24: 2}
# In names of certificates of extended and organization validation.
_ORGANIZATION = (" EV", "Organization", "Secure Site", "True BusinessID", "Web Server")


@dataclass(frozen=True, slots=True)
class Addon:
    """Something counted inside a tariff (`addon_55236` = nodes); `monthly` is the price of one by currency."""

    id: int
    name: str
    monthly: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Tariff:
    """One line of the price list. `base` is the price of a month (of a year for certificates) by currency.

    `fields` are the order fields that it requires besides the kind's own; `regions` are the accounts that see it.
    """

    id: int
    kind: str
    name: str
    name_ru: str
    periods: tuple[int, ...]
    base: Mapping[str, Decimal]
    regions: frozenset[str] = BOTH
    addon: Addon | None = None
    internal_name: str = ""
    fields: tuple[str, ...] = ()
    on_sale: bool = True
    trial_days: int = 14
    most_names: int = 1

    @property
    def renewable_periods(self) -> tuple[int, ...]:
        """Periods for `service.prolong`: a trial is not one of them."""
        return tuple(period for period in self.periods if period != TRIAL)

    @property
    def has_bitninja_key(self) -> bool:
        """Whether the partner makes a BitNinja key and password for it."""
        return "bitninja_email" in self.fields

    @property
    def is_wildcard(self) -> bool:
        """Whether the certificate is for `*.` names."""
        return "Wildcard" in self.name

    @property
    def names_organization(self) -> bool:
        """Whether the certificate's owner is checked: sold only with the data of an organization."""
        return any(word in self.name for word in _ORGANIZATION)

    def cost(self, period: int, currency: str, *, addons: int = 0) -> Decimal:
        """The price of one `period` with `addons` counted things. Raises KeyError for a period it cannot price."""
        charged = _YEARS_CHARGED[period] if self.kind == "certificate" else _MONTHS_CHARGED[period]
        monthly = self.base[currency]
        if self.addon is not None and addons:
            monthly += self.addon.monthly[currency] * addons
        return monthly * charged


def _price(eur: str, rub: str) -> Mapping[str, Decimal]:
    return {"EUR": Decimal(eur), "RUB": Decimal(rub)}


def _licenses() -> Iterable[Tariff]:
    nodes = Addon(55236, "Nodes", _price("3.00", "300.00"))
    old_nodes = Addon(4602, "Nodes", _price("3.00", "300.00"))
    for number, name, price in (
        (55227, "lite", _price("4.00", "400.00")),
        (55228, "pro", _price("7.00", "700.00")),
        (55229, "host", _price("11.00", "1100.00")),
    ):
        yield Tariff(number, "soft", f"ispmanager 6 {name}", f"ispmanager 6 {name}", (1, 12), price)
    business = "ispmanager 6 business"
    yield Tariff(55230, "soft", business, business, (1, 12), _price("15.00", "1500.00"), addon=nodes)
    for number, name in ((55239, "trial"), (55240, "business trial")):
        yield Tariff(number, "soft", f"ispmanager 6 {name}", f"ispmanager 6 {name}", (TRIAL,), _price("0.00", "0.00"))
    lite, corporate = "ispmanager 5 Lite", "ispmanager 5 Business"
    yield Tariff(3541, "soft", lite, lite, (1, 12), _price("4.50", "450.00"), on_sale=False)
    yield Tariff(
        4601, "soft", corporate, corporate, (1, 12), _price("13.00", "1300.00"), addon=old_nodes, on_sale=False
    )
    yield Tariff(5577, "soft", "BILLmanager 6", "BILLmanager 6", (1, 12), _price("16.00", "1600.00"))


def _software() -> Iterable[Tariff]:
    for number, name, price, needs_ip in (
        (9203, "CloudLinux", _price("14.00", "1400.00"), True),
        (9204, "Softaculous", _price("2.00", "200.00"), True),
        (11738, "KernelCare", _price("3.00", "300.00"), True),
        (990001, "Imunify360", _price("12.00", "1200.00"), True),
        (990002, "LiteSpeed", _price("10.00", "1000.00"), True),
        (990003, "JetBackup", _price("5.95", "595.00"), True),
    ):
        fields = ("ip",) if needs_ip else ()
        yield Tariff(number, "softexternal", name, name, (1,), price, internal_name=name, fields=fields)
    for number, regions in ((55391, RU), (55369, EU)):
        price = _price("10.00", "1000.00")
        yield Tariff(number, "softexternal", "BitNinja", "BitNinja", (1, 3, 6, 12, TRIAL), price, regions)


def _modules() -> Iterable[Tariff]:
    periods = (1, 6, 12, TRIAL)
    for number, regions in ((55390, RU), (55371, EU)):
        price = _price("9.00", "900.00")
        yield Tariff(
            number, "addition", "BitNinja", "BitNinja", periods, price, regions, None, "BitNinja", ("bitninja_email",)
        )
    for edition, russian, european, price in (
        ("lite", 55377, 55361, _price("2.50", "250.00")),
        ("pro", 55378, 55362, _price("4.50", "450.00")),
        ("host", 55379, 55363, _price("6.50", "650.00")),
    ):
        for number, regions in ((russian, RU), (european, EU)):
            name = f"Dr.Web {edition}"
            yield Tariff(number, "addition", name, name, periods, price, regions, None, f"DrWeb{edition}")
    guard = _price("20.00", "2000.00")
    yield Tariff(
        23221, "addition", "DDoS-Guard", "DDoS-Guard", periods, guard, BOTH, None, "DDoSGUARD", ("domain", "target_ip")
    )
    for number, name, price in (
        (990011, "Imunify360 module", _price("11.00", "1100.00")),
        (990012, "LiteSpeed module", _price("9.50", "950.00")),
        (990013, "JetBackup module", _price("5.50", "550.00")),
    ):
        yield Tariff(number, "addition", name, name, periods, price, internal_name=name.split()[0])


_REGIONAL_CERTIFICATES = (
    (55330, 55352, "GlobalSign EV"),
    (55329, 55351, "GlobalSign Organization Wildcard"),
    (55328, 55350, "GlobalSign Organization"),
    (55327, 55349, "GlobalSign Domain Wildcard"),
    (55326, 55348, "GlobalSign Domain"),
    (55325, 55347, "AlphaSSL Wildcard"),
    (55324, 55346, "AlphaSSL"),
)
_CERTIFICATES = (
    (55153, "Comodo EV"),
    (27650, "PositiveSSL Wildcard"),
    (27648, "PositiveSSL Multi-Domain (3 domains)"),
    (3033, "Positive SSL"),
    (2028, "Premium Wildcard"),
    (2027, "Essential Wildcard"),
    (2026, "Instant"),
    (2025, "Essential"),
    (2023, "DigiCert Secure Site EV"),
    (2021, "DigiCert Secure Site"),
    (2020, "GeoTrust True BusinessID Wildcard"),
    (2019, "GeoTrust True BusinessID"),
    (2018, "GeoTrust DV"),
    (2015, "Thawte Web Server EV"),
    (2014, "Thawte Web Server Wildcard"),
    (2012, "Thawte Web Server"),
    (1032, "True BusinessID EV"),
    (1013, "Thawte SSL123"),
    (1012, "RapidSSL Wildcard"),
    (1011, "RapidSSL"),
)


def _certificates() -> Iterable[Tariff]:
    for russian, european, name in _REGIONAL_CERTIFICATES:
        for number, regions in ((russian, RU), (european, EU)):
            yield Tariff(number, "certificate", name, name, (12, 24), _price("60.00", "6000.00"), regions)
    for number, name in _CERTIFICATES:
        names = 3 if "Multi-Domain" in name else 1
        yield Tariff(number, "certificate", name, name, (12, 24), _price("30.00", "3000.00"), most_names=names)


TARIFFS: Mapping[int, Tariff] = {
    tariff.id: tariff for family in (_licenses, _software, _modules, _certificates) for tariff in family()
}
KINDS = ("soft", "softexternal", "addition", "certificate")


def tariffs_of(kind: str, region: str) -> list[Tariff]:
    """The tariffs of one kind (all kinds when empty) that an account of `region` sees, by id."""
    found = [tariff for tariff in TARIFFS.values() if kind in ("", tariff.kind) and region in tariff.regions]
    return sorted(found, key=lambda tariff: tariff.id)
