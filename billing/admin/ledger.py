"""The ledger as it was posted: every posting with its entries, to be read only."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import CheckboxFilter, TextFilter

from billing.admin.objects import ObjectAdmin, words_filter
from billing.models import Account, LedgerEntry, Posting
from billing.templatetags.back_office import brief, posted
from billing.templatetags.event_words import POSTINGS
from billing.templatetags.portal import money
from noc.day_range import DayRangeFilter


class ClientFilter(TextFilter):  # type: ignore[misc]
    """One client, by number or by a part of the e-mail."""

    title = gettext_lazy("client (number or e-mail)")
    parameter_name = "client"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = _typed(self.value())
        if not wanted:
            return queryset
        number = _number(wanted)
        return queryset.filter(client=number) if number else queryset.filter(client__email__icontains=wanted)


class InvoiceFilter(TextFilter):  # type: ignore[misc]
    """One invoice, by the number that is printed on it."""

    title = gettext_lazy("invoice number")
    parameter_name = "invoice"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = _typed(self.value()).upper()
        if not wanted:
            return queryset
        return queryset.filter(Q(invoice__number=wanted) | Q(invoice=_number(wanted.removeprefix("PRO-"))))


class AccountFilter(CheckboxFilter):  # type: ignore[misc]
    """Postings that touch an account."""

    title = gettext_lazy("account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Account.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = [value for value in self.value() or [] if value in Account]
        touching = LedgerEntry.objects.filter(posting=OuterRef("pk"), account__in=chosen)
        return queryset.filter(Exists(touching)) if chosen else queryset


def _typed(value: Any) -> str:
    return str(value or "").replace("\x00", "").strip()


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@admin.register(Posting)
class PostingAdmin(ObjectAdmin):
    """The journal, newest first."""

    page_template = "admin/billing/posting/page.html"
    page_related = ("client", "invoice", "payment")
    list_display = ("when", "what", "amount", "accounts", "client", "about")
    list_display_links = ("what",)
    list_select_related = ("client", "invoice", "payment")
    list_filter = (
        ("posted_at", DayRangeFilter),
        AccountFilter,
        ClientFilter,
        InvoiceFilter,
        words_filter("kind", gettext_lazy("posting"), POSTINGS),
    )
    search_fields = ("=id", "client__email", "client__last_name", "invoice__number", "payment__reference")
    search_help_text = gettext_lazy("Posting, client, invoice number or reference of a payment")
    ordering = ("-id",)
    # How many there are of all is not worth counting twice.
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).prefetch_related("entries")
        return found

    def page_title(self, subject: Posting) -> str:
        return _("Posting %(number)s: %(what)s") % {"number": subject.pk, "what": posted(subject)}

    def get_facts(self, request: HttpRequest, subject: Posting) -> dict[str, Any]:
        return {"entries": list(subject.entries.order_by("id"))}

    @admin.display(description=gettext_lazy("posted at"), ordering="posted_at")
    def when(self, posting: Posting) -> SafeString | str:
        return brief(posting.posted_at)

    @admin.display(description=gettext_lazy("posting"), ordering="kind")
    def what(self, posting: Posting) -> str:
        return posted(posting)

    @admin.display(description=gettext_lazy("about"))
    def about(self, posting: Posting) -> SafeString | str:
        """The invoice, and how it was paid."""
        if posting.invoice is None:
            return "—"
        address = reverse("admin:billing_invoice_change", args=[posting.invoice_id])
        words = posting.payment.reference if posting.payment else ""
        link = format_html('<a class="bo-link" href="{}">{}</a>', address, posting.invoice)
        return format_html('{}<br><span class="bo-muted">{}</span>', link, words) if words else link

    @admin.display(description=gettext_lazy("accounts"))
    def accounts(self, posting: Posting) -> SafeString:
        """Where it came from and where it went: debit → credit."""
        sides = [
            ", ".join(str(entry.get_account_display()) for entry in posting.entries.all() if entry.amount * sign > 0)
            for sign in (1, -1)
        ]
        return format_html_join(" → ", "{}", ((side or "—",) for side in sides))

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, posting: Posting) -> SafeString:
        """What was debited, by currency."""
        sums: dict[str, Any] = {}
        for entry in posting.entries.all():
            if entry.amount > 0:
                sums[entry.currency_id] = sums.get(entry.currency_id, 0) + entry.amount
        return format_html_join("<br>", "{}", ((money(sum_, currency),) for currency, sum_ in sums.items()))
