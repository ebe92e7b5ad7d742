"""The money of affiliates: every change is a line of the statement, written together with the balance."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.models import Affiliate, AffiliateEntry, Client, EntryKind


class BalanceTooLow(Exception):
    """The affiliate has less than that."""


def lock_affiliate(affiliate: Affiliate) -> Affiliate:
    """The affiliate as it is now, its client's row locked and then its own: always in this order.

    What is written beside it refers to the client, and the database holds that row when the transaction ends.
    Payments that earn commissions meanwhile only refer to the affiliate: this lock does not hold them up.
    """
    clients = Client.objects.select_for_update(of=("self",)).select_related("currency")
    client = clients.get(pk=affiliate.client_id)
    locked = Affiliate.objects.select_for_update(no_key=True).get(pk=affiliate.pk)
    locked.client = client
    return locked


def book(entries: Sequence[AffiliateEntry]) -> None:
    """Writes lines of statements and moves the balances. Call it in the transaction of what they stand for.

    Nothing in that transaction may refer to the affiliate's client, unless `lock_affiliate` has locked both.
    What is taken back beyond the balance becomes debt; what comes in settles debt first. Raises BalanceTooLow if a
    withdrawal is more than there is.
    """
    by_affiliate: defaultdict[int, list[AffiliateEntry]] = defaultdict(list)
    for entry in entries:
        by_affiliate[entry.affiliate_id].append(entry)
    # In one order, so that two who book for the same affiliates wait for each other instead of for ever.
    rows = Affiliate.objects.select_for_update(no_key=True).filter(pk__in=by_affiliate).order_by("pk")
    affiliates = list(rows)
    for affiliate in affiliates:
        for entry in by_affiliate[affiliate.pk]:
            _move(affiliate, entry)
    Affiliate.objects.bulk_update(affiliates, ["balance", "debt"])
    AffiliateEntry.objects.bulk_create(entries)


def _move(affiliate: Affiliate, entry: AffiliateEntry) -> None:
    if entry.kind == EntryKind.WITHDRAWAL and affiliate.balance + entry.amount < 0:
        raise BalanceTooLow(_("There is not so much to pay out."))
    net = affiliate.balance - affiliate.debt + entry.amount
    affiliate.balance, affiliate.debt = max(net, Decimal(0)), max(-net, Decimal(0))
