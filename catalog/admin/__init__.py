"""The catalog in the back office."""

from catalog.admin.currencies import CurrencyAdmin
from catalog.admin.groups import ProductGroupAdmin
from catalog.admin.products import ProductAdmin

__all__ = ["CurrencyAdmin", "ProductAdmin", "ProductGroupAdmin"]
