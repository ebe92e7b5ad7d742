"""ispmanager licenses: the partner's `soft` (partner-api.md §6.1–6.5)."""

import logging
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from noc.client import PartnerClient
from noc.errors import AuthFailed, NotFound, OutcomeUnknown, Rejected
from noc.kinds.base import OFF, OPERATOR_COMMANDS, Command, FieldSpec
from noc.kinds.named import NamedKind

logger = logging.getLogger(__name__)

# Tariff → the addon that counts its additional servers.
NODE_ADDONS: Final[Mapping[str, str]] = {"55230": "55236", "4601": "4602"}

# v5 is no longer sold; what there is can be renewed and edited (partner-api.md §8.2).
NOT_ON_SALE: Final = frozenset({"3541", "4601"})
TRIALS: Final = frozenset({"55239", "55240"})

# What a license without an owner is called at the partner, and where it stands (partner-api.md §12).
FREE_NAME: Final = "free.lic"
NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - an address that is none

FIELDS: Final = (
    # A license of this name without an owner would be taken for a free one.
    FieldSpec("licname", _("License name"), on_order_form=True, reserved=frozenset({FREE_NAME})),
    FieldSpec("ip", _("IP address"), type="ip", is_required=True, on_order_form=True),
    FieldSpec("lickey", _("License key"), is_secret=True, filled_by_partner=True),
    FieldSpec("order_id", _("Order ID"), filled_by_partner=True),
)


class LicenseKind(NamedKind):
    """A license is bound to the address of a server; name and address may change later."""

    code = "license"
    label = _("ispmanager license")
    item_type = "soft"
    commands = OPERATOR_COMMANDS
    client_commands = frozenset({Command.RENEW, Command.TERMINATE, Command.CHANGE})
    can_be_pooled = True
    default_periods = frozenset({1, 12})

    def fields_for(self, tariff_id: str, tariff_name: str = "") -> tuple[FieldSpec, ...]:
        """All licenses have the same fields."""
        return FIELDS

    def is_on_sale(self, tariff_id: str) -> bool:
        """Everything but v5."""
        return tariff_id.strip() not in NOT_ON_SALE

    def is_renewable(self, tariff_id: str) -> bool:
        """Everything but trials."""
        return tariff_id.strip() not in TRIALS

    def node_addon(self, tariff_id: str) -> str:
        """Business licenses count additional servers."""
        return NODE_ADDONS.get(tariff_id.strip(), "")

    def release(self, client: PartnerClient, remote_id: str) -> None:
        """Into the pool: stopped, without name, address and reference, so that nobody can use it any more.

        Safe to repeat. NotFound where it is gone. The stop is as good as the partner allows (it may be stopped
        already, or nobody may stop it): what takes the license from its owner is the edit.
        """
        try:
            client.write("soft.suspend", elid=remote_id)
        except NotFound:
            raise
        except AuthFailed as error:
            if error.type != "access":
                raise
        except (Rejected, OutcomeUnknown) as error:
            logger.info("License %s was not stopped before its release: %s", remote_id, error.type)
        client.write("soft.edit", elid=remote_id, licname=FREE_NAME, ip=NO_ADDRESS, remoteid="", autoprolong=OFF)

    def take(self, client: PartnerClient, remote_id: str, fields: Mapping[str, str], reference: str) -> None:
        """Out of the pool, onto the new owner's name and address. Rejected where the partner does not let it move."""
        client.write(
            "soft.edit",
            elid=remote_id,
            licname=fields.get("licname", "").strip(),
            ip=fields.get("ip", "").strip(),
            remoteid=reference,
            autoprolong=OFF,
        )

    def make_new_key(self, client: PartnerClient, remote_id: str) -> None:
        """The old key stops working. Not safe to repeat for nothing: the partner limits how often a key changes."""
        client.write("soft.edit", elid=remote_id, clicked_button="newkey")

    def resume(self, client: PartnerClient, remote_id: str) -> None:
        """A stopped license runs again; one that runs already is fine."""
        client.write("soft.resume", elid=remote_id)
