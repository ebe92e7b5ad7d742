"""Every letter that the portal writes: about which event, to whom, and what it may name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise

from billing.letters.subjects.affiliate import AFFILIATE, REFERRALS, WITHDRAWAL
from billing.letters.subjects.client import CLIENT, CLIENT_BALANCE
from billing.letters.subjects.gateways import GATEWAY, PAYMENT_FAILURE
from billing.letters.subjects.happenings import (
    CANCELLATION,
    CERTIFICATE,
    CREDIT_NOTE,
    PAYMENT,
    REFUND,
    SUSPENSION,
    TERM,
)
from billing.letters.subjects.invoice import INVOICE, INVOICE_ITEMS, INVOICE_PAYMENT
from billing.letters.subjects.operators import ACCOUNT, AUDIT, BOUNCE, LETTER, MESSAGE, MISSED, OPERATION, RUN
from billing.letters.subjects.order import ORDER, ORDER_ITEMS
from billing.letters.subjects.people import CONFIRMATION, EMAIL_CHANGE, NEWS, PASSWORD
from billing.letters.subjects.portal import PORTAL
from billing.letters.subjects.service import SERVICE, SERVICE_FIELDS, SERVICE_OPTIONS, SERVICE_SERVER
from billing.letters.subjects.several_invoices import SEVERAL_INVOICES
from billing.letters.variables import Entry, Group
from billing.templatetags.event_titles import EVENTS
from catalog.models import LetterKind, ProductLetter

OPERATOR: Final = "operator."
_SERVICE: Final = (SERVICE, SERVICE_FIELDS, SERVICE_OPTIONS, ORDER)
_INVOICE: Final = (INVOICE, INVOICE_ITEMS, INVOICE_PAYMENT)


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `name` is what e-mails keep; `whmcs_name` what those who come from WHMCS know it as."""

    name: str
    groups: tuple[Group, ...]
    whmcs_name: str = ""
    event: str = ""
    shows_secrets: bool = False
    # An operator's own: its name, and the letter whose default text it begins with.
    own_title: str = ""
    based_on: str = ""

    @property
    def is_for_client(self) -> bool:
        """Operators' letters begin with `operator.`."""
        return not self.name.startswith(OPERATOR)

    @property
    def event_name(self) -> str:
        """The event that it tells of."""
        return self.event or self.name.removeprefix(OPERATOR)

    @property
    def title(self) -> str | Promise:
        """What it is called."""
        return self.own_title or EVENTS.get(self.event_name, self.event_name)

    @property
    def default_name(self) -> str:
        """Whose default text it has."""
        return self.based_on or self.name

    @property
    def entries(self) -> dict[str, Entry]:
        """Name → variable, of all its groups."""
        return {entry.name: entry for group in self.groups for entry in group.entries}


def _client(name: str, whmcs_name: str, *groups: Group, event: str = "", shows_secrets: bool = False) -> Letter:
    return Letter(name, (PORTAL, CLIENT, CLIENT_BALANCE, *groups), whmcs_name, event, shows_secrets)


def _operator(name: str, whmcs_name: str, *groups: Group) -> Letter:
    return Letter(f"{OPERATOR}{name}", (PORTAL, CLIENT, CLIENT_BALANCE, *groups), whmcs_name)


_WELCOME: Final = _client(
    "service.activated", "Other Product/Service Welcome Email", *_SERVICE, INVOICE, shows_secrets=True
)
_TERM: Final = _client("service.term_ended", "", *_SERVICE, TERM)
_ALL: Final = (
    _client("order.placed", "Order Confirmation", ORDER, ORDER_ITEMS),
    _client("invoice.issued", "Invoice Created", *_INVOICE, ORDER),
    _client("invoice.reminder", "Invoice Payment Reminder", *_INVOICE, ORDER),
    _client("invoice.overdue_first", "First Invoice Overdue Notice", *_INVOICE, ORDER),
    _client("invoice.overdue_second", "Second Invoice Overdue Notice", *_INVOICE, ORDER),
    _client("invoice.overdue_third", "Third Invoice Overdue Notice", *_INVOICE, ORDER),
    _client("invoice.paid", "Invoice Payment Confirmation", *_INVOICE, ORDER),
    _client("credit_note.issued", "", *_INVOICE, CREDIT_NOTE),
    _client("refund.done", "Invoice Refund Confirmation", *_INVOICE, REFUND),
    _WELCOME,
    _client("service.renewed", "", *_SERVICE),
    _client("service.suspended", "Service Suspension Notification", *_SERVICE, *_INVOICE, SUSPENSION),
    _client("service.unsuspended", "Service Unsuspension Notification", *_SERVICE),
    _client("cancellation.requested", "Cancellation Request Confirmation", *_SERVICE, CANCELLATION),
    _client("cancellation.withdrawn", "", *_SERVICE),
    _client("service.terminated", "", *_SERVICE),
    _TERM,
    _client("certificate.reissued", "", *_SERVICE, CERTIFICATE),
    _client("affiliate.joined", "", AFFILIATE, REFERRALS),
    _client("withdrawal.paid", "", AFFILIATE, WITHDRAWAL),
    _client("withdrawal.refused", "", AFFILIATE, WITHDRAWAL),
    *(
        _client(f"invoices.{name}", "", SEVERAL_INVOICES)
        for name in ("issued", "reminder", "overdue_first", "overdue_second", "overdue_third")
    ),
    _client("payment.failed", "Credit Card Payment Failed", *_INVOICE, PAYMENT_FAILURE, event="attempt.failed"),
    _client("client.email_unconfirmed", "Email Address Verification", CONFIRMATION),
    _client("client.email_changed", "", EMAIL_CHANGE),
    _client("client.news", "", NEWS),
    _client("user.password_forgotten", "Password Reset Validation", PASSWORD),
    _client("user.password_changed", "Password Reset Confirmation", PASSWORD),
    _operator("order.placed", "New Order Notification", ORDER, ORDER_ITEMS),
    _operator("cancellation.requested", "New Cancellation Request", *_SERVICE, SERVICE_SERVER, CANCELLATION),
    _operator("operation.failed", "Automatic Setup Failed", *_SERVICE, SERVICE_SERVER, OPERATION),
    _operator("operation.held", "", *_SERVICE, SERVICE_SERVER, OPERATION),
    _operator("operation.needs_check", "", *_SERVICE, SERVICE_SERVER, OPERATION),
    _operator("certificate.needs_person", "", *_SERVICE, SERVICE_SERVER, MESSAGE),
    _operator("service.gone_at_partner", "", *_SERVICE, SERVICE_SERVER),
    _operator("payment.not_applied", "", *_INVOICE, PAYMENT),
    _operator("payment.reversed", "", *_INVOICE, PAYMENT),
    _operator("refund.failed", "", *_INVOICE, REFUND),
    _operator("withdrawal.requested", "", AFFILIATE, WITHDRAWAL),
    _operator("server.low_balance", "", ACCOUNT),
    _operator("automation.finished", "Cron digest", RUN),
    _operator("automation.braked", "", RUN),
    _operator("automation.failed", "", RUN),
    _operator("automation.missed", "", MISSED),
    _operator("client.email_bounced", "", BOUNCE),
    _operator("attempt.needs_check", "", *_INVOICE, GATEWAY),
    _operator("attempt.refused", "", *_INVOICE, GATEWAY),
    _operator("refund.unanswered", "", *_INVOICE, REFUND, GATEWAY),
    _operator("gateway.failing", "", GATEWAY),
    _operator("gateway_event.refused", "", *_INVOICE, GATEWAY),
    _operator("payment.disputed", "", *_INVOICE, GATEWAY),
    _operator("refund.made_outside", "", *_INVOICE, GATEWAY),
    _operator("ledger.not_clean", "", AUDIT),
    _operator("letter.incomplete", "", *_SERVICE, LETTER),
)
LETTERS: Final[Mapping[str, Letter]] = {letter.name: letter for letter in _ALL}
_BASES: Final = {LetterKind.WELCOME: _WELCOME, LetterKind.TERMINATION: _TERM}


def find_letter(name: str) -> Letter | None:
    """The letter of that name: a built-in one, or one that an operator made (one query)."""
    if name in LETTERS or not name.startswith(ProductLetter.PREFIX):
        return LETTERS.get(name)
    own = ProductLetter.objects.filter(code=name).first()
    return of_product_letter(own) if own else None


def of_product_letter(own: ProductLetter) -> Letter:
    """An operator's own letter: it may name what the built-in one of its kind may."""
    base = _BASES[LetterKind(own.kind)]
    return Letter(
        own.code,
        base.groups,
        event=base.event_name,
        shows_secrets=base.shows_secrets,
        own_title=own.name,
        based_on=base.name,
    )
