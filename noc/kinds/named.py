"""What the kinds with a name and an address have in common: both may change, and both go together."""

from collections.abc import Mapping

from noc.client import PartnerClient
from noc.kinds.base import Kind
from noc.schemas import RemoteService


class NamedKind(Kind):
    """Every edit sends name and address: whether the partner keeps a field left out is unknown (§6.2)."""

    change_fields = ("licname", "ip")
    order_fields = ("licname", "ip")
    key_fields = ("licname", "ip")
    sole_fields = ("ip",)

    def change(self, client: PartnerClient, remote_id: str, fields: Mapping[str, str], reference: str) -> None:
        """New name and address; what is not given stays as the partner has it."""
        values = {key: fields.get(key, "").strip() for key in self.change_fields}
        if not all(values.values()):
            current = self.read(client, remote_id)
            values = {"licname": values["licname"] or current.name, "ip": values["ip"] or current.ip}
        client.write(f"{self.item_type}.edit", elid=remote_id, **drop_missing_ip(values), remoteid=reference)

    def _kept_values(self, client: PartnerClient, current: RemoteService) -> dict[str, str]:
        if not (current.name and current.ip):
            current = self.read(client, current.id)
        kept = drop_missing_ip({"licname": current.name, "ip": current.ip})
        return kept | ({"remoteid": current.remote_reference} if current.remote_reference else {})


def drop_missing_ip(values: Mapping[str, str]) -> dict[str, str]:
    """What has no address here has none at the partner: an empty one would only be refused."""
    return {key: value for key, value in values.items() if value or key != "ip"}
