"""Transfers that bank statements told of: what each may pay, and what people decide, one by one or many at once."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedCheckboxFilter

from billing.actions.bank_statements import match_again
from billing.actions.bank_transfers import TransferRefused, confirm_transfer
from billing.admin.bank_transfer_buttons import (
    ChooseCredit,
    ChooseInvoices,
    Confirm,
    Ignore,
    Reopen,
    proposal_words,
    transfer_title,
)
from billing.admin.deciding import decide_each
from billing.admin.objects import Chips, ObjectAdmin
from billing.models import OPEN_TRANSFERS, BankTransfer, Confidence, Event, TransferShare, TransferStatus
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.templatetags.back_office import state
from billing.templatetags.portal import money

SHARES = Prefetch("shares", queryset=TransferShare.objects.select_related("invoice").order_by("pk"))


class TransferChips(Chips):
    """What waits for a decision comes first."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("open", gettext_lazy("To decide")),
            ("sure", Confidence.SURE.label),
            ("new", TransferStatus.NEW.label),
            ("confirmed", TransferStatus.CONFIRMED.label),
            ("ignored", TransferStatus.IGNORED.label),
            ("all", gettext_lazy("All")),
        ]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        if code == "all" or ("show" not in request.GET and request.GET.get("q")):
            return queryset
        if code == "open":
            return queryset.filter(status__in=OPEN_TRANSFERS)
        if code == "sure":
            return queryset.filter(status=TransferStatus.MATCHED, confidence=Confidence.SURE)
        return queryset.filter(status=code.upper())


@admin.register(BankTransfer)
class BankTransferAdmin(ObjectAdmin):
    """Money that came to the bank, and what it pays."""

    page_template = "admin/billing/banktransfer/page.html"
    buttons = (Confirm(), ChooseInvoices(), ChooseCredit(), Ignore(), Reopen())
    list_display = ("state_badge", "day", "amount_words", "payer", "purpose_words", "proposal", "sureness")
    list_display_links = ("amount_words",)
    list_filter = (
        TransferChips,
        ("statement", RelatedCheckboxFilter),
        ("confidence", ChoicesCheckboxFilter),
    )
    list_before_template = "admin/chips.html"
    search_fields = ("reference", "payer_name", "payer_account", "=payer_tax_id", "purpose", "client__email")
    search_help_text = gettext_lazy("Reference, payer, purpose, e-mail of the client")
    actions = ("confirm_selected", "match_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankTransfer]:
        found: QuerySet[BankTransfer] = super().get_queryset(request)
        return found.select_related("client").prefetch_related(SHARES)

    def get_page_queryset(self) -> QuerySet[Any]:
        return BankTransfer.objects.select_related("client", "statement").prefetch_related(SHARES)

    def page_title(self, subject: BankTransfer) -> str:
        return transfer_title(subject)

    def get_facts(self, request: HttpRequest, subject: BankTransfer) -> dict[str, Any]:
        events = Event.objects.filter(name__startswith="bank_transfer.", data__transfer=subject.pk)
        return {
            "shares": list(subject.shares.all()),
            "is_open": subject.status in OPEN_TRANSFERS,
            "proposal": proposal_words(subject),
            "events": list(events.select_related("operation").order_by("-id")[:30]),
        }

    @admin.action(description=gettext_lazy("Confirm…"))
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[BankTransfer]) -> HttpResponse | None:
        """Asks with a list of what each pays, then confirms one by one."""
        if not request.user.has_perm(Permission.MANAGE_INVOICES):
            raise PermissionDenied
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True))
        if "confirmed" in request.POST:
            self._confirm_each(request, chosen)
            return None
        rows = list(self.get_page_queryset().filter(pk__in=chosen).order_by("booked_on", "pk"))
        context = {
            **self.frame(request, self._list_crumb),
            "title": ngettext("Confirm %(count)s transfer", "Confirm %(count)s transfers", len(rows))
            % {"count": len(rows)},
            "rows": [(transfer, proposal_words(transfer)) for transfer in rows],
            "count": sum(transfer.status == TransferStatus.MATCHED for transfer in rows),
            "code": "confirm_selected",
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/billing/banktransfer/decide_selected.html", context)

    def _confirm_each(self, request: HttpRequest, chosen: list[int]) -> None:
        now = database_now()
        done = decide_each(
            request,
            BankTransfer.objects.filter(pk__in=chosen).order_by("booked_on", "pk"),
            lambda transfer: confirm_transfer(transfer=transfer, actor=str(request.user), now=now),
            refused=TransferRefused,
            name_of=transfer_title,
        )
        if done:
            messages.success(request, confirmed_words(done))

    @admin.action(description=gettext_lazy("Match again"))
    def match_selected(self, request: HttpRequest, queryset: QuerySet[BankTransfer]) -> None:
        """Looks anew, as after an invoice was written that was missing."""
        if not request.user.has_perm(Permission.MANAGE_INVOICES):
            raise PermissionDenied
        found = match_again(transfers=queryset, actor=str(request.user), now=database_now())
        words = ngettext("%(count)s has a proposal now.", "%(count)s have a proposal now.", found)
        messages.success(request, words % {"count": found})

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state_badge(self, transfer: BankTransfer) -> SafeString:
        return state(transfer.status, transfer.get_status_display())

    @admin.display(description=gettext_lazy("booked on"), ordering="booked_on")
    def day(self, transfer: BankTransfer) -> str:
        return date_format(transfer.booked_on, "SHORT_DATE_FORMAT")

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def amount_words(self, transfer: BankTransfer) -> SafeString:
        return money(transfer.amount, transfer.currency)

    @admin.display(description=gettext_lazy("payer"), ordering="payer_name")
    def payer(self, transfer: BankTransfer) -> str:
        return transfer.payer_name or transfer.payer_account or "—"

    @admin.display(description=gettext_lazy("purpose"))
    def purpose_words(self, transfer: BankTransfer) -> str:
        return Truncator(transfer.purpose).chars(120) or "—"

    @admin.display(description=gettext_lazy("what it pays"), ordering="client")
    def proposal(self, transfer: BankTransfer) -> str:
        return proposal_words(transfer) if transfer.client else "—"

    @admin.display(description=gettext_lazy("how sure"), ordering="confidence")
    def sureness(self, transfer: BankTransfer) -> SafeString | str:
        return state(transfer.confidence, transfer.get_confidence_display()) if transfer.confidence else "—"


def confirmed_words(count: int) -> str:
    """How many were confirmed, as a sentence."""
    return ngettext("%(count)s transfer is confirmed.", "%(count)s transfers are confirmed.", count) % {"count": count}
