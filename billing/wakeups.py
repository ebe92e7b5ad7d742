"""Wakes workers by task name once the transaction has committed. A dead broker never fails a request.

Nothing is lost with a message: the row waits, and the sweep of `billing.wake_due_work` finds it within a minute.
"""

import logging
from datetime import timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)


# Longer waits are left to the sweep: a delayed message must be shorter than the broker's visibility time-out.
LONGEST_DELAY = timedelta(minutes=4)


def wake_operation(operation_id: int, *, after: timedelta = timedelta(0)) -> None:
    """Asks a worker, after commit, to run this operation now or in a while."""
    if after <= LONGEST_DELAY:
        transaction.on_commit(partial(_send, "billing.run_operation", after=after, operation_id=operation_id))


def wake_email(email_id: int) -> None:
    """Asks a worker to send this letter after commit."""
    transaction.on_commit(partial(_send, "billing.send_email", email_id=email_id))


def wake_alert(alert_id: int) -> None:
    """Asks a worker to send this alert after commit."""
    transaction.on_commit(partial(_send, "billing.send_alert", alert_id=alert_id))


def wake_document(document_id: int) -> None:
    """Asks a worker to make this PDF after commit."""
    transaction.on_commit(partial(_send, "billing.make_document", document_id=document_id))


def wake_price_list(server_id: int) -> None:
    """Asks a worker to read this account's price list after commit."""
    transaction.on_commit(partial(_send, "billing.refresh_price_list", server_id=server_id))


def wake_account_sync(server_id: int) -> None:
    """Asks a worker to read this account whole after commit."""
    transaction.on_commit(partial(_send, "billing.sync_account", server_id=server_id))


def wake_vat_check(client_id: int) -> None:
    """Asks a worker, after commit, to ask the register about the VAT number of this client."""
    transaction.on_commit(partial(_send, "billing.check_vat_number", client_id=client_id))


def wake_payment_attempt(attempt_id: int) -> None:
    """Asks a worker, after commit, to charge a saved card, or to ask a gateway about this payment."""
    transaction.on_commit(partial(_send, "billing.tend_payment_attempt", attempt_id=attempt_id))


def wake_gateway_event(event_id: int) -> None:
    """Asks a worker to process this notification after commit."""
    transaction.on_commit(partial(_send, "billing.process_gateway_event", event_id=event_id))


def wake_refund(refund_id: int) -> None:
    """Asks a worker, after commit, to ask the gateway for this refund."""
    transaction.on_commit(partial(_send, "billing.run_refund", refund_id=refund_id))


def wake_audit(request_id: int) -> None:
    """Asks a worker, after commit, for the audit of the ledger that somebody requested."""
    transaction.on_commit(partial(_send, "billing.audit_ledger", request_id=request_id))


def wake_automation() -> None:
    """Asks a worker, after commit, to go on with the nightly run."""
    transaction.on_commit(partial(_send, "billing.run_automation"))


def _send(task: str, *, after: timedelta = timedelta(0), **arguments: int) -> None:
    try:
        current_app.send_task(task, kwargs=arguments, countdown=max(after.total_seconds(), 0) or None, retry=False)
    except (KombuError, OSError) as error:
        logger.warning("The broker did not take %s: %s", task, error)
