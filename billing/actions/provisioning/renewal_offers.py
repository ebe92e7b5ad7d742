"""What the partner would do with a renewal, read while a person waits: periods, dates, cost. Nothing is sent."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.actions.provisioning.renewing import explain_refusal
from billing.models import Service
from billing.provisioners.ispmanager_noc import open_remote_side
from billing.queries.operations import words
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from noc.errors import PartnerError, Rejected
from noc.models import PriceListEntry
from noc.schemas import ItemStatus, RenewalForm, parse_decimal


@dataclass(frozen=True, slots=True)
class PeriodOffer:
    """A period in months; `cost` by the account's price list, None where that does not say."""

    period: int
    cost: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class RenewalOffer:
    """The partner's renewal form. `refusal`: why it would not renew it; `trouble`: why it could not be asked.

    `chosen` is the period that is renewed for unless another is chosen; the new end date is that of the partner's own
    choice. `periods` are those of the service's billing cycle alone where the form names none.
    """

    periods: tuple[PeriodOffer, ...]
    chosen: int
    expires_on: date | None = None
    new_expires_on: date | None = None
    status: ItemStatus | None = None
    refusal: str = ""
    trouble: str = ""


def ask_renewal_form(service: Service) -> RenewalOffer:
    """Asks once and shortly; a partner that does not answer is told in `trouble`."""
    usual = CYCLE_MONTHS.get(Cycle(service.cycle), 1)
    if service.server is None or not service.remote_id:
        return RenewalOffer((), usual, trouble=_("There is nothing at a partner to renew."))
    reference = f"service:{service.pk}/renewal-form"
    try:
        with open_remote_side(service, service.server, reference=reference, is_awaited=True) as side:
            form = side.renewal_form(service.remote_id)
    except Rejected as error:
        return RenewalOffer(_offers(service, {usual}), usual, refusal=words(*explain_refusal(error)))
    except PartnerError as error:
        trouble = _("The partner could not be asked now: %(why)s") % {"why": error}
        return RenewalOffer(_offers(service, {usual}), usual, trouble=trouble)
    periods = {period for period in form.periods if period > 0} or {usual}
    chosen = usual if usual in periods else min(periods)
    return RenewalOffer(
        _offers(service, periods),
        chosen,
        expires_on=form.expires_on,
        new_expires_on=form.new_expires_on,
        status=form.status,
        refusal=_refusal_of(form, service),
    )


def _refusal_of(form: RenewalForm, service: Service) -> str:
    if form.status == ItemStatus.PROCESSING:
        message = _("The partner is still at work on %(number)s: renew it once that is done.")
        return message % {"number": service.remote_id}
    if form.status == ItemStatus.DELETED:
        return _("There is no service %(number)s at the partner any more.") % {"number": service.remote_id}
    return ""


def _offers(service: Service, periods: set[int]) -> tuple[PeriodOffer, ...]:
    """Costs of the bare tariff: what additional servers cost is not in the list in a way that could be relied on."""
    entry = PriceListEntry.objects.filter(server=service.server, tariff_id=service.tariff_id).first()
    has_more = any(service.remote_addons.values())
    prices = entry.prices if entry is not None and not has_more else {}
    currency = entry.currency if entry is not None else ""
    return tuple(
        PeriodOffer(period, parse_decimal(str(prices.get(str(period), ""))), currency) for period in sorted(periods)
    )
