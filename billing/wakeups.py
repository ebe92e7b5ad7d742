"""Wakes workers by task name once the transaction has committed. A dead broker never fails a request.

Nothing is lost with a message: the row waits, and the sweep of `billing.wake_due_work` finds it within a minute.
"""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)


def wake_operation(operation_id: int) -> None:
    """Asks a worker to run this operation after commit."""
    transaction.on_commit(partial(_send, "billing.run_operation", operation_id=operation_id))


def wake_email(email_id: int) -> None:
    """Asks a worker to send this letter after commit."""
    transaction.on_commit(partial(_send, "billing.send_email", email_id=email_id))


def wake_price_list(server_id: int) -> None:
    """Asks a worker to read this account's price list after commit."""
    transaction.on_commit(partial(_send, "billing.refresh_price_list", server_id=server_id))


def _send(task: str, **arguments: int) -> None:
    try:
        current_app.send_task(task, kwargs=arguments, retry=False)
    except (KombuError, OSError) as error:
        logger.warning("The broker did not take %s: %s", task, error)
