"""Modules: they live on a license of the same account."""

import secrets
from collections.abc import Mapping

from noc.sandbox.calls import Call
from noc.sandbox.document import Node
from noc.sandbox.items import Item, Status
from noc.sandbox.kinds.base import Kind, looks_like_email, required_ip, shown_key
from noc.sandbox.refusals import Refusal, empty, invalid
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS, Tariff


class Addition(Kind):
    """Modules of ispmanager."""

    name = "addition"
    own_fields = ("item",)
    can_be_suspended = False

    def order_fields(self, call: Call, tariff: Tariff) -> dict[str, str]:
        elid = call.param("item")
        if not elid:
            raise empty("item")
        fields = {"item": str(_parent(call, elid).id)}
        for name in tariff.fields:
            fields[name] = _tariff_field(call, name)
        return fields

    def refuse_double(self, call: Call, tariff: Tariff, fields: Mapping[str, str]) -> None:
        parent = call.world.items[int(fields["item"])]
        for module in call.world.children(parent):
            if module.tariff_id == tariff.id and module.fields.get("domain") == fields.get("domain"):
                raise Refusal(call.options.duplicate_type, "item", "exists", what=tariff.name)

    def row_fields(self, item: Item, call: Call) -> list[Node]:
        style = call.options.item_in_lists
        if style == "none":
            return []
        return [Node("item", item.fields["item"] if style == "id" else _parent_name(item, call))]

    def form_fields(self, item: Item, call: Call) -> list[Node]:
        nodes = [Node("item", item.fields["item"])]
        nodes += [Node(name, item.fields[name]) for name in TARIFFS[item.tariff_id].fields]
        if TARIFFS[item.tariff_id].has_bitninja_key:
            nodes.append(Node(call.options.bitninja_key_name, shown_key(item)))
            nodes.append(Node(call.options.bitninja_password_name, item.fields.get("bitninja_password", "")))
        return nodes

    def change(self, item: Item, call: Call) -> None:
        sent = [name for name in TARIFFS[item.tariff_id].fields if name in call.params]
        item.fields |= {name: _tariff_field(call, name) for name in sent}

    def provision(self, item: Item, world: World) -> None:
        if TARIFFS[item.tariff_id].has_bitninja_key:
            item.license_key = secrets.token_hex(16)
            item.fields["bitninja_password"] = secrets.token_urlsafe(12)


def _parent(call: Call, elid: str) -> Item:
    """The license that a module goes on. Raises Refusal on `item`: `missed` (gone, not ours), `value` (suspended)."""
    try:
        parent = call.own_live_item(elid, "soft")
    except Refusal as error:
        raise Refusal("missed", "item", "no_item") from error
    if parent.status is not Status.ACTIVE:
        raise invalid("item", elid)
    return parent


def _parent_name(item: Item, call: Call) -> str:
    """What people call the license: its name, its tariff where it has none."""
    parent = call.world.items.get(int(item.fields["item"])) if item.fields["item"].isdecimal() else None
    return "" if parent is None else parent.fields.get("licname") or TARIFFS[parent.tariff_id].name


def _tariff_field(call: Call, name: str) -> str:
    value = call.param(name)
    if not value:
        raise empty(name)
    if name == "target_ip":
        return required_ip(call, name)
    if name == "bitninja_email" and not looks_like_email(value):
        raise invalid(name, value)
    if name == "domain" and ("." not in value or " " in value):
        raise invalid(name, value)
    return value
