"""What operators decided about documents, advance payments and the nightly run."""

from datetime import date, timedelta

from billing.models import AutomationSettings, BillingSettings
from billing.models.billing_settings import ONLY


def read_billing_settings() -> BillingSettings:
    """The stored settings, or the defaults of a portal where nobody has saved any; one query."""
    return BillingSettings.objects.filter(pk=ONLY).first() or BillingSettings(pk=ONLY)


def read_automation_settings() -> AutomationSettings:
    """The stored settings, or the defaults of a portal where nobody has saved any; one query."""
    return AutomationSettings.objects.filter(pk=ONLY).first() or AutomationSettings(pk=ONLY)


def invoiced_until(settings: AutomationSettings, *, cycle: str, on: date) -> date:
    """The last due date that the run of the day `on` issues renewal invoices for."""
    return on + timedelta(days=settings.invoice_days_by_cycle.get(cycle, settings.invoice_days))
