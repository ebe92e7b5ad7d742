"""The back office: lists and pages to read, buttons that each make one call into `billing.actions`."""

from billing.admin.affiliate_settings import AffiliateSettingsAdmin
from billing.admin.affiliates import AffiliateAdmin
from billing.admin.alert_channels import AlertAdmin, AlertChannelAdmin
from billing.admin.api_keys import ApiKeyAdmin
from billing.admin.attempts import GatewayCallAdmin, GatewayEventAdmin, PaymentAttemptAdmin
from billing.admin.audits import LedgerAuditAdmin
from billing.admin.automation import AutomationRunAdmin, DutyRunAdmin
from billing.admin.automation_settings import AutomationSettingsAdmin
from billing.admin.bank_statements import BankStatementAdmin
from billing.admin.bank_transfers import BankTransferAdmin
from billing.admin.billing_settings import BillingSettingsAdmin
from billing.admin.cancellations import CancellationRequestAdmin
from billing.admin.clients import ClientAdmin
from billing.admin.commissions import CommissionAdmin
from billing.admin.documents import StoredDocumentAdmin
from billing.admin.emails import EmailAdmin
from billing.admin.field_names import CustomFieldAdmin
from billing.admin.findings import FindingAdmin
from billing.admin.fiscal_settings import FiscalSettingsAdmin
from billing.admin.gateways import PaymentGatewayAdmin
from billing.admin.invoices import InvoiceAdmin
from billing.admin.ledger import PostingAdmin
from billing.admin.letters import EmailTemplateAdmin
from billing.admin.operations import OperationAdmin
from billing.admin.orders import OrderAdmin
from billing.admin.pool import PooledLicenseAdmin
from billing.admin.product_groups import ProductGroupAdmin
from billing.admin.products import ProductAdmin
from billing.admin.promotions import PromotionAdmin
from billing.admin.records import EventAdmin
from billing.admin.referrals import ReferralAdmin
from billing.admin.seller import BankAccountAdmin, SellerAdmin
from billing.admin.servers import ServerAdmin
from billing.admin.services import ServiceAdmin
from billing.admin.staff import UserAdmin
from billing.admin.store_settings import StoreSettingsAdmin
from billing.admin.tariff_products import TariffCostAdmin
from billing.admin.tax_rules import TaxRuleAdmin
from billing.admin.withdrawals import WithdrawalAdmin

__all__ = [
    "AffiliateAdmin",
    "AffiliateSettingsAdmin",
    "AlertAdmin",
    "AlertChannelAdmin",
    "ApiKeyAdmin",
    "AutomationRunAdmin",
    "AutomationSettingsAdmin",
    "BankAccountAdmin",
    "BankStatementAdmin",
    "BankTransferAdmin",
    "BillingSettingsAdmin",
    "CancellationRequestAdmin",
    "ClientAdmin",
    "CommissionAdmin",
    "CustomFieldAdmin",
    "DutyRunAdmin",
    "EmailAdmin",
    "EmailTemplateAdmin",
    "EventAdmin",
    "FindingAdmin",
    "FiscalSettingsAdmin",
    "GatewayCallAdmin",
    "GatewayEventAdmin",
    "InvoiceAdmin",
    "LedgerAuditAdmin",
    "OperationAdmin",
    "OrderAdmin",
    "PaymentAttemptAdmin",
    "PaymentGatewayAdmin",
    "PooledLicenseAdmin",
    "PostingAdmin",
    "ProductAdmin",
    "ProductGroupAdmin",
    "PromotionAdmin",
    "ReferralAdmin",
    "SellerAdmin",
    "ServerAdmin",
    "ServiceAdmin",
    "StoreSettingsAdmin",
    "StoredDocumentAdmin",
    "TariffCostAdmin",
    "TaxRuleAdmin",
    "UserAdmin",
    "WithdrawalAdmin",
]
