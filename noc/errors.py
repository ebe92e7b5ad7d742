"""What can go wrong between us and the partner.

    PartnerError
    ├── Unavailable          nothing was sent, or a read failed after its retries: try later
    ├── OutcomeUnknown       a call with effects was sent and nobody knows what it did: only look, never send again
    ├── Rejected             the partner refused: nothing was done, no money moved
    │   ├── NotFound         … because the object is not there
    │   ├── TooEarly         … a renewal before its time
    │   └── NotReady         … a renewal of what is being processed, or was deleted
    ├── AuthFailed           the account is not let in: nothing was done, a person must act
    ├── InsufficientFunds    nothing was done, the account needs money
    ├── NotBought            the order was left unpaid in the partner's basket
    └── ProtocolError        a read was answered in a way we do not understand

Messages are words for an operator and never hold a secret; `type` and `object` are the partner's own codes.
"""

from datetime import date


class PartnerError(Exception):
    """The root. `message` may be given lazily translated; it is put into words when it is read."""

    def __init__(self, message: object = "", *, type: str = "", object: str = "") -> None:
        super().__init__(message)
        self._message = message
        self.type = type
        self.object = object

    @property
    def message(self) -> str:
        """Words for an operator."""
        return str(self._message)

    def __str__(self) -> str:
        return self.message


class Unavailable(PartnerError):
    """The partner could not be reached and nothing was sent, or a read failed after its retries."""


class OutcomeUnknown(PartnerError):
    """A call with effects was sent; nobody knows what it did."""


class Rejected(PartnerError):
    """The partner refused and nothing changed. `field` names the partner's parameter at fault, "" if none."""

    def __init__(self, message: object = "", *, type: str = "", object: str = "", field: str = "") -> None:
        super().__init__(message, type=type, object=object)
        self.field = field


class NotFound(Rejected):
    """The object with this id is not there, or is not ours."""


class TooEarly(Rejected):
    """A renewal is possible only after `day`; None where the partner does not name it."""

    def __init__(self, message: object = "", *, type: str = "", object: str = "", day: date | None = None) -> None:
        super().__init__(message, type=type, object=object)
        self.day = day


class NotReady(Rejected):
    """A renewal is not possible now: the service is being processed, or was deleted."""


class AuthFailed(PartnerError):
    """Wrong password, address not allowed, account blocked, two-factor login or missing rights."""


class InsufficientFunds(PartnerError):
    """The account has no money for this."""


class NotBought(PartnerError):
    """The order was not paid: it lies in the basket `billorder`, maybe as the unpaid item `item_id`; "" if untold."""

    def __init__(
        self, message: object = "", *, type: str = "", object: str = "", billorder: str = "", item_id: str = ""
    ) -> None:
        super().__init__(message, type=type, object=object)
        self.billorder = billorder
        self.item_id = item_id


class ProtocolError(PartnerError):
    """A read was answered with an error we do not know, such as an unknown function."""
