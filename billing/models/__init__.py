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
from billing.models.alert import Alert, AlertChannel, AlertKind, AlertStatus, ChannelKind
from billing.models.api_key import ApiKey
from billing.models.audit import AuditRequest, LedgerAudit
from billing.models.automation import AutomationRun, DutyItem, DutyRun, DutyStatus
from billing.models.bank_statement import (
    OPEN_TRANSFERS,
    BankStatement,
    BankTransfer,
    Confidence,
    MatchReason,
    StatementFormat,
    TransferShare,
    TransferStatus,
)
from billing.models.billing_settings import AutomationSettings, BillingSettings, LateFeeType, NumberReset
from billing.models.cancellation import CancellationRequest, CancellationStatus, CancellationType
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
from billing.models.credit_note import CreditNote, CreditNoteLine, CreditNoteTo
from billing.models.document import DocumentState, StoredDocument
from billing.models.email import RESENDABLE_STATUSES, DeliveryOutcome, Email, EmailDelivery, EmailStatus
from billing.models.email_template import EmailTemplate, EmailTemplateVersion, LetterSettings
from billing.models.event import Event
from billing.models.finding import Finding, FindingSort, FindingStatus
from billing.models.fiscal_settings import FiscalSettings
from billing.models.gateway import GatewayCurrency, PaymentGateway
from billing.models.gateway_event import GatewayCall, GatewayEvent, GatewayEventStatus
from billing.models.invoice import (
    PAYABLE_STATUSES,
    Invoice,
    InvoiceCounter,
    InvoiceKind,
    InvoiceLine,
    InvoiceStatus,
    LineKind,
)
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
from billing.models.payment_attempt import OPEN_ATTEMPTS, AttemptStatus, PaymentAttempt
from billing.models.pool import PooledLicense, PoolState
from billing.models.promotion import Audience, Promotion
from billing.models.refund import Refund, RefundStatus, RefundWay
from billing.models.seller import BankAccount, Seller
from billing.models.service import (
    ENDED_STATUSES,
    LIVE_STATUSES,
    Service,
    ServiceField,
    ServiceOption,
    ServiceStatus,
    SuspensionCause,
)
from billing.models.store_settings import StoreSettings
from billing.models.stored_method import GatewayCustomer, StoredMethod
from billing.models.tax import TaxRule
from billing.models.user import StaffRole, User
from billing.models.vat_check import VatCheck, VatState

__all__ = [
    "ENDED_STATUSES",
    "LIVE_STATUSES",
    "OPEN_ATTEMPTS",
    "OPEN_TRANSFERS",
    "PAYABLE_STATUSES",
    "PAYING_KINDS",
    "RESENDABLE_STATUSES",
    "SETTLED_STATUSES",
    "UNDERWAY_STATUSES",
    "WAITING_STATUSES",
    "Account",
    "Affiliate",
    "AffiliateEntry",
    "AffiliateSettings",
    "AffiliateStatus",
    "Alert",
    "AlertChannel",
    "AlertKind",
    "AlertStatus",
    "ApiKey",
    "AttemptStatus",
    "Audience",
    "AuditRequest",
    "AutomationRun",
    "AutomationSettings",
    "BankAccount",
    "BankStatement",
    "BankTransfer",
    "BillingSettings",
    "CancellationRequest",
    "CancellationStatus",
    "CancellationType",
    "Certificate",
    "CertificateState",
    "ChannelKind",
    "Client",
    "ClientUser",
    "Commission",
    "CommissionState",
    "Confidence",
    "CreditNote",
    "CreditNoteLine",
    "CreditNoteTo",
    "DeliveryOutcome",
    "DocumentState",
    "DutyItem",
    "DutyRun",
    "DutyStatus",
    "Email",
    "EmailDelivery",
    "EmailStatus",
    "EmailTemplate",
    "EmailTemplateVersion",
    "EntryKind",
    "Event",
    "Finding",
    "FindingSort",
    "FindingStatus",
    "FiscalSettings",
    "GatewayCall",
    "GatewayCurrency",
    "GatewayCustomer",
    "GatewayEvent",
    "GatewayEventStatus",
    "HoldReason",
    "Invoice",
    "InvoiceCounter",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceStatus",
    "LateFeeType",
    "LedgerAudit",
    "LedgerEntry",
    "LedgerImmutable",
    "LetterSettings",
    "LineKind",
    "MatchReason",
    "ModuleAccess",
    "NumberReset",
    "Operation",
    "OperationAttempt",
    "OperationKind",
    "OperationStatus",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "PaymentAttempt",
    "PaymentGateway",
    "PoolState",
    "PooledLicense",
    "Posting",
    "Promotion",
    "Referral",
    "ReferredService",
    "Refund",
    "RefundStatus",
    "RefundWay",
    "Seller",
    "Service",
    "ServiceField",
    "ServiceOption",
    "ServiceStatus",
    "StaffRole",
    "StatementFormat",
    "StoreSettings",
    "StoredDocument",
    "StoredMethod",
    "SuspensionCause",
    "TaxRule",
    "TransferShare",
    "TransferStatus",
    "User",
    "VatCheck",
    "VatState",
    "VoidReason",
    "Withdrawal",
    "WithdrawalStatus",
    "WithdrawalWay",
]
