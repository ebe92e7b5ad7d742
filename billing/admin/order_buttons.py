"""Decisions on one order: accept, cancel, mark as fraud (O3)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.order_decisions import accept_order, cancel_order, mark_order_fraud
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.order_words import accepting_words, cancelling_words, fraud_words
from billing.models import Order, OrderStatus
from billing.permissions import Permission
from billing.queries.order_effects import OrderEffects, effects_of


class AcceptOrder(Button[Order]):
    """PENDING → ACTIVE."""

    code = "accept"
    label = gettext_lazy("Accept")
    permission = Permission.MANAGE_ORDERS
    look = "primary"

    def is_shown(self, subject: Order) -> bool:
        return subject.status == OrderStatus.PENDING

    def title(self, subject: Order | None) -> str:
        return _("Accept order %(number)s") % {"number": subject}

    def explanation(self, subject: Order | None) -> str:
        return str(accepting_words(_effects(subject)))

    def run(self, subject: Order | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        accept_order(order=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Order %(number)s is accepted.") % {"number": subject})


class CancelOrder(Button[Order]):
    """PENDING → CANCELLED."""

    code = "cancel"
    label = gettext_lazy("Cancel order")
    permission = Permission.MANAGE_ORDERS
    look = "danger"

    def is_shown(self, subject: Order) -> bool:
        return subject.status == OrderStatus.PENDING

    def title(self, subject: Order | None) -> str:
        return _("Cancel order %(number)s") % {"number": subject}

    def explanation(self, subject: Order | None) -> str:
        return str(cancelling_words(_effects(subject)))

    def run(self, subject: Order | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        cancel_order(order=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Order %(number)s is cancelled.") % {"number": subject})


class MarkFraud(Button[Order]):
    """PENDING or ACTIVE → FRAUD."""

    code = "fraud"
    label = gettext_lazy("Mark as fraud")
    permission = Permission.MANAGE_ORDERS
    look = "danger"

    def is_shown(self, subject: Order) -> bool:
        return subject.status in (OrderStatus.PENDING, OrderStatus.ACTIVE)

    def title(self, subject: Order | None) -> str:
        return _("Mark order %(number)s as fraud") % {"number": subject}

    def explanation(self, subject: Order | None) -> str:
        return str(fraud_words(_effects(subject)))

    def make_form(self, subject: Order | None, data: Any) -> forms.Form:
        effects = _effects(subject)
        if not effects.bought and not effects.under_way:
            return BackOfficeForm(data)
        ended = forms.BooleanField(
            label=_("End what is at the partner too"),
            help_text=_("The client loses it now. Without the tick it stays as it is, with its service."),
            required=False,
            initial=True,
        )
        return BackOfficeForm(data, more={"is_bought_ended": ended})

    def run(self, subject: Order | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        # Without the question there was nothing at the partner; what has got there meanwhile ends.
        is_bought_ended = bool(values.get("is_bought_ended", True))
        mark_order_fraud(order=subject, is_bought_ended=is_bought_ended, actor=visit.actor, now=visit.now)
        return Outcome(_("Order %(number)s is marked as fraud.") % {"number": subject})


def _effects(order: Order | None) -> OrderEffects:
    assert order is not None
    (effects,) = effects_of([order.pk])
    return effects
