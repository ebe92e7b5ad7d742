"""Does what we hold, what the partner holds and what is paid agree? Findings, and what may be done about them."""

from billing.actions.reconciliation.remedies import RemedyFailed, RemedyInvalid, RemedyNotFitting, apply_remedy
from billing.actions.reconciliation.runs import ReconcileReport, TendReport, reconcile, tend_account

__all__ = [
    "ReconcileReport",
    "RemedyFailed",
    "RemedyInvalid",
    "RemedyNotFitting",
    "TendReport",
    "apply_remedy",
    "reconcile",
    "tend_account",
]
