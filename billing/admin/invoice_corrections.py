"""Buttons that take something of an invoice back: money, the sale, or the whole of it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.credit_notes import issue_credit_note
from billing.actions.invoicing import cancel_invoice, move_to_collections, reissue_invoice, write_off_invoice
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.models import CreditNoteTo, Invoice, InvoiceKind, InvoiceStatus
from billing.permissions import Permission
from billing.queries.corrections import amount_left, lines_left
from billing.templatetags.back_office import amount_text
from catalog.taxes import ZERO


class ReasonForm(BackOfficeForm):
    """Why: it stands in the history for good."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=255)


class IssueCreditNote(Button[Invoice]):
    """Takes a numbered invoice back, wholly or line by line."""

    code = "credit-note"
    label = gettext_lazy("Credit note")
    permission = Permission.MANAGE_INVOICES
    look = "danger"

    def is_shown(self, subject: Invoice) -> bool:
        is_open = subject.is_payable or subject.status == InvoiceStatus.PAID
        return bool(subject.number) and is_open and amount_left(subject) > 0

    def title(self, subject: Invoice | None) -> str:
        return _("Issue a credit note for invoice %(number)s") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        words = _(
            "Of %(left)s that is left of it, %(open)s is not paid and is then no longer asked for; the rest goes where "
            "you say. A credit note is a document and cannot be undone. Services stay as they are."
        )
        unpaid = subject.balance if subject.is_payable else ZERO
        return words % {
            "left": amount_text(amount_left(subject), subject.currency_id),
            "open": amount_text(unpaid, subject.currency_id),
        }

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        assert subject is not None
        left = amount_text(amount_left(subject), subject.currency_id)
        scopes = [("whole", _("All that is left: %(amount)s") % {"amount": left}), ("lines", _("The amounts below"))]
        more: dict[str, forms.Field] = {
            "scope": forms.ChoiceField(label=_("What is taken back"), choices=scopes),
            "to": forms.ChoiceField(label=_("What was paid of it goes"), choices=CreditNoteTo.choices),
            "reason": forms.CharField(label=_("Reason"), max_length=255, help_text=_("It stands on the document.")),
        }
        for row in lines_left(subject):
            if row.left:
                words = _("With tax; %(amount)s is left.") % {"amount": amount_text(row.left, subject.currency_id)}
                more[f"lines.{row.line.pk}"] = forms.DecimalField(
                    label=row.line.description, required=False, max_digits=15, decimal_places=4, help_text=words
                )
        return BackOfficeForm(data, more=more)

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        amounts = {
            int(name.removeprefix("lines.")): amount
            for name, amount in values.items()
            if name.startswith("lines.") and amount is not None
        }
        note = issue_credit_note(
            invoice=subject,
            to=CreditNoteTo(values["to"]),
            reason=values["reason"],
            amounts=amounts if values["scope"] == "lines" else None,
            actor=visit.actor,
            now=visit.now,
        )
        words = _("Credit note %(note)s takes %(amount)s back.")
        return Outcome(words % {"note": note.number, "amount": amount_text(note.total, note.currency_id)})


class CancelInvoice(Button[Invoice]):
    """DRAFT or payable → CANCELLED."""

    code = "cancel"
    label = gettext_lazy("Cancel")
    permission = Permission.MANAGE_INVOICES
    look = "danger"

    def is_shown(self, subject: Invoice) -> bool:
        return not subject.number and (subject.is_payable or subject.status == InvoiceStatus.DRAFT)

    def title(self, subject: Invoice | None) -> str:
        return _("Cancel invoice %(number)s") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        if subject.status == InvoiceStatus.DRAFT:
            return _("The draft is put away; the client has seen nothing of it.")
        words = _("%(balance)s is no longer asked of %(client)s, and the periods on it can be invoiced again.")
        if subject.amount_paid and subject.kind == InvoiceKind.SALE:
            words += " " + _("%(paid)s that was paid of it becomes credit.")
        return words % {
            "balance": amount_text(subject.balance, subject.currency_id),
            "client": subject.client,
            "paid": amount_text(subject.amount_paid, subject.currency_id),
        }

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        cancel_invoice(invoice=subject, is_money_released=True, actor=visit.actor, now=visit.now)
        return Outcome(_("Invoice %(number)s is cancelled.") % {"number": subject})


class ReissueInvoice(Button[Invoice]):
    """Taken back and written anew as a draft."""

    code = "reissue"
    label = gettext_lazy("Write anew")
    permission = Permission.MANAGE_INVOICES
    look = "danger"

    def is_shown(self, subject: Invoice) -> bool:
        stands = subject.is_payable or (subject.status == InvoiceStatus.PAID and subject.total > 0)
        is_whole = not subject.amount_refunded and not subject.amount_credited
        return subject.kind == InvoiceKind.SALE and stands and is_whole

    def title(self, subject: Invoice | None) -> str:
        return _("Write invoice %(number)s anew") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        if subject.number:
            words = _("A credit note takes all of it back: %(total)s.")
        else:
            words = _("It is cancelled: %(total)s is no longer asked for.")
        if subject.amount_paid:
            words += " " + _("%(paid)s that was paid of it becomes credit of %(client)s.")
        words += " " + _("You get a draft with the same lines; nothing is owed until you publish that.")
        return words % {
            "total": amount_text(subject.total, subject.currency_id),
            "paid": amount_text(subject.amount_paid, subject.currency_id),
            "client": subject.client,
        }

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        return ReasonForm(data)

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        draft = reissue_invoice(invoice=subject, reason=values["reason"], actor=visit.actor, now=visit.now)
        words = _("Invoice %(number)s is taken back. This is its draft: change it and publish it.")
        return Outcome(words % {"number": subject}, go_to=reverse("admin:billing_invoice_change", args=[draft.pk]))


class MoveToCollections(Button[Invoice]):
    """UNPAID → COLLECTIONS."""

    code = "collections"
    label = gettext_lazy("To collections")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: Invoice) -> bool:
        is_open = subject.status in (InvoiceStatus.UNPAID, InvoiceStatus.PAYMENT_PENDING)
        return subject.kind == InvoiceKind.SALE and is_open

    def title(self, subject: Invoice | None) -> str:
        return _("Move invoice %(number)s to collections") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        words = _("%(balance)s stays owed, but the portal sends no more reminders and no late fee: others ask for it.")
        return words % {"balance": amount_text(subject.balance, subject.currency_id)}

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        move_to_collections(invoice=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Invoice %(number)s is in collections.") % {"number": subject})


class WriteOff(Button[Invoice]):
    """The rest of it is a loss."""

    code = "write-off"
    label = gettext_lazy("Write off")
    permission = Permission.MANAGE_INVOICES
    look = "danger"

    def is_shown(self, subject: Invoice) -> bool:
        return subject.is_payable and subject.kind == InvoiceKind.SALE and subject.balance > 0

    def title(self, subject: Invoice | None) -> str:
        return _("Write invoice %(number)s off") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        words = _(
            "%(balance)s that %(client)s owes becomes a loss, and nobody asks for it any more. What was sold stays "
            "sold: an invoice that was a mistake is cancelled instead. This cannot be undone."
        )
        return words % {"balance": amount_text(subject.balance, subject.currency_id), "client": subject.client}

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        write_off_invoice(invoice=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The rest of invoice %(number)s is written off.") % {"number": subject})
