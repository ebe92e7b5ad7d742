"""Alerts: rows for every channel that wants one, written with the event. More of the same is counted, not sent."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from billing.alerts.kinds import kind_of, subject_of
from billing.models import Alert, AlertChannel, AlertKind, AlertStatus, Event
from billing.wakeups import wake_alert


def raise_alert(event: Event, *, now: datetime) -> None:
    """Writes an alert for each channel that wants those of the event's kind; events of no kind are left alone.

    About the same object a channel hears of the same kind once in ALERT_INTERVAL: what comes sooner waits in one row
    that counts, so nothing is lost and nothing floods. Call it in the transaction of the event.
    """
    kind = kind_of(event)
    if kind is None:
        return
    for channel in AlertChannel.objects.filter(is_active=True):
        if channel.takes(kind):
            _put(channel, event, kind, now=now)


def _put(channel: AlertChannel, event: Event, kind: AlertKind, *, now: datetime) -> None:
    alike = Alert.objects.filter(channel=channel, kind=kind, subject=subject_of(event))
    waiting = alike.filter(status=AlertStatus.WAITING)
    if waiting.update(count=F("count") + 1):
        return
    latest = alike.order_by("-created_at", "-pk").first()
    quiet_until = (latest.sent_at or latest.run_after) + settings.ALERT_INTERVAL if latest else now
    try:
        with transaction.atomic():
            alert = Alert.objects.create(
                channel=channel,
                event=event,
                kind=kind,
                subject=subject_of(event),
                run_after=max(now, quiet_until),
                created_at=now,
            )
    except IntegrityError:
        # Another event of the kind was a moment faster.
        waiting.update(count=F("count") + 1)
        return
    if alert.run_after <= now:
        wake_alert(alert.pk)
