"""A license of the pool in the hands of a purchase: what its form says, and the ways in which it leaves them again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from django.utils.translation import gettext_noop

from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import (
    check_patiently,
    keep_claim,
    need_person,
    requeue,
    withdraw_intent,
    words_of,
)
from billing.actions.provisioning.pooling import PutOff, drop, put_back
from billing.actions.provisioning.pooling_in import is_without_owner, raise_unless_refused
from billing.models import PooledLicense
from billing.provisioners.ispmanager_noc import RemoteSide
from noc.errors import AuthFailed, NotFound, OutcomeUnknown, PartnerError, Rejected, Unavailable
from noc.schemas import ItemStatus, RemoteService

Clock = Callable[[], datetime]

GONE = gettext_noop("It is not there any more.")
OWNED = gettext_noop("It bears another name at the partner: somebody uses it.")
BUSY = gettext_noop("The partner was at work on it.")
LOST = gettext_noop("The partner's answer was lost: reading what became of %(number)s. %(detail)s")
STUCK = gettext_noop("%(number)s was taken out of the pool, is of no use and could not be put back. %(detail)s")


class NotThisOne(Exception):
    """The license cannot be ours and has left our hands: the next one may do."""


@dataclass
class Handling:
    """One attempt of a purchase with the licenses that it takes, one after another."""

    claim: Claim
    side: RemoteSide
    clock: Clock
    # Nothing was sent about the license yet: what the partner is at work on is not ours.
    is_untouched: bool = False

    def read(self, row: PooledLicense) -> RemoteService:
        """The form of a license that is there; what the partner is at work on is waited for. Raises as the ways out."""
        try:
            form = self.side.read(row.remote_id)
        except NotFound:
            self.discard(row, GONE)
        if form.status in (ItemStatus.DELETED, ItemStatus.ORDERED):
            self.discard(row, GONE)
        if form.status == ItemStatus.PROCESSING:
            if self.is_untouched:
                self.leave(row, BUSY)
            self.wait(gettext_noop("The partner is still at work on %(number)s."), row)
        row.expires_on = form.expires_on or row.expires_on
        return form

    def is_ours(self, form: RemoteService) -> bool:
        """Whether it bears this service's name and address already: the taking need not be repeated."""
        is_marked = form.remote_reference == self.side.reference
        is_named = form.name.split() == self.side.fields.get("licname", "").split()
        has_address = form.ip == self.side.fields.get("ip", "").strip()
        return has_address and (is_marked or (is_named and not form.remote_reference))

    def give_back(self, row: PooledLicense, form: RemoteService, *, note: str) -> None:
        """Back to the name of the pool at the partner, then FREE. What cannot go back is a person's to decide."""
        if not is_without_owner(form):
            if not self.is_ours(form):
                self.discard(row, OWNED)
            trouble = self._give_up_name(row)
            if not is_without_owner(self.read(row)):
                if isinstance(trouble, OutcomeUnknown) and not trouble.type:
                    self.wait(LOST, row, trouble)
                detail = trouble.message if trouble else ""
                need_person(
                    self.claim, now=self.clock(), message=STUCK, values={"number": row.remote_id, "detail": detail}
                )
                raise PutOff
        put_back(self.claim, row, now=self.clock(), note=note)

    def _give_up_name(self, row: PooledLicense) -> PartnerError | None:
        keep_claim(self.claim, now=self.clock())
        try:
            self.side.release(row.remote_id)
        except NotFound:
            self.discard(row, GONE)
        except Unavailable as error:
            self.ask_later(error)
        except (Rejected, OutcomeUnknown, AuthFailed) as error:
            raise_unless_refused(error)
            return error
        return None

    def leave(self, row: PooledLicense, note: str) -> NoReturn:
        """It bears no name of ours: it stays in the pool, and the next one is tried."""
        put_back(self.claim, row, now=self.clock(), note=note)
        raise NotThisOne

    def discard(self, row: PooledLicense, note: str) -> NoReturn:
        """It leaves the pool for good, and the next one is tried."""
        drop(self.claim, row, now=self.clock(), note=note)
        raise NotThisOne

    def wait(self, message: str, row: PooledLicense, error: PartnerError | None = None) -> NoReturn:
        """Its form will tell at the next look."""
        values = {"number": row.remote_id, **(words_of(error) if error else {})}
        check_patiently(self.claim, now=self.clock(), message=message, values=values)
        raise PutOff

    def ask_later(self, error: PartnerError) -> NoReturn:
        """QUEUED with the license: nothing was sent this time."""
        message = gettext_noop("The partner cannot be reached; nothing was sent. %(detail)s")
        requeue(self.claim, now=self.clock(), message=message, values=words_of(error), **withdraw_intent(self.claim))
        raise PutOff
