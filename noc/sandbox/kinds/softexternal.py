"""Software of others: CloudLinux, KernelCare, Softaculous … on an IP address; BitNinja without one."""

from collections.abc import Mapping

from noc.sandbox.calls import Call
from noc.sandbox.document import Node
from noc.sandbox.items import Item
from noc.sandbox.kinds.addresses import change_name_and_ip, refuse_same_ip
from noc.sandbox.kinds.base import Kind, kept_or_sent, required_ip, shown_key
from noc.sandbox.refusals import invalid
from noc.sandbox.state import World, new_license_key
from noc.sandbox.tariffs import Tariff

_LONGEST_NAME = 255


class SoftExternal(Kind):
    """Other software."""

    name = "softexternal"
    own_fields = ("licname",)
    can_be_suspended = True

    def order_fields(self, call: Call, tariff: Tariff) -> dict[str, str]:
        fields = {"licname": _name(call.param("licname"))}
        return fields | {"ip": required_ip(call)} if "ip" in tariff.fields else fields

    def refuse_double(self, call: Call, tariff: Tariff, fields: Mapping[str, str]) -> None:
        if "ip" in fields:
            refuse_same_ip(call, tariff.id, fields["ip"])

    def row_fields(self, item: Item, call: Call) -> list[Node]:
        return [Node("licname", item.fields["licname"]), *_ip(item)]

    def form_fields(self, item: Item, call: Call) -> list[Node]:
        key = Node(call.options.software_key_name, shown_key(item))
        return [Node("licname", item.fields["licname"]), *_ip(item), key]

    def change(self, item: Item, call: Call) -> None:
        licname = _name(kept_or_sent(call, item, "licname"))
        if "ip" in item.fields:
            change_name_and_ip(call, item, licname)
        else:
            item.fields["licname"] = licname

    def provision(self, item: Item, world: World) -> None:
        item.license_key = new_license_key(item)


def _ip(item: Item) -> list[Node]:
    return [Node("ip", item.fields["ip"])] if "ip" in item.fields else []


def _name(licname: str) -> str:
    if len(licname) > _LONGEST_NAME:
        raise invalid("licname", licname)
    return licname
