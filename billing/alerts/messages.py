"""What an alert says: a line, some details, and a link into the back office."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Alert, Event
from billing.queries.operations import operation_words

MOST_DETAILS = 8


@dataclass(frozen=True, slots=True)
class Message:
    """An alert in words; `data` holds the values of its event, never a secret."""

    number: int
    kind: str
    event: str
    at: datetime
    title: str
    text: str
    url: str
    count: int
    data: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The body of a webhook."""
        return {
            "id": self.number,
            "kind": self.kind,
            "event": self.event,
            "at": self.at.isoformat(),
            "title": self.title,
            "text": self.text,
            "url": self.url,
            "count": self.count,
            "data": self.data,
        }

    def as_text(self) -> str:
        """The same for a chat."""
        return "\n".join(part for part in (self.title, self.text, self.url) if part)


def write_message(alert: Alert) -> Message:
    """The message in the language of the back office."""
    event = alert.event
    with translation.override(settings.LANGUAGE_CODE):
        title = f"{settings.PORTAL_NAME}: {alert.get_kind_display()}"
        lines = _details(event)
        if alert.count > 1:
            words = ngettext(
                "%(count)s time since the last alert.", "%(count)s times since the last alert.", alert.count
            )
            lines.append(words % {"count": alert.count})
    return Message(
        number=alert.pk,
        kind=alert.kind,
        event=event.name,
        at=event.at,
        title=title,
        text="\n".join(lines),
        url=settings.PORTAL_URL + _address(event),
        count=alert.count,
        data=event.data,
    )


def write_test(*, now: datetime) -> Message:
    """What the button *Send a test* sends."""
    with translation.override(settings.LANGUAGE_CODE):
        title = f"{settings.PORTAL_NAME}: " + _("a test")
        text = _("Alerts of this portal arrive here.")
    url = settings.PORTAL_URL + reverse("admin:index")
    return Message(0, "TEST", "alert_channel.tested", now, title, text, url, 1, {})


def _details(event: Event) -> list[str]:
    if event.operation is not None:
        operation = event.operation
        what = f"{operation.get_kind_display()} · {operation.service.product.name} · {operation.service.client}"
        return [line for line in (what, operation_words(operation)) if line]
    lines = [str(event.client)] if event.client is not None else []
    if event.invoice is not None:
        lines.append(str(event.invoice))
    values = [str(value) for value in event.data.values() if isinstance(value, str) and value]
    return lines + [value[:200] for value in values[:MOST_DETAILS]]


def _address(event: Event) -> str:
    """Where an operator looks: what the event is about, else the first page."""
    for name in ("operation", "service", "invoice", "client"):
        number = getattr(event, f"{name}_id")
        if number is not None:
            return reverse(f"admin:billing_{name}_change", args=[number])
    if event.name.startswith("automation."):
        return reverse("admin:billing_automationrun_changelist")
    if "server" in event.data:
        return reverse("admin:noc_server_change", args=[event.data["server"]])
    return reverse("admin:index")
