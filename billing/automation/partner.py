"""Duties towards the partner: renewals that are paid for, the license pool, accounts to be read whole."""

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.actions.provisioning import drop_expired_pool
from billing.actions.queueing import queue_renewal_if_due
from billing.automation.chores import Chore
from billing.automation.night import Night, Touched
from billing.automation.sweeps import Sweep
from billing.models import Operation, OperationKind, Service
from billing.queries.clock import business_date
from billing.wakeups import wake_account_sync
from noc.models import AccountHealth, Server


class Cover(Sweep[Service]):
    """Renewals that are paid for and not bought: normally queued with the payment (rule of cover)."""

    code = "cover"
    label = gettext_lazy("Renewals paid for")
    words = gettext_lazy("Buys renewals at the partner whose end date lies before what the client has paid.")
    batch_size = 500
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Service]:
        """Paid beyond the partner's end date by more than the tolerance, and no renewal on its way."""
        renewals = Operation.objects.unsettled().filter(service=OuterRef("pk"), kind=OperationKind.RENEW)
        return (
            Service.objects.live()
            .exclude(remote_id="")
            .filter(paid_until__gt=F("expires_on") + settings.RENEWAL_TOLERANCE)
            .filter(~Exists(renewals))
        )

    def intend(self, night: Night, row: Service) -> Touched:
        """Bought for the time between."""
        words = _("Paid until %(paid)s, ends %(ends)s") % {"paid": row.paid_until, "ends": row.expires_on}
        return Touched("service", row.pk, words)

    def do(self, night: Night, row: Service) -> bool:
        """Queues the renewal, unless a person has to decide about an earlier one."""
        return queue_renewal_if_due(service=row, now=night.now) is not None


class LicensePool(Chore):
    """Licenses of the pool that the partner has deleted by now."""

    code = "license_pool"
    label = gettext_lazy("License pool")
    words = gettext_lazy("Drops licenses from the pool that the partner has deleted by now.")

    def perform(self, night: Night) -> list[Touched]:
        """All at once; the pool's own page shows which."""
        dropped = drop_expired_pool(now=night.now)
        words = ngettext("%(count)s license dropped", "%(count)s licenses dropped", dropped) % {"count": dropped}
        return [Touched("pool", 1, words)] if dropped else []


class PartnerAccounts(Sweep[Server]):
    """Sync and reconciliation of whole accounts (L4, L11): workers read them, findings have a page of their own."""

    code = "partner_accounts"
    label = gettext_lazy("Sync and reconciliation")
    words = gettext_lazy("Asks workers to read each partner account whole and to compare it with ours.")

    def candidates(self, night: Night) -> QuerySet[Server]:
        """Every account that lets us in."""
        return Server.objects.filter(is_enabled=True).exclude(health=AccountHealth.REFUSED)

    def intend(self, night: Night, row: Server) -> Touched | None:
        """Those that were not read today."""
        is_read = row.synced_at is not None and business_date(row.synced_at) >= night.today
        return None if is_read else Touched("server", row.pk, _("To be read"))

    def do(self, night: Night, row: Server) -> bool:
        """After commit; an account that cannot be read now is asked for again each hour."""
        wake_account_sync(row.pk)
        return True
