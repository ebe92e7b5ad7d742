"""Out of the pool: a purchase first tries the licenses that others gave back (partner-api.md §12).

Every step is judged by the license's form, so an attempt that died anywhere, or whose answer was lost, goes on where
the form says it stopped. Nothing new is bought while a license is TAKEN: it becomes ours, or it goes back first.
"""

from functools import cached_property, partial

from django.utils.translation import gettext_noop

from billing.actions.provisioning.claiming import Claim, is_moot
from billing.actions.provisioning.outcomes import NoLongerWanted, change_claimed, keep_claim
from billing.actions.provisioning.paying import PayingCall, pay_once
from billing.actions.provisioning.pooling import PutOff, put_back, take_next
from billing.actions.provisioning.pooling_in import is_without_owner, raise_unless_refused
from billing.actions.provisioning.pooling_row import GONE, LOST, OWNED, Clock, Handling, NotThisOne
from billing.actions.provisioning.renewing import FIRST_LOOK, dry_run, has_grown, left_unpaid, not_grown
from billing.models import PooledLicense
from billing.provisioners.ispmanager_noc import RemoteSide
from billing.queries.pool import (
    QUIET_TIME,
    is_pooled,
    oldest_end,
    partner_day,
    pooled_counts,
    same_counts,
    taken_license,
)
from billing.queries.services import field_values, ordered_addons
from noc.errors import AuthFailed, NotFound, OutcomeUnknown, Rejected, Unavailable
from noc.schemas import ItemStatus, RemoteService

TRIES = 5  # licenses tried in one attempt before a new one is bought
SAME_ADDRESS = ("exist", "exists")

ENDED = gettext_noop("It ended more than 30 days ago: the partner deletes it.")
OTHER_TARIFF = gettext_noop("The partner shows another Product ID.")
OTHER_COUNT = gettext_noop("The partner shows another number of servers.")
CHANGED_LATELY = gettext_noop("Its address or key was changed less than a month ago.")
REFUSED = gettext_noop("The partner refused to give it another name and address.")
SAME_KEY = gettext_noop("The partner refused to give it a new key.")
NOT_RENEWED = gettext_noop("The partner refused to renew it.")
NOT_RESUMED = gettext_noop("The partner refused to start it again.")


class _NoneWillDo(Exception):
    """The partner has a license like this on the address already: it would refuse any."""


def take_from_pool(claim: Claim, side: RemoteSide, clock: Clock) -> str:
    """The number of the license that is ours now; "" where none fits and a new one is to be ordered.

    A purchase that was sent already (then it is looked for) takes nothing. Raises PutOff once the operation waits,
    NoLongerWanted once the license of a purchase that nobody wants any more has gone back.
    """
    taking = _Taking(claim, side, clock)
    row = taken_license(claim.operation)
    if row is None and not _may_take(claim, side):
        return ""
    for _try in range(TRIES):
        taking.is_untouched = row is None
        row = row or take_next(claim, side, now=clock())
        if row is None:
            return ""
        try:
            return taking.make_ours(row)
        except NotThisOne:
            row = None
        except _NoneWillDo:
            return ""
    return ""


def _may_take(claim: Claim, side: RemoteSide) -> bool:
    is_new = not claim.operation.was_sent and not claim.operation.remote_id
    return is_new and side.period > 0 and is_pooled(claim.service)


class _Taking(Handling):
    """Making a license of the pool ours."""

    def make_ours(self, row: PooledLicense) -> str:
        """Name and address, a new key, paid time and running, in this order; then its number is kept."""
        form = self.read(row)
        if is_moot(self.claim.operation):
            self.give_back(row, form, note="")
            raise NoLongerWanted(str(self.claim.operation))
        if self.claim.operation.remote_id == row.remote_id:
            return row.remote_id
        if not self.is_ours(form):
            self._judge(row, form)
            form = self._take(row)
        form = self._change_key(row, form)
        self._bring_to_life(row, form)
        change_claimed(self.claim, remote_id=row.remote_id)
        return row.remote_id

    def _judge(self, row: PooledLicense, form: RemoteService) -> None:
        """The rules of §12 by what the form and the list tell; what they do not tell, the partner judges itself."""
        if form.remote_reference == self.side.reference:
            return
        if not is_without_owner(form):
            self.discard(row, OWNED)
        if form.expires_on is not None and form.expires_on < oldest_end(self.clock()):
            self.discard(row, ENDED)
        if form.tariff_id and form.tariff_id != self.side.service.tariff_id:
            self.leave(row, OTHER_TARIFF)
        counts = pooled_counts(self.side.service, form)
        if not same_counts(counts, ordered_addons(self.side.service)):
            self.leave(row, OTHER_COUNT)
        if self._was_changed_lately(form):
            self.leave(row, CHANGED_LATELY)

    def _was_changed_lately(self, form: RemoteService) -> bool:
        shown = (form.ip_changed_on, form.key_changed_on)
        if not any(shown) and form.id in self._listed:
            shown = (self._listed[form.id].ip_changed_on, self._listed[form.id].key_changed_on)
        today = partner_day(self.clock())
        return any(day is not None and today - day < QUIET_TIME for day in shown)

    @cached_property
    def _listed(self) -> dict[str, RemoteService]:
        """The account's list: it tells days that a form may leave out."""
        return {listed.id: listed for listed in self.side.list_all()}

    def _take(self, row: PooledLicense) -> RemoteService:
        self.is_untouched = False
        keep_claim(self.claim, now=self.clock())
        try:
            self.side.take(row.remote_id)
        except NotFound:
            self.discard(row, GONE)
        except (Rejected, AuthFailed) as error:
            raise_unless_refused(error)
            if error.type in SAME_ADDRESS:
                put_back(self.claim, row, now=self.clock())
                raise _NoneWillDo from error
            self.leave(row, REFUSED)
        except Unavailable as error:
            self.ask_later(error)
        except OutcomeUnknown as error:
            self.wait(LOST, row, error)
        form = self.read(row)
        if not self.is_ours(form):
            self.wait(gettext_noop("%(number)s does not bear the new name yet."), row)
        return form

    def _change_key(self, row: PooledLicense, form: RemoteService) -> RemoteService:
        """A new key, once: whoever had the license before must not use it any more."""
        if self._has_new_key(row, form):
            return form
        keep_claim(self.claim, now=self.clock())
        try:
            self.side.make_new_key(row.remote_id)
        except NotFound:
            self.discard(row, GONE)
        except (Rejected, AuthFailed) as error:
            raise_unless_refused(error)
            self.give_back(row, form, note=SAME_KEY)
            raise NotThisOne from error
        except Unavailable as error:
            self.ask_later(error)
        except OutcomeUnknown as error:
            self.wait(LOST, row, error)
        change_claimed(self.claim, params={**self.claim.operation.params, "new_key_of": row.remote_id})
        return self.read(row)

    def _has_new_key(self, row: PooledLicense, form: RemoteService) -> bool:
        """Noted after the call; where the note was lost, the key differs from the one that the last owner had."""
        if self.claim.operation.params.get("new_key_of") == row.remote_id:
            return True
        old = field_values(row.released_from).get("lickey", "") if row.released_from else ""
        return bool(old and form.key and form.key != old)

    def _bring_to_life(self, row: PooledLicense, form: RemoteService) -> None:
        """Renewed where its time is over, and running. A renewal that was sent is only looked for."""
        operation = self.claim.operation
        if has_grown(self.claim, form.expires_on, period=self.side.period):
            is_over = False
        elif operation.match_key == self._renewal_key(row) and operation.sent_at is not None:
            not_grown(self.claim, form, self.clock)
            raise PutOff
        else:
            is_over = form.expires_on is not None and partner_day(self.clock()) >= form.expires_on
        if is_over:
            form = self._renew(row, form)
        if form.status == ItemStatus.SUSPENDED:
            self._resume(row, form)

    def _renewal_key(self, row: PooledLicense) -> str:
        return f"{self.side.server.pk}:renew:{row.remote_id}"

    def _renew(self, row: PooledLicense, form: RemoteService) -> RemoteService:
        """The paying call, once, with the end date that it extends kept before: the date read back proves it."""
        if dry_run(self.side, row.remote_id, period=self.side.period) is not None:
            self.give_back(row, form, note=NOT_RENEWED)
            raise NotThisOne
        change_claimed(self.claim, extends_from=form.expires_on)
        paying = PayingCall(
            send=partial(self._send_renewal, row),
            refused="",
            lost=gettext_noop("The partner's answer was lost: reading the end date. %(detail)s"),
            first_look=lambda now: now + FIRST_LOOK,
            left_unpaid=lambda error: left_unpaid(self.claim, self.side, error, self.clock),
        )
        answer = pay_once(self.claim, self.clock, paying, match_key=self._renewal_key(row), snapshot=[])
        if answer is None:
            raise PutOff
        if isinstance(answer, Rejected):
            self.give_back(row, form, note=NOT_RENEWED)
            raise NotThisOne
        renewed = self.read(row)
        if not has_grown(self.claim, renewed.expires_on, period=self.side.period):
            not_grown(self.claim, renewed, self.clock)
            raise PutOff
        return renewed

    def _send_renewal(self, row: PooledLicense) -> Rejected | bool:
        """A refusal is an answer too: the license goes back, the purchase goes on with another one."""
        try:
            self.side.renew(row.remote_id, self.side.period)
        except Rejected as refusal:
            return refusal
        return True

    def _resume(self, row: PooledLicense, form: RemoteService) -> None:
        try:
            self.side.resume(row.remote_id)
        except NotFound:
            self.discard(row, GONE)
        except Unavailable as error:
            self.ask_later(error)
        except (AuthFailed, Rejected, OutcomeUnknown) as error:
            raise_unless_refused(error)
            now_shown = self.read(row)
            if now_shown.status != ItemStatus.SUSPENDED:
                return
            if isinstance(error, OutcomeUnknown) and not error.type:
                self.wait(LOST, row, error)
            self.give_back(row, form, note=NOT_RESUMED)
            raise NotThisOne from error
