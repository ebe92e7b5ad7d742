"""Duties that look at the whole: commissions that clear, the audit of the ledger, old documents."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.actions.auditing import audit_ledger_nightly
from billing.actions.commissions import clear_commissions
from billing.actions.documents import prune_documents
from billing.actions.fields import seal_secret_values
from billing.actions.gateways.calling import prune_gateway_calls
from billing.automation.chores import Chore
from billing.automation.night import Night, Touched


class Commissions(Chore):
    """Affiliates' commissions whose delay is over (P17)."""

    code = "commissions"
    label = gettext_lazy("Affiliate commissions")
    words = gettext_lazy("Pays out commissions to affiliates' balances once their delay is over.")

    def perform(self, night: Night) -> list[Touched]:
        """All that clear by the day."""
        settled = clear_commissions(on=night.day, now=night.now)
        words = ngettext("%(count)s commission settled", "%(count)s commissions settled", settled) % {"count": settled}
        return [Touched("commission", 1, words)] if settled else []


class LedgerAudit(Chore):
    """Each document beside its entries (B7)."""

    code = "ledger_audit"
    label = gettext_lazy("Ledger audit")
    words = gettext_lazy("Proves that every invoice, payment and balance equals its entries in the ledger.")

    def perform(self, night: Night) -> list[Touched]:
        """Operators are told by the audit itself."""
        audit = audit_ledger_nightly(now=night.now)
        if not audit.difference_count:
            return []
        return [Touched("audit", audit.pk, _("%(count)s differences") % {"count": audit.difference_count})]


class SecretValues(Chore):
    """Values of custom fields that were made secret after the values were there."""

    code = "secret_values"
    label = gettext_lazy("Values of secret fields")
    words = gettext_lazy("Encrypts values that were written before their field was made secret.")

    def perform(self, night: Night) -> list[Touched]:
        """All at once."""
        sealed = seal_secret_values()
        words = ngettext("%(count)s value encrypted", "%(count)s values encrypted", sealed) % {"count": sealed}
        return [Touched("servicefield", 1, words)] if sealed else []


class OldGatewayCalls(Chore):
    """The log of what was asked of payment gateways, after 90 days."""

    code = "old_gateway_calls"
    label = gettext_lazy("Old gateway calls")
    words = gettext_lazy("Deletes what was logged of calls to payment gateways more than 90 days ago.")

    def perform(self, night: Night) -> list[Touched]:
        """All at once."""
        pruned = prune_gateway_calls(now=night.now)
        words = ngettext("%(count)s call deleted", "%(count)s calls deleted", pruned) % {"count": pruned}
        return [Touched("gatewaycall", 1, words)] if pruned else []


class OldDocuments(Chore):
    """PDF files that nobody has asked for a while: they are made again when somebody does."""

    code = "old_documents"
    label = gettext_lazy("Old documents")
    words = gettext_lazy("Deletes PDF files that nobody has wanted for long; they can be made again at any time.")

    def perform(self, night: Night) -> list[Touched]:
        """All at once."""
        pruned = prune_documents(now=night.now)
        words = ngettext("%(count)s file deleted", "%(count)s files deleted", pruned) % {"count": pruned}
        return [Touched("document", 1, words)] if pruned else []
