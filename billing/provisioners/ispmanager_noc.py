"""Step ⑥: a service of ours ↔ the partner's side of it. Everything it says to the partner goes through noc.kinds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from billing.models import Service
from billing.queries.services import field_values, ordered_addons, service_specs
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from noc.account import list_charges, remove_from_basket
from noc.client import PartnerClient
from noc.errors import AuthFailed, NotBought, PartnerError, ProtocolError, Rejected
from noc.kinds import KINDS, get_kind
from noc.kinds.base import Kind, OrderReply, OrderRequest
from noc.kinds.license import LicenseKind
from noc.models import Server
from noc.schemas import Charge, RemoteService, RenewalForm
from noc.servers import connect

NOTHING_MORE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class RemoteSide:
    """One service's side at the partner, during one attempt. Methods raise the tree of noc.errors."""

    service: Service
    server: Server
    kind: Kind
    client: PartnerClient
    fields: Mapping[str, str]

    @property
    def reference(self) -> str:
        """Our service ID, sent as `remoteid` (feature L7)."""
        return str(self.service.pk)

    @property
    def match_key(self) -> str:
        """Two paying calls with one key are never open together."""
        return f"{self.server.pk}:{self.kind.match_key(self.service.tariff_id, self.fields)}"[:400]

    @property
    def period(self) -> int:
        """The period that is bought: the billing cycle's, or the one that the product names."""
        if self.service.partner_period is not None:
            return self.service.partner_period
        return CYCLE_MONTHS.get(Cycle(self.service.cycle), 1)

    def order_request(self, prepared: Mapping[str, str] = NOTHING_MORE) -> OrderRequest:
        """What is to be bought; `prepared` values come on top of the service's fields."""
        return OrderRequest(
            tariff_id=self.service.tariff_id,
            period=self.period,
            reference=self.reference,
            fields={**self.fields, **prepared},
            addons=ordered_addons(self.service),
        )

    def buy(self, prepared: Mapping[str, str] = NOTHING_MORE) -> OrderReply:
        """Orders the service. The paying call: sent once."""
        return self.kind.order(self.client, self.order_request(prepared))

    def list_all(self) -> list[RemoteService]:
        """Every row of this kind on the account, whole."""
        return self.kind.list_all(self.client)

    def ids_on_account(self) -> set[str]:
        """Ids of every row of every kind that the account may list."""
        found: set[str] = set()
        for kind in KINDS.values():
            try:
                found.update(row.id for row in kind.list_all(self.client))
            except (AuthFailed, ProtocolError, Rejected):
                continue
        return found

    def looks_alike(self, row: RemoteService) -> bool:
        """Whether `row` could be what we ordered, by tariff and name, IP or item."""
        return self.kind.matches(row, self.service.tariff_id, self.fields)

    def read(self, remote_id: str) -> RemoteService:
        """The form of one service. NotFound proves that it is not there."""
        return self.kind.read(self.client, remote_id)

    def renewal_form(self, remote_id: str) -> RenewalForm:
        """What the partner offers for a renewal; a dry run."""
        return self.kind.renewal_form(self.client, remote_id)

    def renew(self, remote_id: str, period: int) -> date | None:
        """Extends and pays. The paying call: sent once."""
        return self.kind.renew(self.client, remote_id, period)

    def change(self, remote_id: str, fields: Mapping[str, str]) -> None:
        """Changes name and IP at the partner."""
        self.kind.change(self.client, remote_id, fields, self.reference)

    def delete(self, remote_id: str) -> None:
        """Ends the service at the partner; gone already is fine."""
        self.kind.delete(self.client, remote_id)

    def release(self, remote_id: str) -> None:
        """Puts a license into the pool: nobody's name, no address, stopped. Safe to repeat."""
        self._license_kind.release(self.client, remote_id)

    def take(self, remote_id: str) -> None:
        """Gives a license of the pool this service's name and address. Safe to repeat."""
        self._license_kind.take(self.client, remote_id, self.fields, self.reference)

    def make_new_key(self, remote_id: str) -> None:
        """The key of the former owner stops working."""
        self._license_kind.make_new_key(self.client, remote_id)

    def resume(self, remote_id: str) -> None:
        """A stopped license runs again."""
        self._license_kind.resume(self.client, remote_id)

    @property
    def _license_kind(self) -> LicenseKind:
        """Only licenses are ever in the pool (`Kind.can_be_pooled`)."""
        assert isinstance(self.kind, LicenseKind), self.kind.code
        return self.kind

    def turn_off_auto_renewal(self, current: RemoteService) -> None:
        """Renewals are ours alone (feature L4)."""
        self.kind.turn_off_auto_renewal(self.client, current.id, current)

    def keep_auto_renewal_off(self, current: RemoteService) -> bool:
        """Turns it off where it is found on; False where that failed, and the next sync tries again."""
        if not current.auto_renewal:
            return True
        try:
            self.turn_off_auto_renewal(current)
        except PartnerError:
            return False
        return True

    def charges(self) -> list[Charge] | None:
        """The account's charges; None where it may not read them."""
        try:
            return list_charges(self.client)
        except PartnerError:
            return None

    def empty_basket(self, left: NotBought) -> None:
        """Takes back what an unpaid order left behind, so that nobody pays it by mistake."""
        remove_from_basket(self.client, billorder=left.billorder, item_id=left.item_id)


@contextmanager
def open_remote_side(
    service: Service, server: Server, *, reference: str, is_awaited: bool = False
) -> Iterator[RemoteSide]:
    """The partner's side of `service` on `server`; calls are logged under `reference`.

    `is_awaited`: a person waits, so reads are tried once and shortly.
    """
    values = field_values(service)
    if service.parent is not None and service.parent.remote_id and "item" in get_kind(service.kind).order_fields:
        # The number of the license as it is now: when the module was ordered there may have been none.
        values["item"] = service.parent.remote_id
    if "licname" in get_kind(service.kind).order_fields:
        # A name of its own makes a purchase recognizable when its answer is lost.
        values.setdefault("licname", f"service-{service.pk}")
    if any(spec.key == "bitninja_email" for spec in service_specs(service)):
        # Optional on our order form, required by the partner.
        values.setdefault("bitninja_email", service.client.email)
    client = connect(server, reference=reference, is_awaited=is_awaited)
    try:
        yield RemoteSide(service=service, server=server, kind=get_kind(service.kind), client=client, fields=values)
    finally:
        client.close()
