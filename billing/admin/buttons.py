"""Buttons: each names what it will do and to what, asks in a dialog, and makes one call into `billing.actions`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from django import forms
from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from billing.actions.affiliate_balances import BalanceTooLow
from billing.actions.affiliates import AffiliateInvalid, ProgramClosed
from billing.actions.alert_channels import AlertChannelInvalid, AlertTestFailed
from billing.actions.alert_deliveries import AlertNotFailed
from billing.actions.api_keys import ApiKeyRevoked
from billing.actions.automation_settings import AutomationSettingsInvalid
from billing.actions.bank_transfers import TransferRefused
from billing.actions.billing_settings import BillingSettingsInvalid
from billing.actions.cancellations import CancellationRefused
from billing.actions.chargebacks import PaymentNotReversible, ReversalInvalid
from billing.actions.clients import ClientInvalid
from billing.actions.commands import CommandInvalid, CommandNotAllowed, UnknownCommand
from billing.actions.credit_notes import CreditNoteInvalid, InvoiceNotNumbered
from billing.actions.email_addresses import AlreadyConfirmed, AskedTooSoon
from billing.actions.fiscal_settings import FiscalSettingsInvalid
from billing.actions.gateways.decisions import AttemptNotOpen
from billing.actions.gateways.setup import GatewayInvalid
from billing.actions.invoicing import (
    DraftInvalid,
    InvoiceNotCancellable,
    InvoiceNotCollectable,
    InvoiceNotDraft,
    InvoiceNotReissuable,
)
from billing.actions.letter_templates import LetterInvalid, LetterRefused
from billing.actions.order_decisions import OrderClosed, OrderNotPending
from billing.actions.payments import InvoiceNotPayable, NotEnoughCredit, PaymentConflict, PaymentInvalid
from billing.actions.provisioning import AlreadyProvisioned, OperationNotOpen, PooledLicenseKept, ResolveInvalid
from billing.actions.reconciliation import RemedyFailed, RemedyInvalid, RemedyNotFitting
from billing.actions.referrals import ReferralNotMovable
from billing.actions.refunds import RefundConflict, RefundInvalid, RefundNotPending
from billing.actions.renewals import RenewalRefused
from billing.actions.resending import EmailNotResendable
from billing.actions.seller import SellerInvalid
from billing.actions.staff import StaffInvalid
from billing.actions.suspending import SuspensionInvalid, SuspensionRefused
from billing.actions.withdrawals import WithdrawalInvalid, WithdrawalSettled
from billing.admin.forms import BackOfficeForm
from billing.automation.starting import DutyNotWaiting
from billing.permissions import Permission
from billing.queries.clock import database_now
from catalog.actions.products import ProductInvalid
from noc.servers import ServerInvalid

# What an action may answer instead of doing it: shown in the dialog, nothing typed is lost.
REFUSALS: Final = (
    AffiliateInvalid,
    AlertChannelInvalid,
    AlertNotFailed,
    AlertTestFailed,
    AlreadyConfirmed,
    AlreadyProvisioned,
    ApiKeyRevoked,
    AttemptNotOpen,
    AskedTooSoon,
    AutomationSettingsInvalid,
    BillingSettingsInvalid,
    BalanceTooLow,
    ClientInvalid,
    CancellationRefused,
    CommandInvalid,
    CommandNotAllowed,
    DutyNotWaiting,
    GatewayInvalid,
    CreditNoteInvalid,
    DraftInvalid,
    FiscalSettingsInvalid,
    EmailNotResendable,
    InvoiceNotCancellable,
    InvoiceNotCollectable,
    InvoiceNotDraft,
    InvoiceNotNumbered,
    InvoiceNotPayable,
    InvoiceNotReissuable,
    LetterInvalid,
    LetterRefused,
    NotEnoughCredit,
    OperationNotOpen,
    OrderClosed,
    OrderNotPending,
    PaymentConflict,
    PaymentInvalid,
    PaymentNotReversible,
    PooledLicenseKept,
    RefundConflict,
    RefundInvalid,
    RefundNotPending,
    ProductInvalid,
    ProgramClosed,
    ReferralNotMovable,
    RemedyFailed,
    RemedyInvalid,
    RemedyNotFitting,
    RenewalRefused,
    ResolveInvalid,
    ReversalInvalid,
    SellerInvalid,
    ServerInvalid,
    StaffInvalid,
    SuspensionInvalid,
    SuspensionRefused,
    TransferRefused,
    UnknownCommand,
    WithdrawalInvalid,
    WithdrawalSettled,
)
Look = Literal["plain", "primary", "danger"]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who pressed the button and when: what every action wants to know."""

    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, in words; `go_to` an address other than the object's, `secret` a text that is shown only now."""

    words: str
    go_to: str = ""
    secret: str = ""
    is_good: bool = True


class Button[Subject: models.Model]:
    """A decision on one object (or, with subject None, the making of one)."""

    code: ClassVar[str]
    label: str | Promise = ""
    permission: ClassVar[Permission]
    look: Look = "plain"
    # A long form is a page of its own; a question is a dialog.
    is_page: ClassVar[bool] = False

    def is_shown(self, subject: Subject) -> bool:
        """Whether pressing it makes sense now; the action judges again."""
        return True

    def title(self, subject: Subject | None) -> str:
        """Verb and object: "Accept order 1234567890"."""
        raise NotImplementedError

    def explanation(self, subject: Subject | None) -> str:
        """What will happen: to money, to licenses, for the client."""
        return ""

    def make_form(self, subject: Subject | None, data: Any) -> forms.Form:
        """What has to be told besides "yes"; nothing by default. `data` is what was sent, or None."""
        return BackOfficeForm(data)

    def run(self, subject: Subject | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        """The one call. Raises one of REFUSALS."""
        raise NotImplementedError


def answer(
    request: HttpRequest,
    button: Button[Any],
    subject: Any,
    *,
    context: Mapping[str, Any],
    home: str,
) -> HttpResponse:
    """GET asks, POST does it and goes to the object at `home`; a refusal comes back in the same dialog."""
    is_dialog = "HX-Request" in request.headers
    form = button.make_form(subject, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            outcome = button.run(subject, form.cleaned_data, Visit(str(request.user), database_now()))
        except REFUSALS as refusal:
            _put_errors(form, refusal)
        else:
            if outcome.secret:
                return _render(request, button, subject, context, is_dialog, home, outcome=outcome)
            (messages.success if outcome.is_good else messages.error)(request, outcome.words)
            target = outcome.go_to or home
            return HttpResponseClientRedirect(target) if is_dialog else redirect(target)
    return _render(request, button, subject, context, is_dialog, home, form=form)


def _render(
    request: HttpRequest,
    button: Button[Any],
    subject: Any,
    context: Mapping[str, Any],
    is_dialog: bool,
    home: str,
    *,
    form: forms.Form | None = None,
    outcome: Outcome | None = None,
) -> HttpResponse:
    title = button.title(subject)
    values = {
        **context,
        "title": title,
        "button": button,
        "dialog_title": title,
        "explanation": button.explanation(subject),
        "form": form,
        "outcome": outcome,
        "home": home,
    }
    return TemplateResponse(request, "admin/dialog.html#dialog" if is_dialog else "admin/dialog.html", values)


def _put_errors(form: forms.Form, refusal: Exception) -> None:
    """Each message beside its field; those of no field on top."""
    errors: Mapping[str, list[str]] = getattr(refusal, "errors", {})
    if not errors:
        form.add_error(None, str(refusal) or _("This is not possible now."))
    for name, found in errors.items():
        form.add_error(name if name in form.fields else None, found)
