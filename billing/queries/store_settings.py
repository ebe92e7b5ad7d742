"""What operators decided about the whole store."""

from billing.models import StoreSettings
from billing.models.store_settings import ONLY


def read_store_settings() -> StoreSettings:
    """The stored settings, or the defaults of a portal where nobody has saved any; one query."""
    return StoreSettings.objects.filter(pk=ONLY).first() or StoreSettings(pk=ONLY)
