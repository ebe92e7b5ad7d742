"""What every gateway answers, in one shape: the words of Stripe and YooKassa end in their own files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from django.utils.functional import Promise


class GatewayUnavailable(Exception):
    """No answer, or one that says nothing: the same may be asked again with the same key."""


class GatewayRejected(Exception):
    """The gateway refuses for good; nothing was charged. `code` is its own word, the text is for operators."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class GatewayMisconfigured(Exception):
    """The gateway does not take our keys, or we have none."""


class NoticeForged(Exception):
    """A notification that does not come from the gateway."""


class NoticeMalformed(Exception):
    """A notification that came from the gateway and cannot be read."""


class Standing(StrEnum):
    """How far a payment or a refund is at the gateway."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Charge:
    """What is asked of a gateway. `key` makes asking twice harmless;
    `method_id` and `customer_id` name a saved card; `receipt` is a fiscal one, in the words of the gateway.
    """

    key: str
    amount: Decimal
    currency: str
    description: str
    language: str
    return_url: str
    email: str
    invoice_id: int
    saves_method: bool = False
    customer_id: str = ""
    method_id: str = ""
    receipt: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A payment that waits for the client at `redirect_url`."""

    external_id: str
    redirect_url: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A saved way to pay, as far as people may see it."""

    external_id: str
    customer_id: str = ""
    title: str = ""
    brand: str = ""
    last4: str = ""
    expiry_month: int | None = None
    expiry_year: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A payment as the gateway has it. `reference` names the money, once it is there; `fee` is what was kept of it.

    `is_ours`: whether it went to the account and the mode (test or live) that our keys are of.
    """

    standing: Standing
    external_id: str
    reference: str
    amount: Decimal
    currency: str
    is_ours: bool = True
    fee: Decimal = Decimal(0)
    reason: str = ""
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Repayment:
    """A refund that is asked of a gateway; `reference` is that of the payment."""

    key: str
    reference: str
    amount: Decimal
    currency: str
    reason: str
    refund_id: int
    receipt: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """A refund as the gateway has it."""

    standing: Standing
    external_id: str
    reason: str = ""


class NoticeSubject(StrEnum):
    """What a notification is about."""

    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    DISPUTE_OPENED = "DISPUTE_OPENED"
    DISPUTE_LOST = "DISPUTE_LOST"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notification claims. It is a reason to look: what is true, the gateway says when it is asked.

    `external_ids` are names of the payment, any of which may be known here; `key` is that of our attempt, if it names
    it. `refund_id` is ours. Claims that are absent are None.
    """

    event_id: str
    name: str
    subject: NoticeSubject
    external_ids: tuple[str, ...] = ()
    key: str = ""
    refund_id: int | None = None
    amount: Decimal | None = None
    currency: str | None = None
    is_ours: bool = True
    is_success: bool = False


@dataclass(frozen=True, slots=True)
class KeyField:
    """A key that operators enter; one that is no secret is shown again."""

    name: str
    label: str | Promise
    help_text: str | Promise = ""
    is_secret: bool = True
    is_required: bool = True


Keys = Mapping[str, str]


class Gateway(Protocol):
    """A way to take money by itself. No method keeps anything; each call may be repeated with the same key.

    Raises GatewayUnavailable, GatewayRejected, GatewayMisconfigured.
    """

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    key_fields: ClassVar[tuple[KeyField, ...]]
    # Codes of the currencies that it can take; empty: any.
    currencies: ClassVar[frozenset[str]]
    # Whether it wants fiscal receipts of Russian law.
    needs_receipt: ClassVar[bool]
    can_cancel: ClassVar[bool]

    def start(self, keys: Keys, charge: Charge) -> Started:
        """Opens a page where the client pays."""
        ...

    def make_customer(self, keys: Keys, *, client_id: int, email: str, name: str) -> str:
        """The number of a new customer, "" where the gateway keeps none."""
        ...

    def charge(self, keys: Keys, charge: Charge) -> Answer:
        """Takes money by `charge.method_id` while the client is away. A declined card is an Answer, FAILED."""
        ...

    def look(self, keys: Keys, external_id: str) -> Answer:
        """The payment as it is now."""
        ...

    def cancel(self, keys: Keys, external_id: str) -> None:
        """Closes a page that nobody has paid on; one that is closed already is fine."""
        ...

    def refund(self, keys: Keys, repayment: Repayment) -> RefundAnswer:
        """Gives money back."""
        ...

    def look_refund(self, keys: Keys, external_id: str) -> RefundAnswer:
        """The refund as it is now."""
        ...

    def check_keys(self, keys: Keys) -> str:
        """Words about the account that the keys are of."""
        ...

    def read_notice(self, keys: Keys, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Judges the signature first. Raises NoticeForged, NoticeMalformed, GatewayMisconfigured."""
        ...

    def parse_notice(self, keys: Keys, body: str) -> Notice:
        """Reads what was judged and kept before. Raises NoticeMalformed."""
        ...


@dataclass(frozen=True, slots=True)
class Manual:
    """A way to pay that people operate: its money is recorded by an operator."""

    code: str
    label: str | Promise
    key_fields: tuple[KeyField, ...] = field(default=())
