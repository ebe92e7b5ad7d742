"""What was written down: the audit trail and the letters. Nobody changes it."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, ChoicesCheckboxFilter

from billing.admin.objects import ReadOnlyAdmin, words_filter
from billing.models import Email, Event
from billing.templatetags.back_office import brief, details, happened, state
from billing.templatetags.event_words import EVENTS
from noc.day_range import DayRangeFilter

SUBJECTS = ("client", "order", "invoice", "service", "operation")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The audit log."""

    list_display = ("when", "what", "actor", "about", "detail_words")
    list_display_links = ("what",)
    list_filter = (("at", DayRangeFilter), words_filter("name", gettext_lazy("event"), EVENTS))
    list_select_related = ("client", "order", "invoice", "service", "operation")
    search_fields = ("name", "actor", "client__email", "order__number", "invoice__number", "=service__id")
    search_help_text = gettext_lazy("Event, who did it, client, order, invoice or service")
    fields = ("when", "what", "name", "actor", "about", "detail_words")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("at"), ordering="at")
    def when(self, event: Event) -> SafeString | str:
        return brief(event.at)

    @admin.display(description=gettext_lazy("event"), ordering="name")
    def what(self, event: Event) -> str:
        return happened(event)

    @admin.display(description=gettext_lazy("about"))
    def about(self, event: Event) -> SafeString:
        """Links to everything that the event concerns."""
        found = [(subject, getattr(event, subject)) for subject in SUBJECTS]
        links = [
            (reverse(f"admin:billing_{name}_change", args=[subject.pk]), subject._meta.verbose_name, subject)
            for name, subject in found
            if subject is not None
        ]
        return format_html_join(" · ", '<a class="bo-link" href="{}">{} {}</a>', links) or format_html("{}", "—")

    @admin.display(description=gettext_lazy("details"))
    def detail_words(self, event: Event) -> str:
        return details(event) or "—"


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    """Letters, sent and waiting."""

    list_display = ("state", "letter_words", "recipient", "subject", "client", "attempt", "sent")
    list_display_links = ("letter_words",)
    list_filter = (("status", ChoicesCheckboxFilter), ("letter", AllValuesCheckboxFilter))
    list_select_related = ("client",)
    search_fields = ("recipient", "subject", "letter")
    fields = (
        "state",
        "letter_words",
        "letter",
        "subject",
        "recipient",
        "language",
        "client",
        "attachment",
        "attempt",
        "due",
        "sent",
        "error",
    )
    readonly_fields = fields

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, email: Email) -> SafeString:
        return state(email.status, email.get_status_display())

    @admin.display(description=gettext_lazy("letter"), ordering="letter")
    def letter_words(self, email: Email) -> str:
        """The event that the letter tells of, in words."""
        name = email.letter.removeprefix("operator.")
        return str(EVENTS.get(name, name))

    @admin.display(description=gettext_lazy("due at"), ordering="run_after")
    def due(self, email: Email) -> SafeString | str:
        return brief(email.run_after)

    @admin.display(description=gettext_lazy("sent at"), ordering="sent_at")
    def sent(self, email: Email) -> SafeString | str:
        return brief(email.sent_at)
