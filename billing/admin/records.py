"""What was written down: the audit trail. Nobody changes it."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from billing.admin.objects import ReadOnlyAdmin, words_filter
from billing.models import Event
from billing.templatetags.back_office import brief, details, happened
from billing.templatetags.event_titles import EVENTS
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
