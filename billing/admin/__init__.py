"""The back office: lists and pages to read, buttons that each make one call into `billing.actions`."""

from billing.admin.api_keys import ApiKeyAdmin
from billing.admin.clients import ClientAdmin
from billing.admin.documents import StoredDocumentAdmin
from billing.admin.field_names import CustomFieldAdmin
from billing.admin.findings import FindingAdmin
from billing.admin.invoices import InvoiceAdmin
from billing.admin.operations import OperationAdmin
from billing.admin.orders import OrderAdmin
from billing.admin.pool import PooledLicenseAdmin
from billing.admin.promotions import PromotionAdmin
from billing.admin.records import EmailAdmin, EventAdmin
from billing.admin.seller import BankAccountAdmin, SellerAdmin
from billing.admin.servers import ServerAdmin
from billing.admin.services import ServiceAdmin
from billing.admin.staff import UserAdmin
from billing.admin.tariff_products import TariffCostAdmin
from billing.admin.tax_rules import TaxRuleAdmin

__all__ = [
    "ApiKeyAdmin",
    "BankAccountAdmin",
    "ClientAdmin",
    "CustomFieldAdmin",
    "EmailAdmin",
    "EventAdmin",
    "FindingAdmin",
    "InvoiceAdmin",
    "OperationAdmin",
    "OrderAdmin",
    "PooledLicenseAdmin",
    "PromotionAdmin",
    "SellerAdmin",
    "ServerAdmin",
    "ServiceAdmin",
    "StoredDocumentAdmin",
    "TariffCostAdmin",
    "TaxRuleAdmin",
    "UserAdmin",
]
