"""Reading a whole account on demand."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.account_nights import ask_for_sync
from billing.admin.buttons import Button, Outcome, Visit
from billing.permissions import Permission
from noc.models import Server


class SyncAccount(Button[Server]):
    """What happens each night, now."""

    code = "sync"
    label = gettext_lazy("Sync the whole account")
    permission = Permission.MANAGE_SERVERS

    def title(self, subject: Server | None) -> str:
        return _("Sync the whole account %(server)s") % {"server": subject}

    def explanation(self, subject: Server | None) -> str:
        return _(
            "Reads everything on the account, puts what disagrees under Reconciliation, then brings status, end date, "
            "name and key of our services in line. Nothing is bought or deleted; services that are gone at the partner "
            "end here."
        )

    def run(self, subject: Server | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        ask_for_sync(server=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("%(server)s is being read; what came of it shows below in a while.") % {"server": subject})
