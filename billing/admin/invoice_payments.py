"""Buttons of an invoice: money that came, credit, money on its way."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.invoicing import mark_payment_failed, mark_payment_pending
from billing.actions.payments import CREDIT, GATEWAYS, apply_credit, record_payment, take_credit_back
from billing.admin.buttons import Button, Look, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.models import Invoice, InvoiceKind, InvoiceStatus
from billing.permissions import Permission
from billing.templatetags.back_office import amount_text, gateway
from catalog.money import round_money
from catalog.taxes import ZERO


class PaymentForm(BackOfficeForm):
    """Money that arrived."""

    gateway = forms.ChoiceField(
        label=gettext_lazy("How it was paid"), choices=lambda: [(code, gateway(code)) for code in GATEWAYS]
    )
    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=15, decimal_places=4)
    fee = forms.DecimalField(
        label=gettext_lazy("Fee"),
        max_digits=15,
        decimal_places=4,
        required=False,
        help_text=gettext_lazy("What the bank or the gateway kept of it."),
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=200,
        help_text=gettext_lazy("Of the bank or the gateway. The same reference again records nothing twice."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RecordPayment(Button[Invoice]):
    """Money from outside."""

    code = "payment"
    label = gettext_lazy("Record payment")
    permission = Permission.MANAGE_INVOICES
    look: Look = "primary"

    def is_shown(self, subject: Invoice) -> bool:
        return subject.is_payable

    def title(self, subject: Invoice | None) -> str:
        return _("Record payment for invoice %(number)s") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        if not subject.is_payable:
            words = _("This invoice asks for nothing any more: all that comes for it becomes credit of %(client)s.")
            return words % {"client": subject.client}
        if subject.kind != InvoiceKind.SALE:
            words = _("%(client)s means to pay %(balance)s in advance. What comes becomes credit.")
        else:
            words = _(
                "%(client)s owes %(balance)s. Once that is here the invoice is paid and what it pays for is bought "
                "or renewed at the partner. More than that becomes credit."
            )
        return words % {"client": subject.client, "balance": amount_text(subject.balance, subject.currency_id)}

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        assert subject is not None
        amount = round_money(subject.balance, precision=subject.currency.precision) if subject.is_payable else None
        return PaymentForm(data, initial={"amount": amount, "gateway": subject.payment_method})

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        payment = record_payment(
            invoice=subject,
            gateway=values["gateway"],
            reference=values["reference"],
            amount=values["amount"],
            fee=values["fee"] or ZERO,
            actor=visit.actor,
            now=visit.now,
        )
        words = _("%(amount)s is recorded for invoice %(number)s.")
        subject.refresh_from_db()
        return Outcome(words % {"amount": amount_text(payment.amount, payment.currency_id), "number": subject})


class RecordStrayPayment(RecordPayment):
    """Money for an invoice that asks for none."""

    code = "stray-payment"
    look: Look = "plain"

    def is_shown(self, subject: Invoice) -> bool:
        return not subject.is_payable and subject.status != InvoiceStatus.DRAFT


class PayWithCredit(Button[Invoice]):
    """Money that the client paid in advance, for all of the invoice or a part."""

    code = "credit"
    label = gettext_lazy("Pay with credit")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: Invoice) -> bool:
        return subject.is_payable and subject.kind == InvoiceKind.SALE and subject.client.credit_balance > 0

    def title(self, subject: Invoice | None) -> str:
        return _("Pay invoice %(number)s with credit") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        words = _("%(balance)s is to be paid; %(client)s has %(credit)s of credit.")
        return words % {
            "balance": amount_text(subject.balance, subject.currency_id),
            "client": subject.client,
            "credit": amount_text(subject.client.credit_balance, subject.currency_id),
        }

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        assert subject is not None
        most = max(min(subject.balance, subject.client.credit_balance), ZERO)
        field = forms.DecimalField(label=_("Amount"), max_digits=15, decimal_places=4)
        initial = {"amount": round_money(most, precision=subject.currency.precision)}
        return BackOfficeForm(data, more={"amount": field}, initial=initial)

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        payment = apply_credit(invoice=subject, amount=values["amount"], actor=visit.actor, now=visit.now)
        subject.refresh_from_db()
        words = _("%(amount)s of invoice %(number)s is paid with credit.")
        return Outcome(words % {"amount": amount_text(payment.amount, payment.currency_id), "number": subject})


class TakeCreditBack(Button[Invoice]):
    """Credit that was used for an invoice that is not paid up."""

    code = "credit-back"
    label = gettext_lazy("Take credit off")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: Invoice) -> bool:
        return subject.is_payable and any(
            payment.gateway == CREDIT and payment.applied_amount for payment in subject.payments.all()
        )

    def title(self, subject: Invoice | None) -> str:
        return _("Take the credit off invoice %(number)s") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        used = sum((one.applied_amount for one in subject.payments.all() if one.gateway == CREDIT), ZERO)
        words = _("%(amount)s is credit of %(client)s again, and is owed again on this invoice.")
        return words % {"amount": amount_text(used, subject.currency_id), "client": subject.client}

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        amount = take_credit_back(invoice=subject, actor=visit.actor, now=visit.now)
        words = _("%(amount)s is credit again.")
        return Outcome(words % {"amount": amount_text(amount, subject.currency_id)})


class MarkPending(Button[Invoice]):
    """UNPAID → PAYMENT_PENDING."""

    code = "pending"
    label = gettext_lazy("Payment is on its way")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: Invoice) -> bool:
        return subject.status == InvoiceStatus.UNPAID

    def title(self, subject: Invoice | None) -> str:
        return _("Payment of invoice %(number)s is on its way") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        return _("The client is not asked for it again meanwhile. Nothing is bought before the money is here.")

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        mark_payment_pending(invoice=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Invoice %(number)s waits for its payment.") % {"number": subject})


class MarkFailed(Button[Invoice]):
    """PAYMENT_PENDING → UNPAID."""

    code = "failed"
    label = gettext_lazy("It does not come")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: Invoice) -> bool:
        return subject.status == InvoiceStatus.PAYMENT_PENDING

    def title(self, subject: Invoice | None) -> str:
        return _("The payment of invoice %(number)s does not come") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        return _("The invoice is unpaid again, with its due date as it was.")

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        mark_payment_failed(invoice=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Invoice %(number)s is unpaid again.") % {"number": subject})
