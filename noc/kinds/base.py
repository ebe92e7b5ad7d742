"""One shape for all kinds of service: the partner's own words for ordering, reading, changing and deleting them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from noc.client import PartnerClient
from noc.errors import NotBought, NotFound, OutcomeUnknown, PartnerError, Rejected
from noc.kinds.fields import FieldSpec as FieldSpec
from noc.kinds.fields import normalize_value
from noc.listing import read_rows
from noc.schemas import (
    NO_ADDONS,
    ItemStatus,
    RemoteService,
    RenewalForm,
    parse_int,
    read_date,
    read_service,
    read_status,
)
from noc.tariffs import built_in, contradicts
from noc.wire import Node

OFF: Final = "null"  # the partner turns auto-renewal on where the parameter is missing
NO_LONGER_SOLD: Final = _("The partner no longer sells this: what there is can be renewed and changed, not ordered.")


class Command(StrEnum):
    """What can be done with a service of a kind. Suspend and unsuspend are not among them (L5)."""

    CREATE = "create"
    RENEW = "renew"
    TERMINATE = "terminate"
    SYNC = "sync"
    CHANGE = "change"
    REISSUE = "reissue"
    DOWNLOAD_CERTIFICATE = "download_certificate"
    DOWNLOAD_CSR = "download_csr"
    DOWNLOAD_KEY = "download_key"


OPERATOR_COMMANDS: Final = frozenset({Command.CREATE, Command.RENEW, Command.TERMINATE, Command.SYNC, Command.CHANGE})


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What to buy. `fields` has our keys, `addons` counts per addon id, `reference` is unique on our side."""

    tariff_id: str
    period: int
    reference: str
    fields: Mapping[str, str]
    addons: Mapping[str, int] = field(default_factory=lambda: NO_ADDONS)


@dataclass(frozen=True, slots=True)
class OrderReply:
    """The partner took the order; `remote_id` is None where it answered without an id: look for the service."""

    remote_id: str | None


class Kind(ABC):
    """A kind of service. Instances hold no state and may be shared by threads.

    Every method that talks raises the tree of `noc.errors`.
    """

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    item_type: ClassVar[str]  # the partner's word: prefix of its functions, itemtype of the price list
    commands: ClassVar[frozenset[Command]]  # for operators
    client_commands: ClassVar[frozenset[Command]]  # for the service's owner (L5)
    can_be_pooled: ClassVar[bool] = False  # kept as free.lic for a later order (partner-api.md §12)
    is_issued_later: ClassVar[bool] = False  # bought is not yet active: an authority issues it, in minutes or days
    change_fields: ClassVar[tuple[str, ...]]  # our keys that may change later, () = none
    default_periods: ClassVar[frozenset[int]]
    order_fields: ClassVar[tuple[str, ...]]  # our keys sent with an order under the same name
    key_fields: ClassVar[tuple[str, ...]]  # our keys that tell one service from another at the partner
    sole_fields: ClassVar[tuple[str, ...]]  # our keys for whose values together the partner sells a tariff once

    @abstractmethod
    def fields_for(self, tariff_id: str, tariff_name: str = "") -> tuple[FieldSpec, ...]:
        """Fields of a product with this tariff; the live name helps where the id is in no table."""

    def is_on_sale(self, tariff_id: str) -> bool:
        """Whether the partner takes new orders for this tariff; False for v5, which can only be renewed and edited."""
        return True

    def is_renewable(self, tariff_id: str) -> bool:
        """Whether the partner extends this tariff; trials never are."""
        return True

    def node_addon(self, tariff_id: str) -> str:
        """The id of the addon that counts additional servers (P13); "" where there is none."""
        return ""

    def find_faults(self, tariff_id: str, fields: Mapping[str, str], tariff_name: str = "") -> dict[str, str | Promise]:
        """Our field key → what is wrong with its value, for the fields that people fill."""
        asked = (spec for spec in self.fields_for(tariff_id, tariff_name) if not spec.filled_by_partner)
        return {spec.key: fault for spec in asked if (fault := spec.find_fault(fields.get(spec.key, "")))}

    def order(self, client: PartnerClient, request: OrderRequest) -> OrderReply:
        """Buy. NotBought where the partner left it in the basket; an answer without an id is still an order."""
        sent = {key: request.fields[key].strip() for key in self.order_fields if request.fields.get(key, "").strip()}
        addons = {f"addon_{addon_id}": str(count) for addon_id, count in request.addons.items()}
        reply = client.pay(
            f"{self.item_type}.order.param",
            **sent,
            **addons,
            pricelist=request.tariff_id,
            period=str(request.period),
            remoteid=request.reference,
            autoprolong=OFF,
            skipbasket="on",
            clicked_button="finish",
        )
        return self._judge_order(client, reply)

    def _judge_order(self, client: PartnerClient, reply: Node) -> OrderReply:
        places = (reply, *reply.children("doc"))
        remote_id = next((found for place in places if (found := place.text("id")).isdecimal()), None)
        hint = read_payment_hint(reply)
        if remote_id is None:
            is_unpaid = hint.asks_payment or bool(hint.billorder)
        else:
            is_ordered = any(read_status(place) == ItemStatus.ORDERED for place in places)
            has_hint = hint.asks_payment or hint.shows_basket or bool(hint.billorder) or is_ordered
            is_unpaid = has_hint and self._is_unpaid(client, remote_id)
        if is_unpaid:
            words = _("The partner left the order unpaid.")
            raise NotBought(words, billorder=hint.billorder, item_id=remote_id or "")
        return OrderReply(remote_id)

    def _is_unpaid(self, client: PartnerClient, remote_id: str) -> bool:
        """The hint may be wrong: only the service itself tells. Looks once, the paying call has used its time."""
        try:
            form = client.read_once(f"{self.item_type}.edit", elid=remote_id)
        except NotFound:
            return True
        except PartnerError as error:
            raise OutcomeUnknown(_("The partner speaks of payment and the service could not be read.")) from error
        status = read_status(form)
        if status is None:
            raise OutcomeUnknown(_("The partner speaks of payment and does not show the state of the service."))
        return status in (ItemStatus.ORDERED, ItemStatus.DELETED)

    def read(self, client: PartnerClient, remote_id: str) -> RemoteService:
        """The service by its form. NotFound is the only proof that it is gone."""
        form = client.read(f"{self.item_type}.edit", elid=remote_id)
        return read_service(form, self.code, remote_id=remote_id)

    def list_all(self, client: PartnerClient) -> list[RemoteService]:
        """All services of this kind, deleted rows too: whole, sorted by id, without doubles. Else Unavailable."""
        return read_rows(client, self.item_type, parse=lambda row: read_service(row, self.code))

    @abstractmethod
    def change(self, client: PartnerClient, remote_id: str, fields: Mapping[str, str], reference: str) -> None:
        """Change `change_fields` (our keys) at the partner; Rejected where it refuses."""

    def turn_off_auto_renewal(self, client: PartnerClient, remote_id: str, current: RemoteService) -> None:
        """Renewals come from us alone. Values that the form might lose are sent again."""
        client.write(f"{self.item_type}.edit", elid=remote_id, autoprolong=OFF, **self._kept_values(client, current))

    def _kept_values(self, client: PartnerClient, current: RemoteService) -> dict[str, str]:
        """What an edit must repeat; nothing by default."""
        return {}

    def delete(self, client: PartnerClient, remote_id: str) -> None:
        """End the service for good. Gone already is success; a refusal (minimum term) is Rejected."""
        try:
            client.write(f"{self.item_type}.delete", elid=remote_id)
        except NotFound:
            return
        except Rejected:
            if not self._is_gone(client, remote_id):
                raise

    def _is_gone(self, client: PartnerClient, remote_id: str) -> bool:
        try:
            return self.read(client, remote_id).status == ItemStatus.DELETED
        except NotFound:
            return True

    def renewal_form(self, client: PartnerClient, remote_id: str) -> RenewalForm:
        """Which periods the service may be renewed for, and until when; nothing is bought."""
        form = client.read("service.prolong", elid=remote_id)
        entries = form.named_list("period")
        codes = (parse_int(node.attr("key") or node.text("k") or node.text("key") or node.value) for node in entries)
        return RenewalForm(
            periods=frozenset(code for code in codes if code is not None),
            expires_on=read_date(form, "expiredate", "real_expiredate"),
            new_expires_on=read_date(form, "newexpiredate"),
            status=read_status(form),
        )

    def renew(self, client: PartnerClient, remote_id: str, period: int) -> date | None:
        """Extend and pay now. The new end date if the partner tells it; read the form to be sure."""
        reply = client.pay("service.prolong", elid=remote_id, period=str(period))
        dates = (read_date(place, "newexpiredate") for place in (reply, *reply.children("doc")))
        new_end = next(filter(None, dates), None)
        hint = read_payment_hint(reply)
        if hint.asks_payment or (hint.billorder and new_end is None):
            raise NotBought(_("The partner left the renewal unpaid."), billorder=hint.billorder, item_id=remote_id)
        return new_end

    def match_key(self, tariff_id: str, fields: Mapping[str, str]) -> str:
        """Two purchases with one key must never be open together on an account."""
        values = (normalize_value(fields.get(key, "")) for key in self.key_fields)
        return "|".join((self.code, tariff_id.strip(), *values))

    def sole_key(self, tariff_id: str, fields: Mapping[str, str]) -> str:
        """What the partner sells no second one for; "" where nothing of it is given."""
        values = [normalize_value(fields.get(key, "")) for key in self.sole_fields]
        return "|".join((self.code, tariff_id.strip(), *values)) if any(values) else ""

    def matches(self, row: RemoteService, tariff_id: str, fields: Mapping[str, str]) -> bool:
        """Could this row be what we ordered? Compares what both sides have: a row may show less than we sent."""
        if has_other_tariff(row, tariff_id):
            return False
        shown = shown_values(row)
        return all(may_be_same(key, shown.get(key, ""), fields.get(key, "")) for key in self.key_fields)


@dataclass(frozen=True, slots=True)
class PaymentHint:
    """Signs that an order lies unpaid in the basket (partner-api.md §4): its number, and where the answer sends us."""

    billorder: str
    asks_payment: bool
    shows_basket: bool


def read_payment_hint(reply: Node) -> PaymentHint:
    """The signs in an answer, whichever level of it they are on."""
    places = (reply, *reply.children("doc"))
    next_step = " ".join(place.text(name) for place in places for name in ("ok", "redirect", "url"))
    told = re.search(r"\bbillorder=(\d+)", next_step)
    billorder = next(filter(None, (place.text("billorder") for place in places)), "")
    return PaymentHint(
        billorder=billorder or (told[1] if told else ""),
        asks_payment=bool(re.search(r"\bfunc=payment\b", next_step)),
        shows_basket=bool(re.search(r"\bfunc=(?:basket|cart)\b", next_step)),
    )


def has_other_tariff(row: RemoteService, tariff_id: str) -> bool:
    """Whether the partner shows it under another tariff: by its id, by its name only where there is no id."""
    if row.tariff_id:
        return row.tariff_id != tariff_id.strip()
    return contradicts(row.tariff_name, tariff_id)


def shown_values(row: RemoteService) -> dict[str, str]:
    return {**row.extra, "licname": row.name, "ip": row.ip, "item": row.item}


def may_be_same(key: str, shown: str, wanted: str) -> bool:
    """False only where both sides say something and it differs."""
    shown, wanted = normalize_value(shown), normalize_value(wanted)
    if not shown or not wanted or shown == wanted:
        return True
    if key == "item" and not shown.isdecimal():  # a list may show the parent's name, with its number or without
        numbers = re.findall(r"\d+", shown)
        return wanted in numbers or not any(len(number) >= 5 for number in numbers)
    return False


def tariff_letters(tariff_id: str, tariff_name: str = "") -> str:
    """The tariff's name, without case and signs: by the built-in table, else as the live list gives it."""
    known = built_in(tariff_id)
    return "".join(filter(str.isalnum, (known.name if known else tariff_name).casefold()))
