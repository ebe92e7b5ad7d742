"""What a person decides about a bank transfer."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.bank_transfers import (
    choose_credit,
    choose_invoices,
    confirm_transfer,
    ignore_transfer,
    reopen_transfer,
)
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.models import OPEN_TRANSFERS, BankTransfer, Client, Invoice, TransferStatus
from billing.permissions import Permission
from billing.queries.bank_transfers import find_client, find_invoice, suggestions_for
from billing.templatetags.back_office import amount_text


def transfer_title(transfer: BankTransfer) -> str:
    """`€15.00 from Anna Berg`."""
    amount = amount_text(transfer.amount, transfer.currency)
    payer = transfer.payer_name or transfer.payer_account
    return _("%(amount)s from %(payer)s") % {"amount": amount, "payer": payer} if payer else amount


def proposal_words(transfer: BankTransfer) -> str:
    """What confirming it does."""
    if transfer.client is None:
        return _("Nothing is proposed.")
    shares = [
        _("%(amount)s for invoice %(number)s")
        % {"amount": amount_text(share.amount, transfer.currency), "number": share.invoice}
        for share in transfer.shares.all()
    ]
    if shares:
        return _("%(shares)s of %(client)s") % {"shares": ", ".join(shares), "client": transfer.client}
    amount = amount_text(transfer.amount, transfer.currency)
    return _("%(amount)s becomes credit of %(client)s") % {"amount": amount, "client": transfer.client}


class Confirm(Button[BankTransfer]):
    """The money is recorded as proposed."""

    code = "confirm"
    label = gettext_lazy("Confirm")
    permission = Permission.MANAGE_INVOICES
    look = "primary"

    def is_shown(self, subject: BankTransfer) -> bool:
        return subject.status == TransferStatus.MATCHED

    def title(self, subject: BankTransfer | None) -> str:
        assert subject is not None
        return _("Confirm %(transfer)s") % {"transfer": transfer_title(subject)}

    def explanation(self, subject: BankTransfer | None) -> str:
        assert subject is not None
        words = _("%(what)s. What an invoice has too much of becomes credit; what it pays for is bought or renewed.")
        return words % {"what": proposal_words(subject)}

    def run(self, subject: BankTransfer | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        confirm_transfer(transfer=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The transfer is confirmed."))


class InvoicesForm(BackOfficeForm):
    """An invoice of the list, or any by its number."""

    numbers = forms.CharField(
        label=gettext_lazy("Other invoices"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Numbers of invoices or orders, separated by commas. They are paid in this order."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("invoice", "numbers")

    def __init__(self, transfer: BankTransfer, data: Any) -> None:
        self.offered = {str(invoice.pk): invoice for invoice in suggestions_for(transfer)}
        choices = [(key, _invoice_words(invoice)) for key, invoice in self.offered.items()]
        field = forms.ChoiceField(label=_("Invoice"), choices=[("", "—"), *choices], required=False)
        super().__init__(data, more={"invoice": field} if choices else {})

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        chosen = self.offered.get(values.get("invoice", ""))
        invoices = [chosen] if chosen else []
        for number in filter(None, (one.strip() for one in values.get("numbers", "").split(","))):
            invoice = find_invoice(number)
            if invoice is None:
                self.add_error("numbers", _("There is no invoice %(number)s.") % {"number": number})
            elif invoice not in invoices:
                invoices.append(invoice)
        return {**values, "invoices": invoices}


def _invoice_words(invoice: Invoice) -> str:
    return f"{invoice} · {amount_text(invoice.balance, invoice.currency_id)} · {invoice.client}"


class ChooseInvoices(Button[BankTransfer]):
    """Another use than proposed."""

    code = "choose"
    label = gettext_lazy("Choose invoice")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: BankTransfer) -> bool:
        return subject.status in OPEN_TRANSFERS

    def title(self, subject: BankTransfer | None) -> str:
        assert subject is not None
        return _("Choose what is paid by %(transfer)s") % {"transfer": transfer_title(subject)}

    def explanation(self, subject: BankTransfer | None) -> str:
        return _("Nothing is recorded yet: confirm the transfer afterwards.")

    def make_form(self, subject: BankTransfer | None, data: Any) -> forms.Form:
        assert subject is not None
        return InvoicesForm(subject, data)

    def run(self, subject: BankTransfer | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        choose_invoices(transfer=subject, invoices=values["invoices"], actor=visit.actor, now=visit.now)
        return Outcome(_("The choice is kept. Confirm the transfer now."))


class ClientForm(BackOfficeForm):
    """Whose money it is."""

    client = forms.CharField(
        label=gettext_lazy("Client"),
        help_text=gettext_lazy("E-mail or number of the client."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_client(self) -> Client:
        found = find_client(self.cleaned_data["client"])
        if found is None:
            raise forms.ValidationError(_("There is no such client."))
        return found


class ChooseCredit(Button[BankTransfer]):
    """Money in advance."""

    code = "credit"
    label = gettext_lazy("To the client's credit")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: BankTransfer) -> bool:
        return subject.status in OPEN_TRANSFERS

    def title(self, subject: BankTransfer | None) -> str:
        assert subject is not None
        return _("Make %(transfer)s credit of a client") % {"transfer": transfer_title(subject)}

    def explanation(self, subject: BankTransfer | None) -> str:
        return _("Nothing is recorded yet: confirm the transfer afterwards.")

    def make_form(self, subject: BankTransfer | None, data: Any) -> forms.Form:
        assert subject is not None
        return ClientForm(data, initial={"client": subject.client.email if subject.client else ""})

    def run(self, subject: BankTransfer | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        choose_credit(transfer=subject, client=values["client"], actor=visit.actor, now=visit.now)
        return Outcome(_("The choice is kept. Confirm the transfer now."))


class ReasonForm(BackOfficeForm):
    """Why it is none of ours."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=255)


class Ignore(Button[BankTransfer]):
    """No payment of a client's."""

    code = "ignore"
    label = gettext_lazy("Leave out")
    permission = Permission.MANAGE_INVOICES
    look = "danger"

    def is_shown(self, subject: BankTransfer) -> bool:
        return subject.status in OPEN_TRANSFERS

    def title(self, subject: BankTransfer | None) -> str:
        assert subject is not None
        return _("Leave out %(transfer)s") % {"transfer": transfer_title(subject)}

    def explanation(self, subject: BankTransfer | None) -> str:
        return _("It is no payment of a client's, and nobody is asked about it any more. You can open it again.")

    def make_form(self, subject: BankTransfer | None, data: Any) -> forms.Form:
        return ReasonForm(data)

    def run(self, subject: BankTransfer | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        ignore_transfer(transfer=subject, reason=values["reason"], actor=visit.actor, now=visit.now)
        return Outcome(_("The transfer is left out."))


class Reopen(Button[BankTransfer]):
    """It was a client's after all."""

    code = "reopen"
    label = gettext_lazy("Open again")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: BankTransfer) -> bool:
        return subject.status == TransferStatus.IGNORED

    def title(self, subject: BankTransfer | None) -> str:
        assert subject is not None
        return _("Open %(transfer)s again") % {"transfer": transfer_title(subject)}

    def run(self, subject: BankTransfer | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        reopen_transfer(transfer=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The transfer waits for a decision again."))
