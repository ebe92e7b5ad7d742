"""Who ordered, what is owed, what they have."""

from billing.models.affiliate import (
    Affiliate,
    AffiliateEntry,
    AffiliateSettings,
    AffiliateStatus,
    EntryKind,
    Referral,
    ReferredService,
)
from billing.models.api_key import ApiKey
from billing.models.certificate import Certificate, CertificateState
from billing.models.client import Client, ClientUser
from billing.models.commission import (
    Commission,
    CommissionState,
    VoidReason,
    Withdrawal,
    WithdrawalStatus,
    WithdrawalWay,
)
from billing.models.email import Email, EmailStatus
from billing.models.event import Event
from billing.models.finding import Finding, FindingSort, FindingStatus
from billing.models.invoice import PAYABLE_STATUSES, Invoice, InvoiceCounter, InvoiceLine, InvoiceStatus, LineKind
from billing.models.ledger import Account, LedgerEntry, LedgerImmutable, Posting
from billing.models.module_access import ModuleAccess
from billing.models.operation import (
    PAYING_KINDS,
    SETTLED_STATUSES,
    UNDERWAY_STATUSES,
    WAITING_STATUSES,
    HoldReason,
    Operation,
    OperationAttempt,
    OperationKind,
    OperationStatus,
)
from billing.models.order import Order, OrderLine, OrderStatus
from billing.models.payment import Payment
from billing.models.pool import PooledLicense, PoolState
from billing.models.promotion import Audience, Promotion
from billing.models.service import (
    ENDED_STATUSES,
    LIVE_STATUSES,
    Service,
    ServiceField,
    ServiceOption,
    ServiceStatus,
)
from billing.models.store_settings import StoreSettings
from billing.models.tax import TaxRule
from billing.models.user import StaffRole, User

__all__ = [
    "ENDED_STATUSES",
    "LIVE_STATUSES",
    "PAYABLE_STATUSES",
    "PAYING_KINDS",
    "SETTLED_STATUSES",
    "UNDERWAY_STATUSES",
    "WAITING_STATUSES",
    "Account",
    "Affiliate",
    "AffiliateEntry",
    "AffiliateSettings",
    "AffiliateStatus",
    "ApiKey",
    "Audience",
    "Certificate",
    "CertificateState",
    "Client",
    "ClientUser",
    "Commission",
    "CommissionState",
    "Email",
    "EmailStatus",
    "EntryKind",
    "Event",
    "Finding",
    "FindingSort",
    "FindingStatus",
    "HoldReason",
    "Invoice",
    "InvoiceCounter",
    "InvoiceLine",
    "InvoiceStatus",
    "LedgerEntry",
    "LedgerImmutable",
    "LineKind",
    "ModuleAccess",
    "Operation",
    "OperationAttempt",
    "OperationKind",
    "OperationStatus",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "PoolState",
    "PooledLicense",
    "Posting",
    "Promotion",
    "Referral",
    "ReferredService",
    "Service",
    "ServiceField",
    "ServiceOption",
    "ServiceStatus",
    "StaffRole",
    "StoreSettings",
    "TaxRule",
    "User",
    "VoidReason",
    "Withdrawal",
    "WithdrawalStatus",
    "WithdrawalWay",
]
