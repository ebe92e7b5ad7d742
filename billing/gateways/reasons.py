"""Why a payment failed, in words for clients: the codes of the gateways that people can do something about."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OTHER: Final = _("The bank refused the payment. It tells you why, or try another card.")
_MONEY: Final = _("There is not enough money on the card.")
_EXPIRED: Final = _("The card has expired.")
_ASKED: Final = _("The bank wants you to confirm the payment yourself.")
_TYPED: Final = _("The number, the date or the code of the card is wrong.")
_LIMIT: Final = _("A limit of the card is reached. Ask your bank, or try another card.")
_LATER: Final = _("The bank does not answer at the moment. Try again a little later.")
_LEFT: Final = _("The payment was not finished in time.")
_CARD: Final = _("The bank has blocked this card. Use another one.")

REASONS: Final[dict[str, str | Promise]] = {
    # Decline codes of Stripe
    "insufficient_funds": _MONEY,
    "expired_card": _EXPIRED,
    "incorrect_number": _TYPED,
    "invalid_number": _TYPED,
    "incorrect_cvc": _TYPED,
    "invalid_cvc": _TYPED,
    "invalid_expiry_month": _TYPED,
    "invalid_expiry_year": _TYPED,
    "authentication_required": _ASKED,
    "requires_action": _ASKED,
    "card_velocity_exceeded": _LIMIT,
    "withdrawal_count_limit_exceeded": _LIMIT,
    "issuer_not_available": _LATER,
    "processing_error": _LATER,
    "try_again_later": _LATER,
    "lost_card": _CARD,
    "stolen_card": _CARD,
    "pickup_card": _CARD,
    "restricted_card": _CARD,
    # Reasons of YooKassa
    "3d_secure_failed": _ASKED,
    "card_expired": _EXPIRED,
    "invalid_card_number": _TYPED,
    "invalid_csc": _TYPED,
    "issuer_unavailable": _LATER,
    "internal_timeout": _LATER,
    "payment_method_limit_exceeded": _LIMIT,
    "payment_method_restricted": _CARD,
    "permission_revoked": _("You took back the consent to automatic payments."),
    "expired_on_confirmation": _LEFT,
    "expired_on_capture": _LEFT,
    # Ours
    "superseded": _("Another page to pay was opened."),
    "not_opened": _LEFT,
    "not_due": _("Nothing was due any more."),
    "": _LEFT,
}


def reason_words(code: str) -> str:
    """The reason behind a code; general words for one that nobody knows."""
    return str(REASONS.get(code, OTHER))
