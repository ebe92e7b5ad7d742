"""Letters: what was sent to whom, what the mail server said, and sending them again."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, ChoicesCheckboxFilter

from billing.actions.letter_headers import message_id
from billing.actions.resending import resend_email, resend_undelivered
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.objects import ObjectAdmin
from billing.models import RESENDABLE_STATUSES, Email, EmailStatus
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.templatetags.back_office import brief, state
from billing.templatetags.event_titles import EVENTS
from noc.day_range import DayRangeFilter

_WAITING: Final = (EmailStatus.READY, EmailStatus.SENDING)


class SendAgain(Button[Email]):
    """The same letter once more."""

    code = "again"
    label = gettext_lazy("Send again")
    permission = Permission.MANAGE_CLIENTS
    look = "primary"

    def is_shown(self, subject: Email) -> bool:
        return subject.status in RESENDABLE_STATUSES

    def title(self, subject: Email | None) -> str:
        assert subject is not None
        return _("Send the letter to %(recipient)s again") % {"recipient": subject.recipient}

    def explanation(self, subject: Email | None) -> str:
        return _("It is written anew from what is true now. One that would ask for money that came is not sent.")

    def run(self, subject: Email | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        resend_email(email=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The letter to %(recipient)s is on its way.") % {"recipient": subject.recipient})


@admin.register(Email)
class EmailAdmin(ObjectAdmin):
    """Letters, sent and waiting."""

    page_template = "admin/billing/email/page.html"
    buttons = (SendAgain(),)
    actions = ("send_again",)
    page_related = ("client", "event")
    list_display = ("state", "letter_words", "recipient", "subject", "client", "attempt", "sent")
    list_display_links = ("letter_words",)
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ("sent_at", DayRangeFilter),
        ("letter", AllValuesCheckboxFilter),
    )
    list_select_related = ("client",)
    search_fields = ("recipient", "subject", "letter", "=client__id", "client__last_name", "client__company")
    search_help_text = gettext_lazy("Recipient, subject, letter or client")

    def page_title(self, subject: Email) -> str:
        return subject.subject or letter_words(subject.letter)

    def get_facts(self, request: HttpRequest, subject: Email) -> dict[str, Any]:
        deliveries = list(subject.deliveries.all())
        for delivery in deliveries:
            delivery.message_id = message_id(subject.pk, delivery.token)  # type: ignore[attr-defined]
        return {
            "letter_words": letter_words(subject.letter),
            "reason": _(subject.error) if subject.error else "",
            "deliveries": deliveries,
            "waits": subject.status in _WAITING,
        }

    @admin.action(description=gettext_lazy("Send again what was not delivered"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Email]) -> HttpResponse | None:
        """Those of the chosen letters that failed or came back."""
        emails = list(queryset.values_list("pk", flat=True))
        count = resend_undelivered(emails=emails, actor=str(request.user), now=database_now())
        words = ngettext("%(count)s letter is on its way.", "%(count)s letters are on their way.", count)
        (messages.success if count else messages.warning)(request, words % {"count": count})
        return None

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(Permission.MANAGE_CLIENTS)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, email: Email) -> SafeString:
        return state(email.status, email.get_status_display())

    @admin.display(description=gettext_lazy("letter"), ordering="letter")
    def letter_words(self, email: Email) -> str:
        """The event that the letter tells of, in words."""
        return letter_words(email.letter)

    @admin.display(description=gettext_lazy("sent at"), ordering="sent_at")
    def sent(self, email: Email) -> SafeString | str:
        return brief(email.sent_at)


def letter_words(letter: str) -> str:
    """The event that a letter of this name tells of, in words."""
    name = letter.removeprefix("operator.")
    return str(EVENTS.get(name, name))
