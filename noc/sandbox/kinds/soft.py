"""ispmanager licenses: bound to an IP address, with a key."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, done
from noc.sandbox.items import Item
from noc.sandbox.kinds.base import Kind, day_text, required_ip
from noc.sandbox.offers import chosen_period, chosen_tariff
from noc.sandbox.refusals import Refusal
from noc.sandbox.state import new_license_key
from noc.sandbox.tariffs import Tariff

_IP_CHANGE_PAUSE = timedelta(days=30)
# A license that is parked without an owner stands on this address; any number of them may.
_NO_ADDRESS = "0.0.0.0"  # noqa: S104


class Soft(Kind):
    """Licenses."""

    name = "soft"
    own_fields = ("licname", "ip")
    can_be_suspended = True

    def order_fields(self, call: Call, tariff: Tariff) -> dict[str, str]:
        return {"ip": required_ip(call), "licname": call.param("licname")}

    def refuse_double(self, call: Call, tariff: Tariff, fields: Mapping[str, str]) -> None:
        _refuse_same_ip(call, tariff.id, fields["ip"], None)

    def row_fields(self, item: Item, call: Call) -> list[Node]:
        return [
            Node("licname", item.fields["licname"]),
            Node("ip", item.fields["ip"]),
            Node("datacentername"),
            Node("processingmodule", "ispmanager"),
            Node("real_ipchange", day_text(item.ip_changed_on)),
            Node("real_keychange", day_text(item.key_changed_on)),
        ]

    def form_fields(self, item: Item, call: Call) -> list[Node]:
        key = "" if item.key_hidden_reads else item.license_key
        item.key_hidden_reads = max(0, item.key_hidden_reads - 1)
        return [
            Node("licname", item.fields["licname"]),
            Node("ip", item.fields["ip"]),
            Node("lickey", key),
            Node("webdomains", "0"),
            Node("remoteip", item.fields["ip"]),
            Node("update_expiredate", day_text(item.expires_on)),
        ]

    def change(self, item: Item, call: Call) -> None:
        keeps = call.options.edit_keeps_omitted
        ip = item.fields["ip"] if keeps and "ip" not in call.params else required_ip(call)
        licname = item.fields["licname"] if keeps and "licname" not in call.params else call.param("licname")
        if ip != item.fields["ip"]:
            self._change_ip(item, call, ip)
        item.fields["licname"] = licname

    def provision(self, item: Item) -> None:
        item.license_key = new_license_key(item)

    def own_functions(self) -> Mapping[str, Callable[[Call], Document]]:
        return {"soft.checkip": self.check_ip}

    def check_ip(self, call: Call) -> Document:
        """Whether a license could be ordered on this address. Raises Refusal when not."""
        tariff = chosen_tariff(call, self.name)
        chosen_period(call, tariff.periods)
        _refuse_same_ip(call, tariff.id, required_ip(call), None)
        return done()

    def _change_ip(self, item: Item, call: Call, ip: str) -> None:
        _refuse_same_ip(call, item.tariff_id, ip, item)
        changed = item.ip_changed_on
        if changed is not None and call.today - changed < _IP_CHANGE_PAUSE and call.fault("ip_change_refused"):
            raise Refusal("value", "ip", "ip_changed_recently")
        item.fields["ip"] = ip
        item.ip_changed_on = call.today
        call.world.remember_ip(item)


def _refuse_same_ip(call: Call, tariff_id: int, ip: str, mine: Item | None) -> None:
    if not call.options.refuse_same_ip or ip == _NO_ADDRESS:
        return
    holder = call.world.ip_holder(tariff_id, ip)
    if holder is not None and holder is not mine:
        raise Refusal(call.options.duplicate_type, "ip", "licence_on_ip", ip=ip)
