"""The catalog in the back office."""

from catalog.admin.currencies import CurrencyAdmin

__all__ = ["CurrencyAdmin"]
