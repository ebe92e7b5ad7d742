"""What the audits of the ledger said."""

from billing.models import LedgerAudit


def latest_audit() -> LedgerAudit | None:
    """The newest, or None if the ledger was never audited. What it found in detail is left in the database."""
    return LedgerAudit.objects.defer("differences", "totals").order_by("-id").first()
