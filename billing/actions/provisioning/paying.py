"""The paying call: its intent commits first, it goes out once, and each kind of answer has one meaning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_noop

from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import (
    check_later,
    fail,
    hold_account,
    requeue,
    withdraw_intent,
    words_of,
    write_intent,
)
from billing.models import HoldReason
from noc.errors import AuthFailed, InsufficientFunds, NotBought, OutcomeUnknown, Rejected, Unavailable

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class PayingCall[R]:
    """What is sent, and the words for a refusal and for a lost answer (msgids with %(detail)s).

    `first_look` tells when to look for what a lost call did; `left_unpaid` deals with an order left in the basket;
    `explain` has more to say of a refusal than `refused`: a msgid and its values.
    """

    send: Callable[[], R]
    refused: str
    lost: str
    first_look: Callable[[datetime], datetime]
    left_unpaid: Callable[[NotBought], None]
    explain: Callable[[Rejected], tuple[str, dict[str, str]]] | None = None


def pay_once[R](
    claim: Claim, clock: Clock, paying: PayingCall[R], *, match_key: str, snapshot: Sequence[str]
) -> R | None:
    """The partner's answer; None once the operation has been put where anything else belongs.

    Rule of outcome: a failed connection did nothing, listed error types are refusals, login and money hold the
    account, everything else is unknown and only looked for (partner-api.md §11). Raises PurchaseUnderway.
    """
    write_intent(claim, match_key=match_key, snapshot=snapshot, now=clock())
    sent_at = claim.operation.sent_at
    if sent_at is None or clock() - sent_at > settings.NOC_INTENT_FRESHNESS:
        message = gettext_noop("Took too long to start; nothing was sent.")
        requeue(claim, now=clock(), message=message, **withdraw_intent(claim))
        return None
    try:
        return paying.send()
    except Unavailable as error:
        message = gettext_noop("The partner cannot be reached; nothing was sent. %(detail)s")
        requeue(claim, now=clock(), message=message, values=words_of(error), **withdraw_intent(claim))
    except AuthFailed as error:
        hold_account(claim, error, reason=HoldReason.ACCOUNT_REFUSED, now=clock(), **withdraw_intent(claim))
    except InsufficientFunds as error:
        hold_account(claim, error, reason=HoldReason.NO_MONEY, now=clock(), **withdraw_intent(claim))
    except NotBought as error:
        paying.left_unpaid(error)
    except Rejected as error:
        message, values = paying.explain(error) if paying.explain else (paying.refused, words_of(error))
        fail(claim, now=clock(), message=message, values=values)
    except OutcomeUnknown as error:
        now = clock()
        check_later(claim, now=now, run_after=paying.first_look(now), message=paying.lost, values=words_of(error))
    return None
