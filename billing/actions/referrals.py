"""Which clients and services an affiliate brought. A client has one affiliate, a service at most one (P17)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import Affiliate, Order, Referral, ReferredService, Service
from billing.queries.affiliates import find_affiliate, is_own_account, read_affiliate_settings


class ReferralNotMovable(Exception):
    """The affiliate cannot have this referral."""


def refer_order(*, order: Order, code: str, actor: str, now: datetime) -> Referral | None:
    """Notes who brought the order: the affiliate whose link was followed, or the one whom the client has already.

    None where nobody did: the program is off, no active affiliate has the code, or it is the client's own. Call it in
    the transaction that places the order, once its services are there and before anything of it is paid.
    """
    if not code or not read_affiliate_settings().is_on:
        return None
    affiliate = find_affiliate(code)
    if affiliate is None or is_own_account(affiliate, order.client):
        return None
    referral, is_new = Referral.objects.select_related("affiliate").get_or_create(
        client=order.client, defaults={"affiliate": affiliate, "referred_at": now}
    )
    ReferredService.objects.bulk_create(
        ReferredService(referral=referral, service=service)
        for service in Service.objects.filter(order_line__order=order).order_by("id")
    )
    record_event(
        "referral.made" if is_new else "referral.ordered",
        now=now,
        actor=actor,
        order=order,
        data={"affiliate": referral.affiliate.code, "referral": referral.pk},
    )
    return referral


def move_referral(*, referral: Referral, affiliate: Affiliate, actor: str, now: datetime) -> Referral:
    """Gives the client and its services to another affiliate, who earns on payments from now on.

    What was earned stays with who earned it. Raises ReferralNotMovable.
    """
    with transaction.atomic():
        # A lock that orders of the client, which refer to the row, need not wait for.
        rows = Referral.objects.select_for_update(of=("self",), no_key=True)
        locked = rows.select_related("affiliate", "client").get(pk=referral.pk)
        if locked.affiliate_id == affiliate.pk:
            raise ReferralNotMovable(_("It is this affiliate's already."))
        if is_own_account(affiliate, locked.client):
            raise ReferralNotMovable(_("Nobody refers themselves."))
        before = locked.affiliate
        locked.affiliate = affiliate
        locked.save(update_fields=["affiliate"])
        data = {"referral": locked.pk, "from": before.code, "to": affiliate.code}
        record_event("referral.moved", now=now, actor=actor, client=locked.client, data=data)
    return locked
