"""What single events tell besides their subjects: reasons, amounts, days."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.letters.scene import Scene
from billing.letters.values import Value
from billing.letters.variables import Entry, Group
from billing.models import CancellationType, RefundWay


def _read_cancellation(scene: Scene) -> Mapping[str, Value]:
    kind = scene.data.get("type", "")
    return {
        "service_cancellation_type": str(CancellationType(kind).label) if kind in CancellationType.values else "",
        "cancellation_is_immediate": kind == CancellationType.IMMEDIATE,
        "cancellation_date": scene.day("until"),
        "cancellation_reason": str(scene.data.get("reason", "")),
    }


def _read_suspension(scene: Scene) -> Mapping[str, Value]:
    return {"service_ends_unpaid_on": scene.day("until")}


def _read_term(scene: Scene) -> Mapping[str, Value]:
    return {"service_ended_on": scene.day("ended_on")}


def _read_certificate(scene: Scene) -> Mapping[str, Value]:
    return {"certificate_valid_until": scene.day("until")}


def _read_credit_note(scene: Scene) -> Mapping[str, Value]:
    return {
        "credit_note_num": str(scene.data.get("number", "")),
        "credit_note_amount": scene.amount("amount"),
        "credit_note_reason": str(scene.data.get("reason", "")),
    }


def _read_refund(scene: Scene) -> Mapping[str, Value]:
    return {
        "refund_amount": scene.amount("amount"),
        "refund_is_credit": scene.data.get("way") == RefundWay.CREDIT,
        "refund_reason": str(scene.data.get("reason", "")),
    }


def _read_payment(scene: Scene) -> Mapping[str, Value]:
    return {
        "payment_amount": scene.amount("amount"),
        "payment_reason": str(scene.data.get("reason", "")),
        "payment_written_off": scene.amount("lost"),
    }


CANCELLATION = Group(
    "cancellation",
    _("Cancellation"),
    (
        Entry("service_cancellation_type", _("When it ends, in words"), "At the end of the paid period"),
        Entry("cancellation_is_immediate", _("Whether it ends at once"), False),
        Entry("cancellation_date", _("The day that it ends on"), date(2027, 1, 1)),
        Entry("cancellation_reason", _("What the client says"), "I moved to another server."),
    ),
    _read_cancellation,
)
SUSPENSION = Group(
    "suspension",
    _("Suspension"),
    (Entry("service_ends_unpaid_on", _("The day that it ends on if it stays unpaid"), date(2026, 12, 29)),),
    _read_suspension,
)
TERM = Group(
    "term",
    _("Fixed term"),
    (Entry("service_ended_on", _("The day that the term was over"), date(2026, 12, 31)),),
    _read_term,
)
CERTIFICATE = Group(
    "certificate",
    _("Certificate"),
    (Entry("certificate_valid_until", _("Valid until"), date(2027, 12, 1)),),
    _read_certificate,
)
CREDIT_NOTE = Group(
    "credit_note",
    _("Credit note"),
    (
        Entry("credit_note_num", _("Number on the document"), "CN-2026-00007"),
        Entry("credit_note_amount", _("Amount"), Decimal("12.00")),
        Entry("credit_note_reason", _("Reason"), "Agreed by phone"),
    ),
    _read_credit_note,
)
REFUND = Group(
    "refund",
    _("Refund"),
    (
        Entry("refund_amount", _("Amount"), Decimal("12.00")),
        Entry("refund_is_credit", _("Whether it became credit"), False),
        Entry("refund_reason", _("What the gateway says"), "Card expired"),
    ),
    _read_refund,
)
PAYMENT = Group(
    "payment",
    _("Payment"),
    (
        Entry("payment_amount", _("Amount"), Decimal("12.00")),
        Entry("payment_reason", _("Reason"), "Chargeback"),
        Entry("payment_written_off", _("What is written off")),
    ),
    _read_payment,
)
