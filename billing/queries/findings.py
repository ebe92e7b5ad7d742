"""What reconciliation found, and the one table of remedies that the back office, REST and the actions read."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Finding, FindingSort, FindingStatus, Service, ServiceStatus
from noc.kinds import KINDS
from noc.schemas import ItemStatus

# Somebody pays for what is of no use, or does not get what was paid for.
MONEY_SORTS: Final = (
    FindingSort.ORPHAN,
    FindingSort.GHOST,
    FindingSort.DOUBLE,
    FindingSort.NOT_COVERED,
    FindingSort.AUTO_RENEWAL,
    FindingSort.PRICE_DRIFT,
)
ADOPT, TERMINATE_THERE, CORRECT_HERE, CORRECT_THERE, IGNORE = (
    "adopt",
    "terminate_there",
    "correct_here",
    "correct_there",
    "ignore",
)
LABELS: Final[Mapping[str, str | Promise]] = {
    ADOPT: gettext_lazy("Give it to a service"),
    TERMINATE_THERE: gettext_lazy("End it at the partner"),
    CORRECT_HERE: gettext_lazy("Correct ours"),
    CORRECT_THERE: gettext_lazy("Correct it at the partner"),
    IGNORE: gettext_lazy("Ignore"),
}

# sort → remedy → what it does, in words; %(number)s at %(server)s, %(ours)s and %(theirs)s as both sides say.
REMEDIES: Final[Mapping[str, Mapping[str, str | Promise]]] = {
    FindingSort.ORPHAN: {
        ADOPT: gettext_lazy("Reads %(number)s at %(server)s and makes it the license of the service that you name."),
        TERMINATE_THERE: gettext_lazy("Deletes %(number)s at %(server)s for good. Whoever uses it loses it now."),
    },
    FindingSort.GHOST: {
        CORRECT_HERE: gettext_lazy(
            "Reads %(number)s at %(server)s once more and, if it is not there, ends service %(service)s here. "
            "Nothing is bought and no money moves."
        ),
    },
    FindingSort.DOUBLE: {
        TERMINATE_THERE: gettext_lazy(
            "Deletes %(number)s at %(server)s for good; service %(service)s keeps its %(ours)s. "
            "Make sure which of them the client uses."
        ),
        ADOPT: gettext_lazy("Reads %(number)s at %(server)s and makes it the license of the service that you name."),
    },
    FindingSort.UNPAID_ITEM: {
        TERMINATE_THERE: gettext_lazy("Takes %(number)s out of the basket of %(server)s. It was never paid for."),
    },
    FindingSort.NOT_COVERED: {
        CORRECT_THERE: gettext_lazy(
            "Takes over the end date of %(number)s at %(server)s, then extends it there by one period and pays for it. "
            "The client has paid until %(ours)s, the partner keeps it until %(theirs)s."
        ),
    },
    FindingSort.DATE_DRIFT: {
        CORRECT_HERE: gettext_lazy("Reads %(number)s at %(server)s and takes over its end date %(theirs)s here."),
    },
    FindingSort.STATUS_DRIFT: {
        CORRECT_HERE: gettext_lazy("Reads %(number)s at %(server)s and takes over its status %(theirs)s here."),
    },
    FindingSort.TARIFF_DRIFT: {
        CORRECT_HERE: gettext_lazy(
            "Service %(service)s gets the Product ID %(theirs)s instead of %(ours)s. Its product and price stay."
        ),
    },
    FindingSort.ADDRESS_DRIFT: {
        CORRECT_HERE: gettext_lazy("Reads %(number)s at %(server)s and takes over %(theirs)s here."),
        CORRECT_THERE: gettext_lazy("Changes %(number)s at %(server)s back to %(ours)s."),
    },
    FindingSort.NODES_DRIFT: {
        CORRECT_HERE: gettext_lazy(
            "Service %(service)s counts as many servers as the partner: %(theirs)s instead of %(ours)s. "
            "What the client pays stays."
        ),
    },
    FindingSort.AUTO_RENEWAL: {
        CORRECT_THERE: gettext_lazy("Turns the auto-renewal of %(number)s at %(server)s off: only we renew."),
    },
    FindingSort.PRICE_DRIFT: {},
    FindingSort.POOL_DRIFT: {
        CORRECT_HERE: gettext_lazy("Takes %(number)s out of our pool. Nothing changes at %(server)s."),
        TERMINATE_THERE: gettext_lazy("Deletes %(number)s at %(server)s for good and takes it out of our pool."),
    },
}
IGNORE_WORDS: Final = gettext_lazy("Nothing is changed. It comes back once the values change.")


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to put a finding right: what it is called, and what it will do to what."""

    code: str
    label: str
    explanation: str
    is_destructive: bool = False


def remedies_for(finding: Finding) -> list[Remedy]:
    """The remedies of an open finding; of an ignored one all but ignoring it again."""
    if finding.status not in (FindingStatus.OPEN, FindingStatus.IGNORED):
        return []
    found = [_remedy(finding, code) for code in REMEDIES[finding.sort] if _fits(finding, code)]
    if finding.status == FindingStatus.OPEN:
        found.append(Remedy(IGNORE, str(LABELS[IGNORE]), str(IGNORE_WORDS)))
    return found


def remedy_of(finding: Finding, code: str) -> Remedy:
    """The words of a remedy, whether it fits or not. KeyError if there is none of this name."""
    if code == IGNORE:
        return Remedy(IGNORE, str(LABELS[IGNORE]), str(IGNORE_WORDS))
    return _remedy(finding, code)


def _remedy(finding: Finding, code: str) -> Remedy:
    words = REMEDIES[finding.sort].get(code, "")
    values = {
        "number": finding.remote_id,
        "server": finding.server.name,
        "service": f"#{finding.service_id}" if finding.service_id else "—",
        "ours": value_words(finding, "ours"),
        "theirs": value_words(finding, "theirs"),
    }
    return Remedy(code, str(LABELS[code]), str(words) % values, is_destructive=code == TERMINATE_THERE)


def _fits(finding: Finding, code: str) -> bool:
    if finding.sort != FindingSort.POOL_DRIFT:
        return True
    is_gone = finding.details.get("theirs") == ItemStatus.DELETED.name
    is_held = finding.details.get("theirs", "").startswith("#")
    is_recorded = "ours" in finding.details
    return is_recorded if code == CORRECT_HERE else not is_gone and not is_held


def value_words(finding: Finding, side: str) -> str:
    """What one side says, in words."""
    text = str(finding.details.get(side, ""))
    if text in ServiceStatus.values:
        return str(ServiceStatus(text).label)
    words = {
        "on": _("on"),
        "ORDERED": _("ordered, not paid"),
        "DELETED": _("deleted"),
        "autoprolong": _("auto-renewal"),
    }
    return words.get(text, text) or "—"


def findings_open() -> QuerySet[Finding]:
    """What waits for somebody."""
    return Finding.objects.filter(status=FindingStatus.OPEN)


def stake_of(finding: Finding) -> tuple[Decimal, str] | None:
    """The money of one period that is at stake, with its currency; None where none is, or it is not known."""
    amount, currency = finding.details.get("stake"), finding.details.get("currency")
    return (Decimal(amount), currency) if amount and currency and finding.sort in MONEY_SORTS else None


def adoption_candidates(finding: Finding) -> QuerySet[Service]:
    """Services that may take what was found: same kind, not ended, and nothing at the partner yet or a lost one."""
    lost = Finding.objects.filter(sort=FindingSort.GHOST, status=FindingStatus.OPEN).values("service")
    same = Service.objects.filter(kind=finding.kind, module=finding.server.module, kind__in=KINDS).not_ended()
    tariff = finding.details.get("tariff", "")
    if tariff.isdecimal():
        same = same.filter(tariff_id=tariff)
    waiting = same.filter(remote_id="") | same.filter(pk__in=lost)
    if finding.service_id:
        waiting |= same.filter(pk=finding.service_id)
    return waiting.select_related("client", "product").order_by("-id")
