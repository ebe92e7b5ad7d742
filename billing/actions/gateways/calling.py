"""Every call to a gateway: timed, logged, and counted where it fails, so that operators hear of an outage once."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from billing.actions.alert_channels import alert_gateway_failing
from billing.gateways import ONLINE
from billing.gateways.base import (
    Answer,
    Gateway,
    GatewayMisconfigured,
    GatewayRejected,
    GatewayUnavailable,
    Keys,
    RefundAnswer,
    Started,
)
from billing.models import GatewayCall, PaymentAttempt, PaymentGateway, Refund
from billing.queries.gateways import read_keys
from vault.redaction import redact_text

logger = logging.getLogger(__name__)

# So many answers in a row that failed are an outage.
FAILURES: Final = 5
KEPT: Final = timedelta(days=90)
LONGEST_ANSWER: Final = 1000


class GatewayNotSetUp(Exception):
    """There is no such gateway, or nobody has set it up."""


def call_gateway[T](
    code: str,
    action: str,
    ask: Callable[[Gateway, Keys], T],
    *,
    now: datetime,
    attempt: PaymentAttempt | None = None,
    refund: Refund | None = None,
) -> T:
    """What the gateway answers; call it outside of transactions.

    Raises GatewayNotSetUp, GatewayUnavailable, GatewayRejected, GatewayMisconfigured.
    """
    row = PaymentGateway.objects.filter(code=code).first()
    gateway = ONLINE.get(code)
    if row is None or gateway is None:
        raise GatewayNotSetUp(_("This way to pay is not set up."))
    call = GatewayCall(gateway=code, action=action, attempt=attempt, refund=refund, at=now, is_good=True)
    with _kept(call, row):
        answer = ask(gateway, read_keys(row))
        call.answer = _words_of(answer)
        _count_success(row)
        return answer


@contextmanager
def _kept(call: GatewayCall, row: PaymentGateway) -> Iterator[None]:
    """Writes the call down with the time that it took, whatever came of it; counts it where the gateway failed."""
    started = time.monotonic()
    try:
        yield
    except GatewayRejected as error:
        call.answer = f"{error.code}: {error}"
        raise
    except (GatewayUnavailable, GatewayMisconfigured) as error:
        call.answer, call.is_good = f"{type(error).__name__}: {error}", False
        _count_failure(row, error, now=call.at)
        raise
    finally:
        call.milliseconds = int((time.monotonic() - started) * 1000)
        call.answer = redact_text(call.answer)[:LONGEST_ANSWER]
        call.save(force_insert=True)


def prune_gateway_calls(*, now: datetime) -> int:
    """Deletes what is older than 90 days. Returns how many."""
    return GatewayCall.objects.filter(at__lt=now - KEPT).delete()[0]


def _words_of(answer: object) -> str:
    if isinstance(answer, Answer):
        return f"{answer.standing} {answer.amount} {answer.currency} {answer.external_id} {answer.reason}".strip()
    if isinstance(answer, RefundAnswer):
        return f"{answer.standing} {answer.external_id} {answer.reason}".strip()
    if isinstance(answer, Started):
        return answer.external_id
    return str(answer) if answer is not None else ""


def _count_success(row: PaymentGateway) -> None:
    if row.failures:
        PaymentGateway.objects.filter(pk=row.pk).update(failures=0, failing_since=None)


def _count_failure(row: PaymentGateway, error: Exception, *, now: datetime) -> None:
    """Operators are told with the failure that makes it an outage; refused keys are one at once."""
    logger.warning("Gateway %s: %s: %s", row.code, type(error).__name__, redact_text(str(error)))
    step = FAILURES if isinstance(error, GatewayMisconfigured) else 1
    with transaction.atomic():
        same = PaymentGateway.objects.select_for_update().filter(pk=row.pk)
        before = same.values_list("failures", flat=True).get()
        same.update(failures=F("failures") + step, failing_since=Coalesce("failing_since", now))
        if before < FAILURES <= before + step:
            alert_gateway_failing(gateway=row.code, reason=redact_text(str(error)), now=now)
