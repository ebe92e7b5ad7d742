"""Errors of the REST API as problem details (RFC 9457), with a field → messages map where fields are wrong.

The one place where refusals of actions become answers: a refusal with `errors` by field is 400, a state that does not
allow what was asked is 409.
"""

from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from billing.actions.accounts import ServerGroupInvalid
from billing.actions.bank_statements import StatementRefused
from billing.actions.bank_transfers import TransferRefused
from billing.actions.cancellations import CancellationRefused
from billing.actions.clients import ClientInvalid
from billing.actions.commands import CommandInvalid, CommandNotAllowed, UnknownCommand
from billing.actions.credit_notes import CreditNoteInvalid, InvoiceNotNumbered
from billing.actions.invoicing import DraftInvalid, InvoiceNotCancellable, InvoiceNotDraft
from billing.actions.order_decisions import OrderClosed, OrderNotPending
from billing.actions.ordering import CheckoutConflict, OrderInvalid
from billing.actions.payments import InvoiceNotPayable, NotEnoughCredit, PaymentConflict, PaymentInvalid
from billing.actions.provisioning import AlreadyProvisioned, OperationNotOpen, ResolveInvalid
from billing.actions.reconciliation import RemedyFailed, RemedyInvalid, RemedyNotFitting
from billing.actions.refunds import RefundConflict, RefundInvalid
from billing.actions.renewals import RenewalRefused
from billing.actions.suspending import SuspensionInvalid, SuspensionRefused
from noc.servers import ServerInvalid

CONTENT_TYPE: Final = "application/problem+json"
INVALID: Final = (
    ClientInvalid,
    CommandInvalid,
    CreditNoteInvalid,
    DraftInvalid,
    OrderInvalid,
    PaymentInvalid,
    RefundInvalid,
    RemedyInvalid,
    ResolveInvalid,
    ServerGroupInvalid,
    ServerInvalid,
    SuspensionInvalid,
)
CONFLICTS: Final[dict[type[Exception], str]] = {
    AlreadyProvisioned: "already_provisioned",
    CancellationRefused: "cancellation_refused",
    CheckoutConflict: "idempotency_conflict",
    CommandNotAllowed: "command_not_allowed",
    InvoiceNotCancellable: "invoice_not_cancellable",
    InvoiceNotDraft: "invoice_not_draft",
    InvoiceNotNumbered: "invoice_not_numbered",
    InvoiceNotPayable: "invoice_not_payable",
    NotEnoughCredit: "not_enough_credit",
    OperationNotOpen: "operation_not_open",
    OrderClosed: "order_closed",
    OrderNotPending: "order_not_pending",
    PaymentConflict: "reference_conflict",
    RefundConflict: "idempotency_conflict",
    RemedyFailed: "partner_refused",
    RemedyNotFitting: "remedy_not_fitting",
    RenewalRefused: "renewal_refused",
    SuspensionRefused: "suspension_refused",
    TransferRefused: "transfer_refused",
}


class Conflict(exceptions.APIException):
    """The request is well formed, but the state of the thing does not allow it."""

    status_code = 409
    default_code = "conflict"


class PartnerSilent(exceptions.APIException):
    """The partner did not answer a question in time, or not in a way that can be understood."""

    status_code = 503
    default_code = "partner_unavailable"


class DocumentNotMade(exceptions.APIException):
    """The file cannot be made, at least for some minutes."""

    status_code = 503
    default_code = "document_not_made"


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: {type, title, status, detail, code, errors?}; None leaves it to Django (500)."""
    error = as_api_error(error)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    is_validation = isinstance(error, exceptions.ValidationError)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
        "detail": "" if is_validation else str(error.detail),
        "code": "invalid" if is_validation else error.get_codes(),
    }
    if is_validation:
        errors = flatten(error.detail)
        body["detail"] = " ".join(message for messages in errors.values() for message in messages)
        body["errors"] = errors
    response.data = body
    response.content_type = CONTENT_TYPE
    return response


def as_api_error(error: Exception) -> Exception:
    """The API's word for a refusal of an action or of Django; anything unknown comes back as it is."""
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return exceptions.ParseError(_("The body is too large."))
    if isinstance(error, INVALID):
        return exceptions.ValidationError(error.errors)
    if isinstance(error, StatementRefused):
        return exceptions.ValidationError({"content": [str(error)]})
    if isinstance(error, UnknownCommand):
        return exceptions.ValidationError({"command": [str(error)]})
    if type(error) in CONFLICTS:
        return Conflict(str(error), code=CONFLICTS[type(error)])
    return error


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """{"items": [{"fields": {"ip": ["x"]}}]} → {"items.0.fields.ip": ["x"]}; errors of no field under ""."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            for field, messages in flatten(value, ".".join(filter(None, (path, name)))).items():
                found.setdefault(field, []).extend(messages)
        return found
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        return flatten({str(index): item for index, item in enumerate(detail) if item}, path)
    return {path: [str(item) for item in (detail if isinstance(detail, list) else [detail])]}
