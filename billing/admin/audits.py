"""Audits of the ledger: whether every document equals its entries, and each one that does not."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.actions.auditing import request_audit
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import Chips, ObjectAdmin
from billing.models import Account, AuditRequest, LedgerAudit
from billing.permissions import Permission
from billing.queries.differences import Difference, Document, differences_of
from billing.templatetags.back_office import brief, elapsed, state

_PAGES: Mapping[Document, str] = {
    Document.INVOICE: "admin:billing_invoice_change",
    Document.CLIENT: "admin:billing_client_change",
    Document.POSTING: "admin:billing_posting_change",
}


class AuditNow(Button[LedgerAudit]):
    """A look at the whole ledger without waiting for the night."""

    code = "audit"
    label = gettext_lazy("Audit the ledger now")
    permission = Permission.MANAGE_INVOICES

    def title(self, subject: LedgerAudit | None) -> str:
        return _("Audit the ledger now")

    def explanation(self, subject: LedgerAudit | None) -> str:
        return _(
            "A worker compares every invoice, payment and balance with its entries; it takes some seconds for a "
            "million of them and changes nothing. If it finds something new, operators get a letter."
        )

    def make_form(self, subject: LedgerAudit | None, data: Any) -> forms.Form:
        return BackOfficeForm(data)

    def run(self, subject: LedgerAudit | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        request_audit(actor=visit.actor, now=visit.now)
        return Outcome(_("A worker was asked. The result is seen here a moment later."))


class AuditChips(Chips):
    """All of them, or those that found something."""

    title = gettext_lazy("result")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [("all", gettext_lazy("All")), ("not_clean", gettext_lazy("Not clean"))]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        return queryset.filter(difference_count__gt=0) if code == "not_clean" else queryset


@admin.register(LedgerAudit)
class LedgerAuditAdmin(ObjectAdmin):
    """The history of audits, newest first."""

    page_template = "admin/billing/ledgeraudit/page.html"
    add_button = AuditNow()
    empty_words = gettext_lazy("Every night looks at the whole ledger.")
    list_display = ("state", "when", "result", "entry_count", "took", "who")
    list_display_links = ("when",)
    list_filter = (AuditChips,)
    list_before_template = "admin/billing/ledgeraudit/list_above.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Above the audits: what was requested and is not answered yet."""
        requested = AuditRequest.objects.open()
        return super().changelist_view(request, {"requested": requested, **(extra_context or {})})

    def page_title(self, subject: LedgerAudit) -> str:
        return _("Ledger audit %(number)s") % {"number": subject.pk}

    def get_facts(self, request: HttpRequest, subject: LedgerAudit) -> dict[str, Any]:
        found = differences_of(subject)
        return {
            "state_of": audit_state(subject),
            "result": result_words(subject),
            "totals": [(currency, Account(account).label, Decimal(sum_)) for currency, account, sum_ in subject.totals],
            "differences": [(one, page_of(one)) for one in found],
            "left": subject.difference_count - len(found),
            "took": elapsed(subject.duration),
            "who": asked_by(subject),
            "may_audit": self.has_add_permission(request),
            "add_url": reverse("admin:billing_ledgeraudit_add"),
        }

    @admin.display(description=gettext_lazy("status"), ordering="difference_count")
    def state(self, audit: LedgerAudit) -> SafeString:
        return audit_state(audit)

    @admin.display(description=gettext_lazy("at"), ordering="at")
    def when(self, audit: LedgerAudit) -> SafeString | str:
        return brief(audit.at)

    @admin.display(description=gettext_lazy("result"), ordering="difference_count")
    def result(self, audit: LedgerAudit) -> str:
        return result_words(audit)

    @admin.display(description=gettext_lazy("took"), ordering="duration")
    def took(self, audit: LedgerAudit) -> str:
        return elapsed(audit.duration)

    @admin.display(description=gettext_lazy("by"), ordering="actor")
    def who(self, audit: LedgerAudit) -> str:
        return asked_by(audit)


def audit_state(audit: LedgerAudit) -> SafeString:
    """Clean or not, as a badge."""
    return state("CLEAN", _("Clean")) if audit.is_clean else state("NOT_CLEAN", _("Not clean"))


def asked_by(audit: LedgerAudit) -> str:
    """Who asked for it."""
    return audit.actor or (_("nightly run") if audit.day else "—")


def result_words(audit: LedgerAudit) -> str:
    """What an audit found, as a sentence."""
    if audit.is_clean:
        return _("Every document equals its entries.")
    words = ngettext("%(count)s difference was found.", "%(count)s differences were found.", audit.difference_count)
    return words % {"count": audit.difference_count}


def page_of(difference: Difference) -> str:
    """Where the document at odds is seen; "" for what has no page."""
    if difference.document == Document.PAYMENT and difference.invoice:
        return reverse(_PAGES[Document.INVOICE], args=[difference.invoice])
    page = _PAGES.get(difference.document)
    return reverse(page, args=[difference.number]) if page else ""
