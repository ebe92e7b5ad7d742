"""Buttons for money that goes back: refunds, what the bank takes, what a gateway answers."""

import secrets
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.chargebacks import reverse_payment
from billing.actions.payments import CREDIT
from billing.actions.refunds import confirm_refund, fail_refund, refund_payment
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.gateways import can_refund
from billing.models import Invoice, Payment, Refund, RefundWay
from billing.permissions import Permission
from billing.queries.refunds import owed_notes, refundable
from billing.templatetags.back_office import amount_text, gateway
from catalog.money import round_money
from catalog.taxes import ZERO


class PaymentButton(Button[Invoice]):
    """On one of the payments of an invoice."""

    permission = Permission.MANAGE_INVOICES
    look = "danger"

    def payments(self, subject: Invoice) -> list[Payment]:
        """Those that it makes sense for."""
        raise NotImplementedError

    def is_shown(self, subject: Invoice) -> bool:
        return bool(self.payments(subject))

    def payment_field(self, subject: Invoice) -> forms.ChoiceField:
        """Which one."""
        choices = [(str(payment.pk), self._words(payment)) for payment in self.payments(subject)]
        return forms.ChoiceField(label=_("Payment"), choices=choices)

    def chosen(self, subject: Invoice, values: Mapping[str, Any]) -> Payment:
        """The payment that was chosen in the form."""
        return next(one for one in self.payments(subject) if str(one.pk) == values["payment"])

    def _words(self, payment: Payment) -> str:
        return f"{amount_text(payment.amount, payment.currency_id)} · {gateway(payment.gateway)} {payment.reference}"


class RefundPayment(PaymentButton):
    """Gives money of a payment back."""

    code = "refund"
    label = gettext_lazy("Refund")

    def payments(self, subject: Invoice) -> list[Payment]:
        return [payment for payment in subject.payments.all() if payment.reversed_at is None]

    def title(self, subject: Invoice | None) -> str:
        return _("Give money of invoice %(number)s back") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        parts = [_("Off a paid invoice it goes by a credit note, which cannot be undone. Services stay as they are.")]
        for payment in self.payments(subject):
            payment.invoice = subject
            outward, to_credit = (refundable(payment, way=way).most for way in (RefundWay.RECORDED, RefundWay.CREDIT))
            words = _("%(payment)s: at most %(outward)s back, %(credit)s to credit.")
            parts.append(
                words
                % {
                    "payment": self._words(payment),
                    "outward": amount_text(outward, subject.currency_id),
                    "credit": amount_text(to_credit, subject.currency_id),
                }
            )
        return " ".join(parts)

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        assert subject is not None
        more: dict[str, forms.Field] = {
            "payment": self.payment_field(subject),
            "amount": forms.DecimalField(label=_("Amount"), max_digits=15, decimal_places=4),
            "way": forms.ChoiceField(label=_("How"), choices=self._ways(subject)),
            "reason": forms.CharField(label=_("Reason"), max_length=255),
            # A second click sends the same key and gives back nothing twice.
            "request_key": forms.CharField(widget=forms.HiddenInput, max_length=200),
        }
        notes = owed_notes(subject)
        if notes:
            promised = [(str(note.pk), f"{note} · {amount_text(owed, note.currency_id)}") for note, owed in notes]
            choices = [*promised, ("", _("In addition to what is promised"))]
            more["credit_note"] = forms.ChoiceField(label=_("Promised by"), choices=choices, required=False)
        amount = notes[0][1] if notes else self.payments(subject)[0].amount if self.payments(subject) else None
        initial = {
            "amount": None if amount is None else round_money(amount, precision=subject.currency.precision),
            "request_key": secrets.token_urlsafe(16),
        }
        return BackOfficeForm(data, more=more, initial=initial)

    def _ways(self, subject: Invoice) -> list[tuple[str, Any]]:
        by_itself = any(can_refund(payment.gateway) for payment in self.payments(subject))
        ways = [RefundWay.RECORDED, RefundWay.CREDIT, *([RefundWay.GATEWAY] if by_itself else [])]
        return [(way.value, way.label) for way in ways]

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        refund = refund_payment(
            payment=self.chosen(subject, values),
            amount=values["amount"],
            way=RefundWay(values["way"]),
            reason=values["reason"],
            request_key=f"office:{values['request_key']}",
            credit_note=subject.credit_notes.filter(pk=values.get("credit_note") or 0).first(),
            actor=visit.actor,
            now=visit.now,
        )
        words = _("%(amount)s: %(way)s.")
        return Outcome(
            words % {"amount": amount_text(refund.amount, refund.currency_id), "way": refund.get_way_display()}
        )


class ReversePayment(PaymentButton):
    """A chargeback."""

    code = "chargeback"
    label = gettext_lazy("Chargeback")

    def payments(self, subject: Invoice) -> list[Payment]:
        return [one for one in subject.payments.all() if one.reversed_at is None and one.gateway != CREDIT]

    def title(self, subject: Invoice | None) -> str:
        return _("The bank took back a payment of invoice %(number)s") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        return _(
            "The invoice goes to collections and is owed again; what had become credit is taken off the credit, and "
            "written off where it was spent. Services go on until you end them. This cannot be undone."
        )

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        assert subject is not None
        more: dict[str, forms.Field] = {
            "payment": self.payment_field(subject),
            "fee": forms.DecimalField(
                label=_("Fee"),
                max_digits=15,
                decimal_places=4,
                required=False,
                help_text=_("What the bank takes for it on top."),
            ),
            "reason": forms.CharField(label=_("Reason"), max_length=255),
        }
        return BackOfficeForm(data, more=more)

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        payment = reverse_payment(
            payment=self.chosen(subject, values),
            fee=values["fee"] or ZERO,
            reason=values["reason"],
            actor=visit.actor,
            now=visit.now,
        )
        words = _("%(amount)s was taken back by the bank; invoice %(number)s is not paid any more.")
        return Outcome(words % {"amount": amount_text(payment.amount, payment.currency_id), "number": subject})


class RefundButton(Button[Invoice]):
    """On one refund that a gateway has not settled."""

    permission = Permission.MANAGE_INVOICES

    def __init__(self, refund: Refund) -> None:
        self.refund = refund

    @property
    def amount(self) -> str:
        """How much it is, in words."""
        return amount_text(self.refund.amount, self.refund.currency_id)


class ConfirmRefund(RefundButton):
    """PENDING → DONE."""

    label = gettext_lazy("It was given back")

    def title(self, subject: Invoice | None) -> str:
        return _("%(amount)s was given back") % {"amount": self.amount}

    def explanation(self, subject: Invoice | None) -> str:
        return _("For a refund whose answer never came: look at the gateway first. This cannot be undone.")

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        reference = forms.CharField(label=_("Reference"), max_length=200, required=False)
        return BackOfficeForm(data, more={"reference": reference})

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        confirm_refund(refund=self.refund, reference=values["reference"], actor=visit.actor, now=visit.now)
        return Outcome(_("The refund of %(amount)s is done.") % {"amount": self.amount})


class FailRefund(RefundButton):
    """PENDING → FAILED."""

    label = gettext_lazy("It failed")
    look = "danger"

    def title(self, subject: Invoice | None) -> str:
        return _("The refund of %(amount)s failed") % {"amount": self.amount}

    def explanation(self, subject: Invoice | None) -> str:
        return _("Look at the gateway first: what it gave back after all would be given back twice.")

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        return BackOfficeForm(data, more={"error": forms.CharField(label=_("Reason"), max_length=255)})

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        fail_refund(refund=self.refund, error=values["error"], actor=visit.actor, now=visit.now)
        return Outcome(_("The refund of %(amount)s has failed.") % {"amount": self.amount})
