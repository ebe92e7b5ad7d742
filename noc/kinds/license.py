"""ispmanager licenses: the partner's `soft` (partner-api.md §6.1–6.5)."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from noc.client import PartnerClient
from noc.kinds.base import Command, FieldSpec, Kind
from noc.schemas import RemoteService

# Tariff → the addon that counts its additional servers.
NODE_ADDONS: Final[Mapping[str, str]] = {"55230": "55236", "4601": "4602"}

FIELDS: Final = (
    FieldSpec("licname", _("License name"), on_order_form=True),
    FieldSpec("ip", _("IP address"), type="ip", is_required=True, on_order_form=True),
    FieldSpec("lickey", _("License key"), is_secret=True, filled_by_partner=True),
    FieldSpec("order_id", _("Order ID"), filled_by_partner=True),
)


class LicenseKind(Kind):
    """A license is bound to the address of a server; name and address may change later."""

    code = "license"
    label = _("ispmanager license")
    item_type = "soft"
    commands = frozenset(Command)
    change_fields = ("licname", "ip")
    default_periods = frozenset({1, 12})
    order_fields = ("licname", "ip")
    key_fields = ("licname", "ip")

    def fields_for(self, tariff_id: str, tariff_name: str = "") -> tuple[FieldSpec, ...]:
        """All licenses have the same fields."""
        return FIELDS

    def change(self, client: PartnerClient, remote_id: str, fields: Mapping[str, str], reference: str) -> None:
        """Name and address go together: whether the partner keeps a field left out is unknown (§6.2)."""
        values = {key: fields.get(key, "").strip() for key in self.change_fields}
        if not all(values.values()):
            current = self.read(client, remote_id)
            values = {"licname": values["licname"] or current.name, "ip": values["ip"] or current.ip}
        client.write("soft.edit", elid=remote_id, **values, remoteid=reference)

    def _kept_values(self, client: PartnerClient, current: RemoteService) -> dict[str, str]:
        if not (current.name and current.ip):
            current = self.read(client, current.id)
        kept = {"licname": current.name, "ip": current.ip}
        return kept | ({"remoteid": current.remote_reference} if current.remote_reference else {})
