"""Other software: the partner's `softexternal` (partner-api.md §6.7)."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from noc.kinds.base import OPERATOR_COMMANDS, Command, FieldSpec, tariff_letters
from noc.kinds.license import FIELDS
from noc.kinds.named import NamedKind

# BitNinja is bound to no address; whatever is unknown is asked for one, as most software is.
FIELDS_WITHOUT_ADDRESS: Final = tuple(spec for spec in FIELDS if spec.key != "ip")


class SoftwareKind(NamedKind):
    """CloudLinux, KernelCare, Softaculous, BitNinja and whatever else the price list names."""

    code = "software"
    label = _("other software")
    item_type = "softexternal"
    commands = OPERATOR_COMMANDS
    client_commands = frozenset({Command.RENEW, Command.TERMINATE, Command.CHANGE})
    default_periods = frozenset({1})

    def fields_for(self, tariff_id: str, tariff_name: str = "") -> tuple[FieldSpec, ...]:
        """Name, key and, where the software is bound to one, the address of the server."""
        return FIELDS_WITHOUT_ADDRESS if "bitninja" in tariff_letters(tariff_id, tariff_name) else FIELDS
