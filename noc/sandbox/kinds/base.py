"""The one shape of a kind: which fields it orders, shows and lets change."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address
from typing import ClassVar

from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node
from noc.sandbox.items import Item, Status
from noc.sandbox.money import exact, with_currency
from noc.sandbox.offers import charged_addons
from noc.sandbox.refusals import empty, invalid
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS, Tariff
from noc.sandbox.wording import say

_COLORS = {Status.ORDERED: "gray", Status.ACTIVE: "green", Status.SUSPENDED: "red", Status.DELETED: "gray"}


class Kind(ABC):
    """A kind of service. `name` is its list function and the beginning of its other functions.

    `own_fields` are what each of its items stores, besides the fields that its tariff asks for.
    """

    name: ClassVar[str]
    own_fields: ClassVar[tuple[str, ...]]
    can_be_suspended: ClassVar[bool]

    @abstractmethod
    def order_fields(self, call: Call, tariff: Tariff) -> dict[str, str]:
        """The kind's own fields of an order, checked. Raises Refusal."""

    @abstractmethod
    def refuse_double(self, call: Call, tariff: Tariff, fields: Mapping[str, str]) -> None:
        """Raise Refusal when such a service is live already."""

    @abstractmethod
    def row_fields(self, item: Item, call: Call) -> list[Node]:
        """The kind's own columns of its list."""

    @abstractmethod
    def form_fields(self, item: Item, call: Call) -> list[Node]:
        """The kind's own fields of the edit form."""

    @abstractmethod
    def change(self, item: Item, call: Call) -> None:
        """Write the fields sent to the edit form. Raises Refusal before anything is written."""

    @abstractmethod
    def provision(self, item: Item, world: World) -> None:
        """Make what comes with a paid item: keys, passwords, a request for a certificate."""

    def renewed(self, item: Item, world: World) -> None:  # noqa: B027 - most kinds have nothing to do
        """What a paid renewal brings with it; called before the end date moves."""

    def own_functions(self) -> Mapping[str, Callable[[Call], Document]]:
        """Functions that only this kind has, by full name."""
        return {}

    def row(self, item: Item, call: Call) -> list[Node]:
        """One row of the list."""
        options = call.options
        created = Node("createdate", item.created_on.isoformat())
        nodes = [
            Node("id", str(item.id)),
            *self.row_fields(item, call),
            *_tariff_columns(item, call),
            *([created, created] if options.createdate_twice else [created]),
            Node("expiredate", day_text(item.expires_on)),
            Node("real_expiredate", day_text(item.expires_on)),
            Node("update_expiredate", day_text(item.expires_on)),
            Node("autoprolong", _autoprolong(item)),
            Node("status_msg", item.status_message),
            _status(item, call),
            Node("special_status", _special_status(item)),
        ]
        if options.remoteid_in_lists:
            nodes.append(Node("remoteid", item.remoteid))
        return nodes

    def form(self, item: Item, call: Call) -> list[Node]:
        """The fields of the edit form."""
        tariff = TARIFFS[item.tariff_id]
        nodes = [
            Node("elid", str(item.id)),
            Node("id", str(item.id)),
            Node("name", f"{tariff.name} (#{item.id})"),
            *self.form_fields(item, call),
            Node("status", str(item.shown_status.value)),
            Node("pricelist", str(tariff.id)),
            Node("pricelist_name", tariff.name),
            Node("period", str(item.period)),
            Node("createdate", item.created_on.isoformat()),
            Node("expiredate", day_text(item.expires_on)),
            Node("autoprolong", _autoprolong(item)),
        ]
        if tariff.addon is not None:
            nodes.append(Node(f"addon_{tariff.addon.id}", str(item.addons)))
        if call.options.remoteid_in_forms:
            nodes.append(Node("remoteid", item.remoteid))
        return nodes


def required_ip(call: Call, field: str = "ip") -> str:
    """An IPv4 address out of a required field. Raises Refusal `value`."""
    text = call.param(field)
    if not text:
        raise empty(field)
    try:
        return str(IPv4Address(text))
    except AddressValueError as error:
        raise invalid(field, text) from error


def looks_like_email(value: str) -> bool:
    """Whether it has the outline of an e-mail address."""
    user, at, host = value.partition("@")
    return bool(user and at and "." in host) and " " not in value


def kept_or_sent(call: Call, item: Item, field: str) -> str:
    """A field of the edit form; one that was not sent is kept or emptied, as the switch says."""
    if call.options.edit_keeps_omitted and field not in call.params:
        return item.fields[field]
    return call.param(field)


def shown_key(item: Item) -> str:
    """The item's key, empty for its first reads where the switch says so."""
    if item.key_hidden_reads:
        item.key_hidden_reads -= 1
        return ""
    return item.license_key


def day_text(day: date | None) -> str:
    """`YYYY-MM-DD`, empty for no day."""
    return "" if day is None else day.isoformat()


def status_code(item: Item, call: Call) -> str:
    """`3`, or `3_autosuspend` where the switch for reasons is on."""
    if call.options.sub_statuses and item.processing is not None:
        return item.processing.sub_status
    if call.options.sub_statuses and item.sub_status:
        return item.sub_status
    return str(item.shown_status.value)


def _tariff_columns(item: Item, call: Call) -> list[Node]:
    charged = charged_addons(call.options, item.addons)
    account = call.account
    return [
        Node("name", f"{TARIFFS[item.tariff_id].name} (#{item.id})"),
        *_same_columns(item.tariff_id, item.period, charged, account.currency, call.lang, call.options.money_nbsp),
        Node("account", account.login),
    ]


@lru_cache(maxsize=1024)
def _same_columns(tariff_id: int, period: int, addons: int, currency: str, lang: str, nbsp: bool) -> tuple[Node, ...]:
    """Columns that many rows of a list share; made once, for a list has a thousand rows."""
    tariff = TARIFFS[tariff_id]
    cost = tariff.cost(period, currency, addons=addons)
    return (
        Node("pricelist", tariff.name),
        Node("pricelist_id", str(tariff.id)),
        Node("period", str(period)),
        Node("project", "ispmanager"),
        Node("cost", f"{with_currency(cost, currency, nbsp=nbsp)} / {say(f'period_{period}', lang)}"),
        Node("item_cost", exact(cost)),
        Node("currency_str", currency),
    )


def _status(item: Item, call: Call) -> Node:
    return _status_node(item.shown_status, status_code(item, call), call.lang)


@lru_cache
def _status_node(shown: Status, code: str, lang: str) -> Node:
    attributes = {"orig": code, "color": _COLORS.get(shown, "yellow")}
    return Node("item_status", say(f"status_{shown.value}", lang), attributes)


def _special_status(item: Item) -> str:
    if item.processing is not None:
        return "1"
    return "2" if item.status is Status.SUSPENDED else "0"


def _autoprolong(item: Item) -> str:
    return "null" if item.autoprolong is None else str(item.autoprolong)
