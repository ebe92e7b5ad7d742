"""What we hold on one partner account, read at once into small values, to be compared with the partner's lists."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db.models import Q

from billing.models import (
    ENDED_STATUSES,
    SETTLED_STATUSES,
    Operation,
    OperationKind,
    Service,
    ServiceField,
    ServiceOption,
)
from billing.queries.services import field_values
from catalog.models import CustomField, Product
from noc.kinds import KINDS, get_kind
from noc.models import Server
from noc.schemas import RemoteService

# Fields that tell one service from another at the partner; none of them is secret.
SHOWN_KEYS: Final = frozenset(key for kind in KINDS.values() for key in (*kind.key_fields, *kind.change_fields))
# Not filled by the partner alone, but shown by its forms only.
EMAIL_KEY: Final = "bitninja_email"


class OurService(NamedTuple):
    """A service of ours that has not ended and holds a number at the partner. `fields`: those of SHOWN_KEYS, filled."""

    id: int
    kind: str
    remote_id: str
    tariff_id: str
    status: str
    expires_on: date | None
    paid_until: date | None
    ip: str
    remote_status: int | None
    remote_addons: Mapping[str, int]
    product_id: int
    cycle: str
    partner_period: int | None
    amount: Decimal
    currency: str
    fields: Mapping[str, str]

    @property
    def place(self) -> tuple[str, str]:
        """Kind and number at the partner."""
        return self.kind, self.remote_id


_COLUMNS: Final = (
    "id",
    "kind",
    "remote_id",
    "tariff_id",
    "status",
    "expires_on",
    "paid_until",
    "dedicated_ip",
    "remote_status",
    "remote_addons",
    "product_id",
    "cycle",
    "partner_period",
    "recurring_amount",
    "currency_id",
)


def services_on(server: Server) -> list[OurService]:
    """Everything on the account that has not ended and was bought, by id; two queries."""
    held = Service.objects.filter(server=server, kind__in=KINDS).not_ended().exclude(remote_id="")
    fields: dict[int, dict[str, str]] = defaultdict(dict)
    values = ServiceField.objects.filter(service__in=held, field__key__in=SHOWN_KEYS).exclude(plain_value="")
    for service_id, key, value in values.values_list("service_id", "field__key", "plain_value").iterator():
        fields[service_id][key] = value
    rows = held.order_by("id").values_list(*_COLUMNS).iterator()
    return [_read_row(row, fields.get(row[0], {})) for row in rows]


def _read_row(row: tuple[Any, ...], fields: Mapping[str, str]) -> OurService:
    return OurService._make((*row[:7], row[7] or "", *row[8:], fields))


def product_keys(product_ids: set[int]) -> Mapping[int, frozenset[str]]:
    """Product → the keys of its fields."""
    found: dict[int, set[str]] = defaultdict(set)
    for product_id, key in CustomField.objects.filter(product__in=product_ids).values_list("product_id", "key"):
        found[product_id].add(key)
    return {product_id: frozenset(keys) for product_id, keys in found.items()}


def lacking_from_partner(server: Server, services: list[OurService]) -> set[int]:
    """Ids of services with an empty field that only the partner's form can fill: a key, a password, an e-mail."""
    keys = product_keys({one.product_id for one in services})
    wanted: dict[int, frozenset[str]] = {}
    by_tariff: dict[tuple[str, str, int], frozenset[str]] = {}
    for one in services:
        sort = (one.kind, one.tariff_id, one.product_id)
        if sort not in by_tariff:
            by_tariff[sort] = _filled_by_form(one.kind, one.tariff_id) & keys.get(one.product_id, frozenset())
        wanted[one.id] = by_tariff[sort]
    filled: dict[int, set[str]] = defaultdict(set)
    rows = ServiceField.objects.filter(
        service__server=server, field__key__in=frozenset[str]().union(*by_tariff.values())
    ).exclude(plain_value="", secret_value="")
    for service_id, key in rows.values_list("service_id", "field__key").iterator():
        filled[service_id].add(key)
    return {service_id for service_id, asked in wanted.items() if asked - filled.get(service_id, set())}


def _filled_by_form(kind: str, tariff_id: str) -> frozenset[str]:
    specs = get_kind(kind).fields_for(tariff_id)
    return frozenset(spec.key for spec in specs if spec.filled_by_partner or spec.key == EMAIL_KEY)


def moving_services(server: Server, *, since: datetime) -> set[int]:
    """Ids of services, ended ones too, with an unsettled operation or one settled since `since` (rule 8)."""
    moving = Operation.objects.filter(service__server=server).filter(
        ~Q(status__in=SETTLED_STATUSES) | Q(finished_at__gte=since)
    )
    return set(moving.values_list("service_id", flat=True))


class OpenPurchase(NamedTuple):
    """A purchase that was sent and is not settled: what it may have bought belongs to nobody yet."""

    kind: str
    tariff_id: str
    fields: Mapping[str, str]
    snapshot: frozenset[str]
    remote_id: str

    def may_be(self, row: RemoteService) -> bool:
        """Whether this row of a list could be what was bought."""
        if row.kind != self.kind or row.id in self.snapshot:
            return False
        return row.id == self.remote_id or get_kind(self.kind).matches(row, self.tariff_id, self.fields)


def open_purchases(server: Server) -> list[OpenPurchase]:
    """The purchases on this account whose outcome is open."""
    sent = Operation.objects.unsettled().filter(server=server, kind=OperationKind.CREATE, first_sent_at__isnull=False)
    found = []
    for operation in sent.filter(service__kind__in=KINDS).select_related("service"):
        service = operation.service
        fields = field_values(service)
        if "licname" in get_kind(service.kind).order_fields:
            fields.setdefault("licname", f"service-{service.pk}")
        snapshot = frozenset(str(number) for number in operation.snapshot or ())
        found.append(OpenPurchase(service.kind, service.tariff_id, fields, snapshot, operation.remote_id))
    return found


def places_of(service_ids: set[int]) -> dict[tuple[str, str], int]:
    """(kind, number at the partner) → service, ended ones too."""
    rows = Service.objects.filter(pk__in=service_ids).exclude(remote_id="").order_by("id")
    return {(kind, remote_id): pk for pk, kind, remote_id in rows.values_list("pk", "kind", "remote_id")}


def former_holders(server: Server, places: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """(kind, number) → the ended service that held it last."""
    numbers = {remote_id for _kind, remote_id in places}
    ended = Service.objects.filter(server=server, status__in=ENDED_STATUSES, remote_id__in=numbers).order_by("id")
    return {(kind, remote_id): pk for pk, kind, remote_id in ended.values_list("pk", "kind", "remote_id")}


def nodes_sent(services: list[OurService]) -> dict[int, tuple[int, int | None]]:
    """Service → (servers that the product's license counts, count sent to the partner), where servers are counted."""
    counting = {one.id: one for one in services if get_kind(one.kind).node_addon(one.tariff_id)}
    products = {one.product_id for one in counting.values()}
    bases = dict(Product.objects.filter(pk__in=products).values_list("pk", "node_base"))
    ordered = ServiceOption.objects.filter(service__in=list(counting), quantity__gt=0).exclude(option__addon_id="")
    quantities = {
        service_id: quantity
        for service_id, addon, quantity in ordered.values_list("service_id", "option__addon_id", "quantity")
        if addon == get_kind(counting[service_id].kind).node_addon(counting[service_id].tariff_id)
    }
    return {
        one.id: (
            bases[one.product_id],
            bases[one.product_id] + quantities[one.id] if one.id in quantities else None,
        )
        for one in counting.values()
    }
