"""Credit of a client, changed by staff."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.payments import add_credit, take_credit
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.models import Client
from billing.permissions import Permission
from billing.templatetags.back_office import amount_text


class CreditForm(BackOfficeForm):
    """Money in advance."""

    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=12, decimal_places=4, localize=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class AddCredit(Button[Client]):
    """Money that came without an invoice."""

    code = "credit"
    label = gettext_lazy("Add credit")
    permission = Permission.MANAGE_INVOICES

    def title(self, subject: Client | None) -> str:
        return _("Add credit to %(client)s") % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        assert subject is not None
        words = _(
            "Money received in advance, in %(currency)s. The client has %(balance)s and can pay invoices with it."
        )
        return words % {
            "currency": subject.currency_id,
            "balance": amount_text(subject.credit_balance, subject.currency_id),
        }

    def make_form(self, subject: Client | None, data: Any) -> forms.Form:
        return CreditForm(data)

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        amount: Decimal = values["amount"]
        balance = add_credit(client=subject, amount=amount, reason=values["reason"], actor=visit.actor, now=visit.now)
        words = _("%(amount)s added; the credit of %(client)s is %(balance)s now.")
        return Outcome(
            words
            % {
                "amount": amount_text(amount, subject.currency_id),
                "client": subject,
                "balance": amount_text(balance, subject.currency_id),
            }
        )


class TakeCredit(Button[Client]):
    """A correction of the credit."""

    code = "take-credit"
    label = gettext_lazy("Take credit away")
    permission = Permission.MANAGE_INVOICES
    look = "danger"

    def is_shown(self, subject: Client) -> bool:
        return subject.credit_balance > 0

    def title(self, subject: Client | None) -> str:
        return _("Take credit away from %(client)s") % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        assert subject is not None
        words = _("For what was paid out to the client, or was never theirs. They have %(balance)s.")
        return words % {"balance": amount_text(subject.credit_balance, subject.currency_id)}

    def make_form(self, subject: Client | None, data: Any) -> forms.Form:
        return CreditForm(data)

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        balance = take_credit(
            client=subject, amount=values["amount"], reason=values["reason"], actor=visit.actor, now=visit.now
        )
        words = _("The credit of %(client)s is %(balance)s now.")
        return Outcome(words % {"client": subject, "balance": amount_text(balance, subject.currency_id)})
