"""Celery tasks: an id in, one call into actions. Names and queues are fixed, so old and new workers get on."""

from typing import Any

from celery import shared_task
from django.conf import settings

from billing.actions.account_nights import tend_one_account, wake_due_accounts
from billing.actions.accounts import probe_held_accounts as probe
from billing.actions.alert_deliveries import send_alert as send_one_alert
from billing.actions.auditing import audit_as_requested
from billing.actions.balances import read_every_balance
from billing.actions.documents import make_due_documents
from billing.actions.gateways.notices import process_event
from billing.actions.gateways.refunding import run_refund
from billing.actions.gateways.tending import tend_attempt
from billing.actions.notifications import send_due_emails
from billing.actions.price_lists import refresh_every_price_list, refresh_one_price_list
from billing.actions.provisioning import run_operation as run
from billing.actions.sweep import wake_everything_due
from billing.actions.vat_checks import ask_due_numbers
from billing.actions.vat_checks import check_vat_number as check_number
from billing.automation.starting import run_due_nights
from billing.automation.watching import tell_of_missed_night
from billing.queries.clock import database_now


# No time limit of Celery's: a thread cannot be killed. The partner call ends at NOC_PAYING_DEADLINE and the lease
# passes the operation on to another worker.
@shared_task(name="billing.run_operation", queue="operations")
def run_operation(*, operation_id: int, **_future: Any) -> None:
    run(operation_id=operation_id, clock=database_now)


@shared_task(name="billing.send_email", queue="mail")
def send_email(*, email_id: int, **_future: Any) -> None:
    send_due_emails(email_id=email_id, clock=database_now)


@shared_task(name="billing.send_alert", queue="mail")
def send_alert(*, alert_id: int, **_future: Any) -> None:
    send_one_alert(alert_id=alert_id, now=database_now())


@shared_task(name="billing.make_document", queue="documents")
def make_document(*, document_id: int, **_future: Any) -> None:
    make_due_documents(document_id=document_id, clock=database_now)


@shared_task(name="billing.tend_payment_attempt", queue="payments")
def tend_payment_attempt(*, attempt_id: int, **_future: Any) -> None:
    tend_attempt(attempt_id=attempt_id, clock=database_now)


@shared_task(name="billing.process_gateway_event", queue="payments")
def process_gateway_event(*, event_id: int, **_future: Any) -> None:
    process_event(event_id=event_id, clock=database_now)


@shared_task(name="billing.run_refund", queue="payments")
def run_gateway_refund(*, refund_id: int, **_future: Any) -> None:
    run_refund(refund_id=refund_id, clock=database_now)


# A sweep that could not run in time is not worth running late: the next one does the same.
@shared_task(name="billing.wake_due_work", queue="duties", expires=settings.OPERATION_SWEEP_INTERVAL * 2)
def wake_due_work(**_future: Any) -> None:
    wake_everything_due(now=database_now())


@shared_task(name="billing.probe_held_accounts", queue="duties")
def probe_held_accounts(**_future: Any) -> None:
    probe(now=database_now())


@shared_task(name="billing.read_balances", queue="duties")
def read_balances(**_future: Any) -> None:
    read_every_balance(now=database_now())


@shared_task(name="billing.refresh_price_list", queue="duties")
def refresh_price_list(*, server_id: int, **_future: Any) -> None:
    refresh_one_price_list(server_id=server_id, now=database_now())


@shared_task(name="billing.refresh_price_lists", queue="duties")
def refresh_price_lists(**_future: Any) -> None:
    refresh_every_price_list(now=database_now())


# An hour later the same is asked for again if it is still due.
@shared_task(name="billing.sync_due_accounts", queue="duties", expires=3000)
def sync_due_accounts(**_future: Any) -> None:
    wake_due_accounts(now=database_now())


@shared_task(name="billing.sync_account", queue="duties")
def sync_account(*, server_id: int, **_future: Any) -> None:
    tend_one_account(server_id=server_id, clock=database_now)


@shared_task(name="billing.check_vat_number", queue="duties")
def check_vat_number(*, client_id: int, **_future: Any) -> None:
    check_number(client_id=client_id, now=database_now())


@shared_task(name="billing.ask_due_vat_numbers", queue="duties", expires=1800)
def ask_due_vat_numbers(**_future: Any) -> None:
    ask_due_numbers(now=database_now())


# Ten minutes later the next one goes on where this one was; leases keep two from doing the same.
@shared_task(name="billing.run_automation", queue="duties", expires=600)
def run_automation(**_future: Any) -> None:
    run_due_nights(clock=database_now)


@shared_task(name="billing.audit_ledger", queue="duties")
def audit_requested_ledger(*, request_id: int, **_future: Any) -> None:
    audit_as_requested(request_id=request_id, clock=database_now)


@shared_task(name="billing.watch_night", queue="duties", expires=600)
def watch_night(**_future: Any) -> None:
    tell_of_missed_night(now=database_now())
