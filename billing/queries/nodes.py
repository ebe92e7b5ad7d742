"""Additional servers of a license: how many were ordered, and how many the partner shows (P13)."""

from dataclasses import dataclass

from billing.models import Service
from billing.queries.services import ordered_addons
from noc.kinds import KINDS


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """`ordered` by the client, `sent` to the partner (with the product's base; None: the parameter was left out),
    `shown` by the partner (None: not read yet, or not told).
    """

    ordered: int
    sent: int | None
    shown: int | None
    base: int

    @property
    def agrees(self) -> bool | None:
        """Whether the partner shows what was sent; None where it shows nothing.

        It may count the servers that the license includes or leave them out, and the product's base follows its way:
        so what it shows is compared with what was sent, not with what was ordered. Where nothing was sent, it may
        show none or those included.
        """
        if self.shown is None:
            return None
        if self.sent is None:
            return self.shown <= self.base
        return self.shown == self.sent


def node_counts(service: Service) -> NodeCounts | None:
    """The counts of a service whose license counts additional servers; None for all others."""
    kind = KINDS.get(service.kind)
    addon_id = kind.node_addon(service.tariff_id) if kind is not None else ""
    if not addon_id:
        return None
    base = service.product.node_base
    sent = ordered_addons(service).get(addon_id)
    return NodeCounts(
        ordered=sent - base if sent is not None else 0,
        sent=sent,
        shown=service.remote_addons.get(addon_id),
        base=base,
    )
