"""Alerts on their way: leased, sent, put off, given up."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.alerts.failures import AlertNotTaken
from billing.alerts.messages import write_message
from billing.alerts.sending import send_message
from billing.models import Alert, AlertStatus
from billing.wakeups import wake_alert

logger = logging.getLogger(__name__)

# Longer than a call may take.
LEASE: Final = timedelta(minutes=2)
ATTEMPTS: Final = 12
LONGEST_WAIT: Final = timedelta(hours=1)
ALERTS_AT_ONCE: Final = 200


class AlertNotFailed(Exception):
    """The alert is on its way, or arrived."""


def send_alert(*, alert_id: int, now: datetime) -> None:
    """Leases the alert, sends it, records the outcome. A second delivery of the wake-up does nothing.

    A worker that dies between the answer and our record sends it again once the lease is over.
    """
    due = Alert.objects.due(now=now).filter(pk=alert_id)
    if not due.update(status=AlertStatus.SENDING, run_after=now + LEASE):
        return
    related = ("channel", "event__operation__service__product", "event__operation__service__client")
    alert = Alert.objects.select_related(*related, "event__client", "event__invoice").get(pk=alert_id)
    try:
        if not alert.channel.is_active:
            raise AlertNotTaken("The channel is switched off.", is_final=True)
        send_message(alert.channel, write_message(alert), now=now)
    except AlertNotTaken as failure:
        _put_off(alert, failure, now=now)
    except Exception as error:
        logger.exception("Alert %s cannot be sent", alert.pk)
        _settle(alert, status=AlertStatus.FAILED, attempt=alert.attempt + 1, error=type(error).__name__)
    else:
        _settle(alert, status=AlertStatus.SENT, attempt=alert.attempt + 1, sent_at=now, error="")


def send_alert_again(*, alert: Alert, actor: str, now: datetime) -> None:
    """FAILED → SENDING, due at once. Raises AlertNotFailed."""
    with transaction.atomic():
        failed = Alert.objects.filter(pk=alert.pk, status=AlertStatus.FAILED)
        if not failed.update(status=AlertStatus.SENDING, attempt=0, run_after=now, error=""):
            raise AlertNotFailed(_("This alert is on its way, or arrived."))
        record_event("alert.sent_again", now=now, actor=actor, data={"number": alert.pk})
        wake_alert(alert.pk)


def wake_due_alerts(*, now: datetime) -> None:
    """Wakes a worker for each alert that is due."""
    for alert_id in Alert.objects.due(now=now).order_by("run_after").values_list("pk", flat=True)[:ALERTS_AT_ONCE]:
        wake_alert(alert_id)


def _put_off(alert: Alert, failure: AlertNotTaken, *, now: datetime) -> None:
    attempt = alert.attempt + 1
    wait = max(min(timedelta(seconds=15) * 2**attempt, LONGEST_WAIT), failure.after)
    is_over = failure.is_final or attempt >= ATTEMPTS
    values: dict[str, Any] = {"status": AlertStatus.FAILED} if is_over else {"run_after": now + wait}
    _settle(alert, attempt=attempt, error=str(failure)[:1000], **values)


def _settle(alert: Alert, **values: Any) -> None:
    """Only while this very lease holds."""
    Alert.objects.filter(pk=alert.pk, status=AlertStatus.SENDING, run_after=alert.run_after).update(**values)
