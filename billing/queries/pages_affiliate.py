"""Reads for an affiliate's own pages: figures, referrals, statement. Nothing tells who the referred clients are."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from billing.models import (
    Affiliate,
    AffiliateEntry,
    Client,
    Commission,
    CommissionState,
    ReferredService,
    Withdrawal,
    WithdrawalStatus,
)

PAGE_SIZE: Final = 25


@dataclass(frozen=True, slots=True)
class Summary:
    """How an affiliate does. `conversion` is sign-ups in percent of visitors, None without any."""

    visits: int
    sign_ups: int
    conversion: Decimal | None
    pending: Decimal
    available: Decimal
    requested: Decimal
    withdrawn: Decimal


def affiliate_of(client: Client) -> Affiliate | None:
    """What the client is as an affiliate; None before they have joined."""
    return Affiliate.objects.filter(client=client).select_related("client__currency").first()


def read_summary(affiliate: Affiliate) -> Summary:
    """Three queries."""
    sign_ups = affiliate.referrals.count()
    pending = affiliate.commissions.filter(state=CommissionState.PENDING).aggregate(sum=Sum("amount"))["sum"]
    out = dict(affiliate.withdrawals.order_by().values_list("status").annotate(Sum("amount")))
    conversion = Decimal(sign_ups * 100) / affiliate.visits if affiliate.visits else None
    return Summary(
        visits=affiliate.visits,
        sign_ups=sign_ups,
        conversion=None if conversion is None else conversion.quantize(Decimal("0.1")),
        pending=pending or Decimal(0),
        available=affiliate.balance,
        requested=out.get(WithdrawalStatus.REQUESTED, Decimal(0)),
        withdrawn=out.get(WithdrawalStatus.PAID, Decimal(0)),
    )


def referral_page(affiliate: Affiliate, *, number: str) -> Page[Any]:
    """One page of the services that came by the affiliate, newest first.

    `commission`: what this affiliate earned on each so far, in its currency, what is pending included.
    """
    mine = Q(commissions__affiliate=affiliate) & ~Q(commissions__state=CommissionState.VOIDED)
    found = ReferredService.objects.filter(referral__affiliate=affiliate).select_related("service__product")
    rows = found.annotate(commission=Sum("commissions__amount", filter=mine)).order_by("-id")
    return Paginator(rows, PAGE_SIZE).get_page(number)


def pending_commissions(affiliate: Affiliate) -> QuerySet[Commission]:
    """What has not cleared yet, the next first."""
    found = affiliate.commissions.filter(state=CommissionState.PENDING)
    return found.select_related("referred__service__product", "source_currency").order_by("clears_on", "id")


def statement_page(affiliate: Affiliate, *, number: str) -> Page[AffiliateEntry]:
    """One page of what moved the balance, newest first."""
    related = ("commission__referred__service__product", "withdrawal")
    return Paginator(affiliate.entries.select_related(*related).order_by("-id"), PAGE_SIZE).get_page(number)


def open_requests(affiliate: Affiliate) -> QuerySet[Withdrawal]:
    """Payments that were asked for and are neither made nor refused."""
    return affiliate.withdrawals.filter(status=WithdrawalStatus.REQUESTED).order_by("id")


def with_figures(rows: QuerySet[Affiliate]) -> QuerySet[Any]:
    """Affiliates with what operators compare them by: `sign_ups`, `pending`, `withdrawn`; None where there is none."""
    mine = {"affiliate": OuterRef("pk")}
    pending = Commission.objects.filter(state=CommissionState.PENDING, **mine)
    withdrawn = Withdrawal.objects.filter(status=WithdrawalStatus.PAID, **mine)
    return rows.annotate(sign_ups=Count("referrals"), pending=_sum_of(pending), withdrawn=_sum_of(withdrawn))


def _sum_of(rows: QuerySet[Any]) -> Subquery:
    return Subquery(rows.order_by().values("affiliate").annotate(sum=Sum("amount")).values("sum"))
