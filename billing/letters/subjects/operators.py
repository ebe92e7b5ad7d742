"""What only operators read of: operations, partner accounts, the nightly run, the ledger."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Row, Value, day, money
from billing.letters.variables import Entry, Group
from billing.models import LedgerAudit
from billing.queries.differences import differences_of
from billing.queries.operations import operation_words, words

MOST_DIFFERENCES = 10


def _read_operation(scene: Scene) -> Mapping[str, Value]:
    operation = scene.event.operation
    if operation is None:
        return {entry.name: "" for entry in OPERATION.entries}
    return {
        "operation_id": operation.pk,
        "operation_kind": operation.get_kind_display(),
        "operation_status": operation.get_status_display(),
        "operation_message": operation_words(operation),
        "operation_admin_link": link(address("admin:billing_operation_change", operation.pk)),
    }


def _read_message(scene: Scene) -> Mapping[str, Value]:
    return {"event_message": words(str(scene.data.get("message", "")), scene.data.get("values", {}))}


def _read_account(scene: Scene) -> Mapping[str, Value]:
    number = scene.data.get("server")
    return {
        "account_name": str(scene.data.get("name", "")),
        "account_balance": scene.amount("balance"),
        "account_runs_out_on": scene.day("runs_out_on"),
        "account_top_up": scene.amount("top_up"),
        "account_admin_link": link(address("admin:noc_server_change", number)) if number else "",
    }


def _read_run(scene: Scene) -> Mapping[str, Value]:
    return {
        "run_date": scene.day("day"),
        "run_duty": _duty_label(str(scene.data.get("duty", ""))),
        "run_brake": str(scene.data.get("brake", "")),
        "run_error": str(scene.data.get("error", "")),
        "run_duties": [_duty(row, scene.language) for row in scene.data.get("duties", [])],
        "run_admin_link": link(address("admin:billing_automationrun_changelist")),
    }


def _read_missed(scene: Scene) -> Mapping[str, Value]:
    return {
        "missed_date": scene.day("day"),
        "missed_has_begun": bool(scene.data.get("started")),
        "missed_duties": [{"duty": _duty_label(str(code))} for code in scene.data.get("duties", [])],
        "run_admin_link": link(address("admin:billing_automationrun_changelist")),
    }


def _read_bounce(scene: Scene) -> Mapping[str, Value]:
    return {
        "bounced_email": str(scene.data.get("email", "")),
        "bounce_reason": str(scene.data.get("reason", "")),
    }


def _duty(row: Mapping[str, Any], language: str) -> Row:
    amounts = [money(amount, currency, language=language) for currency, amount in row["amounts"].items()]
    return {
        "date": day(row["day"], language=language),
        "duty": _duty_label(row["duty"]),
        "done": row["count"],
        "failed": row["failed"],
        "amounts": ", ".join(amounts),
        "brake": row["brake"],
    }


@cache
def _registry() -> Any:
    """Named, not imported: duties stand above letters and send them."""
    return import_string("billing.automation.registry.get_duty")


def _duty_label(code: str) -> str:
    """What a duty of the nightly run is called; its code once it is no longer there."""
    duty = _registry()(code)
    return str(duty.label) if duty else code


def _read_audit(scene: Scene) -> Mapping[str, Value]:
    audit = LedgerAudit.objects.filter(pk=scene.data.get("audit", 0)).first()
    found = differences_of(audit)[:MOST_DIFFERENCES] if audit else []
    return {
        "ledger_difference_count": int(scene.data.get("differences", 0)),
        "ledger_differences": [{"words": str(difference)} for difference in found],
        "ledger_has_more": bool(audit and audit.difference_count > len(found)),
        "ledger_admin_link": link(address("admin:billing_ledgeraudit_change", audit.pk)) if audit else "",
    }


def _read_letter(scene: Scene) -> Mapping[str, Value]:
    number = scene.data.get("email")
    return {
        "letter_name": str(scene.data.get("letter", "")),
        "letter_fields": ", ".join(scene.data.get("fields", [])),
        "letter_admin_link": link(address("admin:billing_email_change", number)) if number else "",
    }


OPERATION = Group(
    "operation",
    _("Operation"),
    (
        Entry("operation_id", _("Number"), 9),
        Entry("operation_kind", _("What it does"), "Create"),
        Entry("operation_status", _("Status"), "Failed"),
        Entry("operation_message", _("What it says"), "The partner refused it."),
        Entry("operation_admin_link", _("Page in the back office"), "https://example.com/admin/"),
    ),
    _read_operation,
    ("operation",),
)
MESSAGE = Group(
    "message",
    _("Event"),
    (Entry("event_message", _("What happened, in words"), "The authority has not issued it."),),
    _read_message,
)
ACCOUNT = Group(
    "account",
    _("Partner account"),
    (
        Entry("account_name", _("Name of the account"), "EU account"),
        Entry("account_balance", _("Balance"), Decimal("40.00")),
        Entry("account_runs_out_on", _("The day that the money runs out"), date(2026, 12, 20)),
        Entry("account_top_up", _("What the renewals of 30 days need"), Decimal("150.00")),
        Entry("account_admin_link", _("Page in the back office"), "https://example.com/admin/"),
    ),
    _read_account,
)
RUN = Group(
    "run",
    _("Nightly run"),
    (
        Entry("run_date", _("Night of"), date(2026, 12, 1)),
        Entry("run_duty", _("Duty"), "Renewal invoices"),
        Entry("run_brake", _("Why it was stopped"), "Far more than usual"),
        Entry("run_error", _("Error"), "OperationalError"),
        Entry(
            "run_duties",
            _("List of the duties"),
            rows=(
                Entry("date", _("Night of"), date(2026, 12, 1)),
                Entry("duty", _("Duty"), "Renewal invoices"),
                Entry("done", _("Done"), 12),
                Entry("failed", _("Failed"), 0),
                Entry("amounts", _("Amounts"), "144.00"),
                Entry("brake", _("Why it was stopped")),
            ),
        ),
        Entry("run_admin_link", _("Page in the back office"), "https://example.com/admin/"),
    ),
    _read_run,
)
AUDIT = Group(
    "audit",
    _("Ledger audit"),
    (
        Entry("ledger_difference_count", _("How many differences"), 1),
        Entry("ledger_differences", _("List of the differences"), rows=(Entry("words", _("Words"), "Invoice 42"),)),
        Entry("ledger_has_more", _("Whether there are more than the list shows"), False),
        Entry("ledger_admin_link", _("Page in the back office"), "https://example.com/admin/"),
    ),
    _read_audit,
)
LETTER = Group(
    "letter",
    _("Letter"),
    (
        Entry("letter_name", _("Name of the letter"), "service.activated"),
        Entry("letter_fields", _("Fields that are empty"), "bitninjakey"),
        Entry("letter_admin_link", _("Page in the back office"), "https://example.com/admin/"),
    ),
    _read_letter,
)
MISSED = Group(
    "missed",
    _("Nightly run"),
    (
        Entry("missed_date", _("Night of"), date(2026, 12, 1)),
        Entry("missed_has_begun", _("Whether it has begun"), False),
        Entry("missed_duties", _("List of the duties"), rows=(Entry("duty", _("Duty"), "Renewal invoices"),)),
        Entry("run_admin_link", _("Page in the back office"), "https://example.com/admin/"),
    ),
    _read_missed,
)
BOUNCE = Group(
    "bounce",
    _("Letter that came back"),
    (
        Entry("bounced_email", _("Address"), "anna@example.com"),
        Entry("bounce_reason", _("What the mail server says"), "550 No such user"),
    ),
    _read_bounce,
)
