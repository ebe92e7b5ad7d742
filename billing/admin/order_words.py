"""What a decision on an order will do, in words: to money, to services, at the partner."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.admin.service_buttons import service_title
from billing.models import Service
from billing.queries.order_effects import OrderEffects
from billing.queries.pool import is_pooled
from billing.templatetags.back_office import amount_text


@dataclass(frozen=True, slots=True)
class DecisionWords:
    """One order's row on the page of a decision; `why_not`: it is left out, and why."""

    money: str
    services: str
    partner: str
    why_not: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.money, self.services, self.partner)))


def accepting_words(effects: OrderEffects) -> DecisionWords:
    """PENDING → ACTIVE."""
    if effects.awaiting:
        words = _("What waited for you is bought at the partner now: %(count)s.")
        partner = words % {"count": len(effects.awaiting)}
    else:
        partner = _("Nothing waits for this: nothing is bought.")
    return DecisionWords(
        money=_("No money of the client moves."),
        services=_("The order becomes active."),
        partner=partner,
        why_not=_not_pending(effects),
    )


def cancelling_words(effects: OrderEffects) -> DecisionWords:
    """PENDING → CANCELLED."""
    return DecisionWords(
        money=_money_words(effects),
        services=_services_words(effects, _("Cancelled: %(services)s.")),
        partner=_partner_words(effects),
        why_not=_not_pending(effects),
    )


def fraud_words(effects: OrderEffects) -> DecisionWords:
    """→ FRAUD; what is at the partner depends on the tick below the words."""
    return DecisionWords(
        money=_money_words(effects),
        services=_services_words(effects, _("Marked as fraud and never bought: %(services)s.")),
        partner=_bought_words(effects),
    )


def _not_pending(effects: OrderEffects) -> str:
    if effects.is_pending:
        return ""
    words = _("Left out: the order is not pending any more, but %(status)s.")
    return words % {"status": effects.order.get_status_display()}


def _money_words(effects: OrderEffects) -> str:
    order = effects.order
    if effects.to_credit:
        return _("%(amount)s that was paid becomes the credit of %(client)s.") % {
            "amount": amount_text(effects.to_credit, order.currency_id),
            "client": order.client,
        }
    if effects.unasked is not None:
        return _("Invoice %(number)s is cancelled: %(amount)s is no longer asked for.") % {
            "number": effects.unasked,
            "amount": amount_text(effects.unasked.total, order.currency_id),
        }
    return _("No money moves.")


def _services_words(effects: OrderEffects, words: str) -> str:
    return words % {"services": _titles(effects.unbought)} if effects.unbought else ""


def _partner_words(effects: OrderEffects) -> str:
    """What ends there, by number: the client loses it."""
    pooled = [service for service in effects.bought if is_pooled(service)]
    deleted = [service for service in effects.bought if service not in pooled]
    parts = [
        _("Deleted at the partner, the client loses them now: %(numbers)s.") % {"numbers": _numbers(deleted)}
        if deleted
        else "",
        _("Taken from the client now and kept at the partner as free.lic: %(numbers)s.") % {"numbers": _numbers(pooled)}
        if pooled
        else "",
        _("Being bought right now, deleted behind that: %(services)s.") % {"services": _titles(effects.under_way)}
        if effects.under_way
        else "",
    ]
    return " ".join(filter(None, parts)) or _("Nothing was bought yet; what waits is not bought.")


def _bought_words(effects: OrderEffects) -> str:
    parts = [
        _("At the partner already: %(numbers)s.") % {"numbers": _numbers(effects.bought)} if effects.bought else "",
        _("Being bought right now: %(services)s.") % {"services": _titles(effects.under_way)}
        if effects.under_way
        else "",
    ]
    return " ".join(filter(None, parts)) or _("Nothing was bought yet; what waits is not bought.")


def _titles(services: Sequence[Service]) -> str:
    return ", ".join(map(service_title, services))


def _numbers(services: Sequence[Service]) -> str:
    """With the account that each is on: numbers mean nothing without it."""
    return ", ".join(
        f"{service.remote_id} ({service.server.name})" if service.server else service.remote_id for service in services
    )
