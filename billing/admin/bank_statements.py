"""Files from the bank: uploaded, read, and what they brought."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.actions.bank_statements import StatementKnown, StatementRefused, import_statement
from billing.actions.bank_transfers import TransferRefused, confirm_transfer
from billing.admin.bank_transfer_buttons import transfer_title
from billing.admin.bank_transfers import confirmed_words
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import ObjectAdmin
from billing.models import BankStatement, BankTransfer, Confidence, TransferStatus
from billing.permissions import Permission
from billing.queries.bank_transfers import count_by_outcome, sure_transfers
from billing.queries.clock import database_now
from billing.statements.reading import LARGEST_FILE
from billing.statements.warnings import warning_words
from billing.templatetags.back_office import brief

SHOWN = 200


class UploadForm(BackOfficeForm):
    """A file as the bank gave it."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CAMT (camt.052, camt.053, camt.054) or 1C client bank (kl_to_1c.txt)."),
        allow_empty_file=True,
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than %(size)s MB.") % {"size": LARGEST_FILE // 1024**2})
        return file


class ConfirmSure(Button[BankStatement]):
    """All that number and amount leave no doubt about."""

    code = "confirm-sure"
    label = gettext_lazy("Confirm what is sure")
    permission = Permission.MANAGE_INVOICES
    look = "primary"

    def is_shown(self, subject: BankStatement) -> bool:
        return sure_transfers(subject).exists()

    def title(self, subject: BankStatement | None) -> str:
        assert subject is not None
        count = sure_transfers(subject).count()
        return ngettext("Confirm %(count)s sure transfer", "Confirm %(count)s sure transfers", count) % {"count": count}

    def explanation(self, subject: BankStatement | None) -> str:
        return _("Each is recorded for its invoice; what the invoices pay for is bought or renewed.")

    def run(self, subject: BankStatement | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        done, refused = 0, []
        for transfer in sure_transfers(subject):
            try:
                confirm_transfer(transfer=transfer, actor=visit.actor, now=visit.now)
            except TransferRefused as refusal:
                refused.append(f"{transfer_title(transfer)}: {refusal}")
            else:
                done += 1
        return Outcome(" ".join([confirmed_words(done), *refused]), is_good=not refused)


@admin.register(BankStatement)
class BankStatementAdmin(ObjectAdmin):
    """What was uploaded, newest first."""

    page_template = "admin/billing/bankstatement/page.html"
    buttons = (ConfirmSure(),)
    list_display = ("file_name", "format", "accounts", "transfers_found", "transfers_known", "uploaded", "uploaded_by")
    list_display_links = ("file_name",)
    search_fields = ("file_name", "accounts")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(Permission.MANAGE_INVOICES))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form for a file; what it brought is the page of the statement."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        is_sent = request.method == "POST"
        form = UploadForm(request.POST if is_sent else None, request.FILES if is_sent else None)
        if is_sent and form.is_valid():
            statement = _import(request, form)
            if statement is not None:
                return redirect("admin:billing_bankstatement_change", statement.pk)
        context = {
            **self.frame(request, self._list_crumb),
            "title": _("Upload a bank statement"),
            "form": form,
            "home": reverse("admin:billing_bankstatement_changelist"),
        }
        return TemplateResponse(request, "admin/billing/bankstatement/upload.html", context)

    def get_facts(self, request: HttpRequest, subject: BankStatement) -> dict[str, Any]:
        transfers = BankTransfer.objects.filter(statement=subject).select_related("client")
        list_address = reverse("admin:billing_banktransfer_changelist")
        return {
            "outcomes": _outcomes(subject),
            "warnings": warning_words(subject.warnings),
            "transfers": list(transfers.prefetch_related("shares__invoice").order_by("booked_on", "pk")[:SHOWN]),
            "left": max(subject.transfers_found - subject.transfers_known - SHOWN, 0),
            "decide_url": f"{list_address}?statement__id__exact={subject.pk}",
        }

    @admin.display(description=gettext_lazy("uploaded at"), ordering="uploaded_at")
    def uploaded(self, statement: BankStatement) -> SafeString | str:
        return brief(statement.uploaded_at)


def _import(request: HttpRequest, form: UploadForm) -> BankStatement | None:
    """None with the reason on the form."""
    file = form.cleaned_data["file"]
    try:
        statement = import_statement(
            content=file.read(), file_name=file.name, actor=str(request.user), now=database_now()
        )
    except StatementKnown as known:
        messages.warning(request, str(known))
        return known.statement
    except StatementRefused as refused:
        form.add_error("file", str(refused))
        return None
    new = statement.transfers_found - statement.transfers_known
    words = ngettext("%(count)s new transfer was read.", "%(count)s new transfers were read.", new)
    messages.success(request, words % {"count": new})
    return statement


def _outcomes(statement: BankStatement) -> list[tuple[str, Any, int]]:
    """(code, word, how many) of what became of the transfers so far."""
    counts = count_by_outcome(statement)
    words: dict[str, Any] = {
        **{one.value: one.label for one in Confidence},
        **{one.value: one.label for one in TransferStatus},
    }
    return [(code, words[code], counts[code]) for code in words if counts.get(code)]
