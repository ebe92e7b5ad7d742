"""What is sold: groups, products, prices, custom fields."""

from catalog.models.currency import Currency
from catalog.models.custom_field import CustomField, FieldType
from catalog.models.group import OrderForm, ProductGroup
from catalog.models.letter import LetterKind, ProductLetter
from catalog.models.option import OptionPrice, ProductOption
from catalog.models.price import Cycle, Price
from catalog.models.product import (
    AffiliatePay,
    AtEnd,
    AutoSetup,
    OnDemand,
    PaymentType,
    Product,
    QuantityMode,
    TaxTreatment,
)
from catalog.models.slug_history import SlugHistory
from catalog.models.tariff_cost import Rounding, TariffCost, TariffImport
from catalog.models.wording import Worded

__all__ = [
    "AffiliatePay",
    "AtEnd",
    "AutoSetup",
    "Currency",
    "CustomField",
    "Cycle",
    "FieldType",
    "LetterKind",
    "OnDemand",
    "OptionPrice",
    "OrderForm",
    "PaymentType",
    "Price",
    "Product",
    "ProductGroup",
    "ProductLetter",
    "ProductOption",
    "QuantityMode",
    "Rounding",
    "SlugHistory",
    "TariffCost",
    "TariffImport",
    "TaxTreatment",
    "Worded",
]
