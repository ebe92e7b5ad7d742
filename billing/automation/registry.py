"""The duties of a night in their order; each builds on what those before it left (whmcs-behaviour §6)."""

from typing import Any, Final

from billing.automation.applied_credit import AppliedCredit
from billing.automation.checks import Commissions, LedgerAudit, OldDocuments, OldGatewayCalls, SecretValues
from billing.automation.digest import Digest
from billing.automation.duty import Duty
from billing.automation.ends import Cancellations, FixedTerms, RecurringLimits, Unpaid
from billing.automation.late_fees import LateFees
from billing.automation.notices import Notices
from billing.automation.partner import Cover, LicensePool, PartnerAccounts
from billing.automation.renewal_invoices import RenewalInvoices
from billing.automation.saved_cards import SavedCards
from billing.automation.stale_orders import StaleOrders
from billing.automation.suspensions import Resumptions, Suspensions

DUTIES: Final[tuple[Duty[Any, Any], ...]] = (
    RenewalInvoices(),
    AppliedCredit(),
    SavedCards(),
    Notices(),
    LateFees(),
    Cancellations(),
    Resumptions(),
    Suspensions(),
    Unpaid(),
    RecurringLimits(),
    FixedTerms(),
    StaleOrders(),
    Commissions(),
    Cover(),
    LicensePool(),
    PartnerAccounts(),
    OldDocuments(),
    OldGatewayCalls(),
    SecretValues(),
    LedgerAudit(),
    Digest(),
)


def get_duty(code: str) -> Duty[Any, Any] | None:
    """The duty of that code; None for one that is no longer there."""
    return next((duty for duty in DUTIES if duty.code == code), None)
