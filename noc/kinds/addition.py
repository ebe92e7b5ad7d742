"""ispmanager modules on a parent license: the partner's `addition` (partner-api.md §6.8)."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from noc.client import PartnerClient
from noc.errors import Rejected
from noc.kinds.base import OPERATOR_COMMANDS, Command, FieldSpec, Kind, tariff_letters

ITEM: Final = FieldSpec(
    "item",
    _("ID of the ispmanager license for which the module is purchased"),
    type="id",
    is_required=True,
    on_order_form=True,
)
ORDER_ID: Final = FieldSpec("order_id", _("Order ID"), filled_by_partner=True)
BITNINJA: Final = (
    ITEM,
    FieldSpec("bitninja_email", _("BitNinja E-mail"), type="email", on_order_form=True),
    FieldSpec("bitninjakey", _("BitNinja key"), is_secret=True, filled_by_partner=True),
    FieldSpec("bitninja_password", _("BitNinja password"), type="password", is_secret=True, filled_by_partner=True),
    ORDER_ID,
)
DDOS_GUARD: Final = (
    ITEM,
    FieldSpec("domain", _("Domain name"), type="domain", is_required=True, on_order_form=True),
    FieldSpec("target_ip", _("Resource IP address"), type="ip", is_required=True, on_order_form=True),
    ORDER_ID,
)
OTHER: Final = (ITEM, ORDER_ID)


class AdditionKind(Kind):
    """A module belongs to a license of the same account; nothing about it can be changed later."""

    code = "addition"
    label = _("ispmanager module")
    item_type = "addition"
    commands = OPERATOR_COMMANDS - {Command.CHANGE}
    client_commands = frozenset({Command.RENEW, Command.TERMINATE})
    change_fields = ()
    default_periods = frozenset({1, 6, 12})
    order_fields = ("item", "bitninja_email", "domain", "target_ip")
    key_fields = ("item", "bitninja_email", "domain")
    sole_fields = ("item", "domain")

    def fields_for(self, tariff_id: str, tariff_name: str = "") -> tuple[FieldSpec, ...]:
        """BitNinja and DDoS-Guard ask for more than the parent license."""
        name = tariff_letters(tariff_id, tariff_name)
        if "bitninja" in name:
            return BITNINJA
        return DDOS_GUARD if "ddosguard" in name else OTHER

    def change(self, client: PartnerClient, remote_id: str, fields: Mapping[str, str], reference: str) -> None:
        """The partner has no such form; always Rejected, nothing is sent."""
        raise Rejected(_("A module cannot be changed at the partner."))
