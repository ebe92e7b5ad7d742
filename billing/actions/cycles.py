"""L6: an operator changes the billing cycle of a service. It counts from the next invoice on; clients cannot."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.commands import CommandInvalid, CommandNotAllowed
from billing.actions.events import record_event
from billing.models import LIVE_STATUSES, Invoice, InvoiceLine, LineKind, Operation, OperationKind, Service
from billing.queries.cycles import catalog_amount, option_price, sold_cycles
from catalog.models import Cycle
from catalog.money import round_money
from catalog.periods import CYCLE_MONTHS


def change_cycle(*, service: Service, cycle: str, amount: Decimal | None = None, actor: str, now: datetime) -> Service:
    """Cycle and amount of each later payment: `amount` (before tax), else what the catalog asks for the cycle.

    What is paid already stays paid, and dates stay. Raises CommandNotAllowed, CommandInvalid.
    """
    with transaction.atomic():
        locked = (
            Service.objects.select_for_update(of=("self",))
            .select_related("product__server_group", "currency")
            .get(pk=service.pk)
        )
        refusal = why_not_cycle(locked)
        if refusal:
            raise CommandNotAllowed(refusal)
        new_amount = _check(locked, cycle, amount)
        before, old_amount = locked.cycle, locked.recurring_amount
        locked.cycle, locked.recurring_amount = cycle, new_amount
        locked.save(update_fields=["cycle", "recurring_amount"])
        if amount is None:
            _reprice_options(locked)
        data = {"from": before, "until": cycle, "amount": f"{old_amount:f} → {new_amount:f}"}
        record_event("service.cycle_changed", now=now, actor=actor, service=locked, data=data)
    return locked


def why_not_cycle(service: Service) -> str:
    """Why the cycle cannot be changed now, in words; "" if it can.

    A period that is paid for or billed was sold as it was: it is bought and paid first.
    """
    if service.status not in LIVE_STATUSES:
        return _("Only a live service changes its billing cycle.")
    if service.cycle not in CYCLE_MONTHS:
        return _("It was paid once and has no next period.")
    billed = _billed(service)
    if billed is not None:
        words = _("Invoice %(number)s is issued for the next period: cancel it first, or wait until it is paid.")
        return words % {"number": billed.display_number}
    renewal = Operation.objects.unsettled().filter(service=service, kind=OperationKind.RENEW).first()
    if renewal is not None:
        return _("This is under way already: operation %(number)s.") % {"number": renewal.pk}
    is_covered = (
        not service.remote_id
        or service.expires_on is None
        or service.paid_until is None
        or service.paid_until <= service.expires_on + settings.RENEWAL_TOLERANCE
    )
    return "" if is_covered else _("A period that is paid for is still to be bought at the partner.")


def _billed(service: Service) -> Invoice | None:
    lines = InvoiceLine.objects.filter(
        service=service, kind=LineKind.SERVICE, period_start=service.next_due_date, is_voided=False
    )
    line = lines.select_related("invoice").first()
    return line.invoice if line is not None else None


def _check(service: Service, cycle: str, amount: Decimal | None) -> Decimal:
    """The amount of each later payment. Raises CommandInvalid."""
    sold = sold_cycles(service)
    if cycle == service.cycle:
        raise CommandInvalid({"cycle": [_("This is its billing cycle already.")]})
    if cycle not in sold:
        words = ", ".join(str(one.label) for one in sold) or "—"
        raise CommandInvalid({"cycle": [_("This Product ID is not sold for this cycle. Sold: %s.") % words]})
    if amount is None:
        found = catalog_amount(service, Cycle(cycle))
        if found is None:
            raise CommandInvalid({"amount": [_("The catalog has no price for this cycle: enter one.")]})
        return found
    precision = service.currency.precision
    if amount < 0 or amount != round_money(amount, precision=precision):
        words = _("Enter an amount of 0 or more with at most %(digits)s decimals.") % {"digits": precision}
        raise CommandInvalid({"amount": [words]})
    return amount


def _reprice_options(service: Service) -> None:
    for chosen in service.options.filter(quantity__gt=0):
        unit = option_price(chosen.option_id, service.cycle, service)
        if unit is not None:
            chosen.unit_amount = unit
            chosen.save(update_fields=["unit_amount"])
