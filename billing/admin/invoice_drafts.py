"""Buttons of drafts: written for a client, filled line by line, published."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminDateWidget

from billing.actions.invoicing import (
    DraftInvalid,
    DraftLine,
    add_draft_line,
    change_draft,
    change_draft_line,
    create_draft,
    publish_invoice,
    remove_draft_line,
)
from billing.actions.invoicing.drafting import treatment_of
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.models import Client, Invoice, InvoiceLine, InvoiceStatus
from billing.permissions import Permission
from billing.queries.pages_payment import invoice_methods
from billing.templatetags.back_office import amount_text
from catalog.models import TaxTreatment


def _amount_help() -> str:
    if settings.PRICES_INCLUDE_TAX:
        return _("Tax included, as in the price list.")
    return _("Without tax, as in the price list; it is added.")


class LineForm(BackOfficeForm):
    """A line as it is typed in; the action judges it."""

    description = forms.CharField(label=gettext_lazy("What for"), max_length=255)
    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=15, decimal_places=4)
    tax_treatment = forms.ChoiceField(label=gettext_lazy("Tax"), choices=TaxTreatment.choices)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["amount"].help_text = _amount_help()


class TermsForm(BackOfficeForm):
    """When and how a draft is to be paid."""

    due_date = forms.DateField(
        label=gettext_lazy("Due date"),
        required=False,
        widget=UnfoldAdminDateWidget,
        help_text=gettext_lazy("Empty: as many days ahead as renewals are invoiced."),
    )
    payment_method = forms.ChoiceField(label=gettext_lazy("Payment method"), choices=invoice_methods)
    notes = forms.CharField(label=gettext_lazy("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class NewInvoiceForm(TermsForm, LineForm):
    """A draft with its first line."""

    field_order = ("description", "amount", "tax_treatment", "due_date", "payment_method", "notes")


class CreateDraft(Button[Client]):
    """A draft for a client."""

    code = "invoice"
    label = gettext_lazy("Write invoice")
    permission = Permission.MANAGE_INVOICES
    is_page = True

    def title(self, subject: Client | None) -> str:
        return _("Write an invoice for %(client)s") % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        return _("It starts as a draft: the client sees nothing of it until you publish it. More lines come later.")

    def make_form(self, subject: Client | None, data: Any) -> forms.Form:
        return NewInvoiceForm(data)

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        line = DraftLine(values["description"], values["amount"], values["tax_treatment"])
        terms = {name: values[name] for name in ("due_date", "payment_method", "notes")}
        try:
            draft = create_draft(client=subject, lines=[line], actor=visit.actor, now=visit.now, **terms)
        except DraftInvalid as refusal:
            raise DraftInvalid(
                {name.removeprefix("lines.0."): messages for name, messages in refusal.errors.items()}
            ) from refusal
        return Outcome(
            _("The draft is written; publish it when it is complete."),
            go_to=reverse("admin:billing_invoice_change", args=[draft.pk]),
        )


class DraftButton(Button[Invoice]):
    """Only on drafts."""

    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: Invoice) -> bool:
        return subject.status == InvoiceStatus.DRAFT


class Publish(DraftButton):
    """DRAFT → UNPAID."""

    code = "publish"
    label = gettext_lazy("Publish")
    look = "primary"

    def title(self, subject: Invoice | None) -> str:
        return _("Publish invoice %(number)s") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        words = _(
            "%(client)s owes %(total)s from now on, with the tax rates and addresses of today. Its lines never change "
            "again: what is wrong then is corrected by cancelling it or by a credit note."
        )
        return words % {"client": subject.client, "total": amount_text(subject.total, subject.currency_id)}

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        told = forms.BooleanField(label=_("Send the letter with the invoice"), required=False, initial=True)
        return BackOfficeForm(data, more={"is_client_told": told})

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        told: bool = values["is_client_told"]
        publish_invoice(invoice=subject, is_client_told=told, actor=visit.actor, now=visit.now)
        return Outcome(_("Invoice %(number)s is issued.") % {"number": subject})


class ChangeDraft(DraftButton):
    """Due date, payment method, notes."""

    code = "terms"
    label = gettext_lazy("Change terms")

    def title(self, subject: Invoice | None) -> str:
        return _("Terms of invoice %(number)s") % {"number": subject}

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        assert subject is not None
        names = ("due_date", "payment_method", "notes")
        form = TermsForm(data, initial={name: getattr(subject, name) for name in names})
        form.fields["due_date"].required, form.fields["due_date"].help_text = True, ""
        return form

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        change_draft(invoice=subject, values=values, actor=visit.actor, now=visit.now)
        return Outcome(_("The terms are changed."))


class AddLine(DraftButton):
    """One more line."""

    code = "line"
    label = gettext_lazy("Add line")

    def title(self, subject: Invoice | None) -> str:
        return _("Add a line to invoice %(number)s") % {"number": subject}

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        return LineForm(data)

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        line = DraftLine(values["description"], values["amount"], values["tax_treatment"])
        add_draft_line(invoice=subject, line=line, actor=visit.actor, now=visit.now)
        return Outcome(_("The line is added."))


class LineButton(DraftButton):
    """On one line of a draft."""

    def __init__(self, line: InvoiceLine) -> None:
        self.line = line


class ChangeLine(LineButton):
    """Words, amount and tax of a line."""

    label = gettext_lazy("Change")

    def title(self, subject: Invoice | None) -> str:
        return _("Change “%(line)s”") % {"line": self.line}

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        line = self.line
        price = line.price if line.price is not None else self._priced()
        initial = {
            "description": line.description,
            "amount": f"{price.normalize():f}",
            "tax_treatment": treatment_of(line),
        }
        return LineForm(data, initial=initial)

    def _priced(self) -> Decimal:
        """What would be typed in for a line that was copied."""
        return self.line.total if settings.PRICES_INCLUDE_TAX else self.line.amount

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        change_draft_line(line=self.line, actor=visit.actor, now=visit.now, **values)
        return Outcome(_("The line is changed."))


class RemoveLine(LineButton):
    """A line less."""

    label = gettext_lazy("Remove")
    look = "danger"

    def title(self, subject: Invoice | None) -> str:
        return _("Remove “%(line)s”") % {"line": self.line}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        words = _("%(amount)s less on this draft. Nothing else changes.")
        return words % {"amount": amount_text(self.line.total, subject.currency_id)}

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        remove_draft_line(line=self.line, actor=visit.actor, now=visit.now)
        return Outcome(_("The line is removed."))
