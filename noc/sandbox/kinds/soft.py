"""ispmanager licenses: bound to an IP address, with a key."""

from collections.abc import Callable, Mapping

from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, done
from noc.sandbox.items import Item
from noc.sandbox.kinds.addresses import change_name_and_ip, refuse_same_ip
from noc.sandbox.kinds.base import Kind, day_text, kept_or_sent, required_ip, shown_key
from noc.sandbox.offers import chosen_period, chosen_tariff
from noc.sandbox.state import World, new_license_key
from noc.sandbox.tariffs import Tariff


class Soft(Kind):
    """Licenses."""

    name = "soft"
    own_fields = ("licname", "ip")
    can_be_suspended = True

    def order_fields(self, call: Call, tariff: Tariff) -> dict[str, str]:
        return {"ip": required_ip(call), "licname": call.param("licname")}

    def refuse_double(self, call: Call, tariff: Tariff, fields: Mapping[str, str]) -> None:
        refuse_same_ip(call, tariff.id, fields["ip"])

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
        return [
            Node("licname", item.fields["licname"]),
            Node("ip", item.fields["ip"]),
            Node("lickey", shown_key(item)),
            Node("webdomains", "0"),
            Node("remoteip", item.fields["ip"]),
            Node("update_expiredate", day_text(item.expires_on)),
        ]

    def change(self, item: Item, call: Call) -> None:
        change_name_and_ip(call, item, kept_or_sent(call, item, "licname"))

    def provision(self, item: Item, world: World) -> None:
        item.license_key = new_license_key(item)

    def own_functions(self) -> Mapping[str, Callable[[Call], Document]]:
        return {"soft.checkip": self.check_ip}

    def check_ip(self, call: Call) -> Document:
        """Whether a license could be ordered on this address. Raises Refusal when not."""
        tariff = chosen_tariff(call, self.name)
        chosen_period(call, tariff.periods)
        refuse_same_ip(call, tariff.id, required_ip(call))
        return done()
