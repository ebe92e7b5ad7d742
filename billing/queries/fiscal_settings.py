"""What operators decided about fiscal receipts."""

from billing.models import FiscalSettings
from billing.models.fiscal_settings import ONLY


def read_fiscal_settings() -> FiscalSettings:
    """The stored settings, or the defaults of a portal where nobody has saved any; one query."""
    return FiscalSettings.objects.filter(pk=ONLY).first() or FiscalSettings(pk=ONLY)
