"""Step ②: invoices, from the draft or the order to the end: issued, cancelled, sent to collections, written again."""

from billing.actions.invoicing.cancelling import InvoiceNotCancellable, cancel_invoice, refund_invoice_to_credit
from billing.actions.invoicing.charging import charge_values, discount_words, first_period_end
from billing.actions.invoicing.collecting import (
    InvoiceNotCollectable,
    mark_payment_failed,
    mark_payment_pending,
    move_to_collections,
    write_off,
    write_off_invoice,
)
from billing.actions.invoicing.drafting import (
    DraftInvalid,
    DraftLine,
    InvoiceNotDraft,
    add_draft_line,
    change_draft,
    change_draft_line,
    create_draft,
    remove_draft_line,
)
from billing.actions.invoicing.issuing import frozen_parties, post_issue
from billing.actions.invoicing.order_invoices import issue_order_invoice
from billing.actions.invoicing.paying_methods import PaymentMethodInvalid, change_payment_method
from billing.actions.invoicing.prepaying import AddFundsInvalid, MassPaymentInvalid, add_funds, start_mass_payment
from billing.actions.invoicing.publishing import publish_invoice
from billing.actions.invoicing.reissuing import InvoiceNotReissuable, reissue_invoice

__all__ = [
    "AddFundsInvalid",
    "DraftInvalid",
    "DraftLine",
    "InvoiceNotCancellable",
    "InvoiceNotCollectable",
    "InvoiceNotDraft",
    "InvoiceNotReissuable",
    "MassPaymentInvalid",
    "PaymentMethodInvalid",
    "add_draft_line",
    "add_funds",
    "cancel_invoice",
    "change_draft",
    "change_draft_line",
    "change_payment_method",
    "charge_values",
    "create_draft",
    "discount_words",
    "first_period_end",
    "frozen_parties",
    "issue_order_invoice",
    "mark_payment_failed",
    "mark_payment_pending",
    "move_to_collections",
    "post_issue",
    "publish_invoice",
    "refund_invoice_to_credit",
    "reissue_invoice",
    "remove_draft_line",
    "start_mass_payment",
    "write_off",
    "write_off_invoice",
]
