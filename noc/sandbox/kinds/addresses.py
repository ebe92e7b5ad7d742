"""Services bound to an IP address: one of a tariff on an address, and an address that does not move too often."""

from datetime import timedelta

from noc.sandbox.calls import Call
from noc.sandbox.items import Item
from noc.sandbox.kinds.base import required_ip
from noc.sandbox.refusals import Refusal

_CHANGE_PAUSE = timedelta(days=30)
# A license that is parked without an owner stands on this address; any number of them may.
_NO_ADDRESS = "0.0.0.0"  # noqa: S104


def refuse_same_ip(call: Call, tariff_id: int, ip: str) -> None:
    """Raise Refusal on `ip` when a live item of the tariff stands on the address."""
    if not call.options.refuse_same_ip or ip == _NO_ADDRESS:
        return
    if call.world.ip_holder(tariff_id, ip) is not None:
        raise Refusal(call.options.duplicate_type, "ip", "licence_on_ip", ip=ip)


def change_name_and_ip(call: Call, item: Item, licname: str) -> None:
    """Write `licname` and the `ip` of the call, which is kept where not sent. Raises Refusal on `ip`."""
    keeps = call.options.edit_keeps_omitted and "ip" not in call.params
    ip = item.fields["ip"] if keeps else required_ip(call)
    if ip != item.fields["ip"]:
        refuse_same_ip(call, item.tariff_id, ip)
        changed = item.ip_changed_on
        if changed is not None and call.today - changed < _CHANGE_PAUSE:
            _refuse_change(call)
        item.fields["ip"] = ip
        item.ip_changed_on = call.today
        call.world.index(item)
    item.fields["licname"] = licname


def _refuse_change(call: Call) -> None:
    fault = call.fault("ip_change_refused")
    if fault is not None:
        raise Refusal(fault.variant, "ip", "ip_changed_recently")
