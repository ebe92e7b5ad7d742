"""Step ①: orders. Placing is idempotent by its checkout key."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.checkouts import Checkout
from billing.actions.events import record_event
from billing.actions.invoicing import issue_order_invoice
from billing.actions.locking import lock_client
from billing.actions.notifications import notify_client, notify_operators
from billing.actions.order_lines import write_lines
from billing.actions.payments import (
    CREDIT,
    NotEnoughCredit,
    apply_credit,
    pay_with_credit,
    settle_empty_invoice,
)
from billing.actions.price_overrides import apply_overrides, record_overrides
from billing.actions.promotions import use_promotion
from billing.actions.queueing import queue_create, queue_operation
from billing.actions.referrals import refer_order
from billing.actions.stock import take_stock
from billing.models import (
    Client,
    HoldReason,
    OperationKind,
    Order,
    Promotion,
    Service,
)
from billing.queries.clock import business_date
from billing.queries.confirmations import must_confirm
from billing.queries.order_items import CheckedItem, ItemFaults
from billing.queries.orders import check_items
from billing.queries.payment_methods import find_method_fault
from billing.queries.promotions import PromotionRefused, PromotionTerms, find_promotion
from billing.queries.store_settings import read_store_settings
from billing.queries.terms import PricingTerms
from catalog.models import AutoSetup
from catalog.pricing import Quote, quote


class OrderInvalid(Exception):
    """An order cannot be placed; `errors` maps paths such as "items.0.fields.ip" to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class CheckoutConflict(Exception):
    """The checkout key stands for another order already."""


def place_order(*, checkout: Checkout, actor: str, now: datetime) -> Order:
    """Makes the order, its pending services and its invoice, and queues what is bought at once: all or nothing.

    The same key with the same content gives the same order. Raises OrderInvalid, CheckoutConflict.
    """
    known = Order.objects.filter(checkout_key=checkout.key).first()
    if known is not None:
        return _same_order(known, checkout)
    terms_url = _accepted_terms(checkout)
    with _told_by_input():
        checked = check_items(client=checkout.client, items=checkout.items, payment_method=checkout.payment_method)
        granted = apply_overrides(checked, checkout.overrides)
    try:
        with transaction.atomic(), _told_by_input():
            order = _write_order(checkout, granted, terms_url=terms_url, actor=actor, now=now)
            record_overrides(order, checked, checkout.overrides, actor=actor, now=now)
            return order
    except IntegrityError:
        # Another delivery of the same checkout was faster.
        return _same_order(Order.objects.get(checkout_key=checkout.key), checkout)


def _same_order(order: Order, checkout: Checkout) -> Order:
    if order.checkout_fingerprint != checkout.fingerprint:
        raise CheckoutConflict(_("This key was used for another order."))
    return order


def _accepted_terms(checkout: Checkout) -> str:
    """The address of the terms that were agreed to; "" where nobody was asked.

    Raises OrderInvalid without a yes, and for a client who orders themselves but has to confirm their address first.
    """
    if checkout.is_terms_accepted is None:
        return ""
    terms_url = read_store_settings().terms_url
    if terms_url and not checkout.is_terms_accepted:
        raise OrderInvalid({"is_terms_accepted": [_("Agree to the terms of service to order.")]})
    if must_confirm(checkout.client):
        words = _("Only confirmed e-mail addresses may order. Log in or register, and follow the link of our letter.")
        raise OrderInvalid({"email": [words]})
    return terms_url


@contextmanager
def _told_by_input() -> Iterator[None]:
    """What refuses an order inside becomes OrderInvalid, said on the input that it is about."""
    try:
        yield
    except ItemFaults as faults:
        raise OrderInvalid(faults.errors) from faults
    except PromotionRefused as refusal:
        raise OrderInvalid({"promo_code": [str(refusal)]}) from refusal
    except NotEnoughCredit as error:
        raise OrderInvalid({"payment_method": [str(error)]}) from error


def _write_order(
    checkout: Checkout, checked: Sequence[CheckedItem], *, terms_url: str, actor: str, now: datetime
) -> Order:
    # Before anything else is locked: credit may pay the order at once.
    client = lock_client(checkout.client.pk)
    today = business_date(now)
    promotion = _find_promotion(checkout.promo_code, client, checked, on=today)
    terms = PricingTerms(client=client, on=today, promotion=promotion)
    quoted = quote([item.priced(terms) for item in checked])
    if quoted.total:
        _check_methods(checkout)
    _lock_parents(checked)
    order = _create_order(
        checkout,
        client=client,
        promotion=promotion.promotion if promotion else None,
        quoted=quoted,
        terms_accepted_at=now if terms_url else None,
        placed_at=now,
    )
    write_lines(order, checked, quoted, on=today)
    refer_order(order=order, code=checkout.referral_code, actor=actor, now=now)
    take_stock(order)
    use_promotion(order)
    _tell(order, checkout, terms_url=terms_url, actor=actor, now=now)
    _start(order, checkout, actor=actor, now=now)
    return order


def _find_promotion(code: str, client: Client, checked: Sequence[CheckedItem], *, on: date) -> PromotionTerms | None:
    if not code:
        return None
    wanted = [(item.product, item.cycle) for item in checked]
    return find_promotion(code, client=client, currency_id=client.currency_id, wanted=wanted, on=on)


def _check_methods(checkout: Checkout) -> None:
    """Raises OrderInvalid for the ways to pay that a group switches off."""
    methods = {"payment_method": checkout.payment_method, **({"uses_credit": CREDIT} if checkout.uses_credit else {})}
    products = [item.product for item in checkout.items]
    faults = {name: find_method_fault(method, products) for name, method in methods.items()}
    if any(faults.values()):
        raise OrderInvalid({name: [fault] for name, fault in faults.items() if fault})


def _lock_parents(checked: Sequence[CheckedItem]) -> None:
    """A service that something is added to must not end meanwhile."""
    ids = {item.parent.pk for item in checked if item.parent is not None}
    alive = set(
        Service.objects.select_for_update().not_ended().filter(pk__in=ids).order_by("id").values_list("pk", flat=True)
    )
    for index, item in enumerate(checked):
        if item.parent is not None and item.parent.pk not in alive:
            raise OrderInvalid({f"items.{index}.parent": [_("The service has ended.")]})


def _create_order(
    checkout: Checkout,
    *,
    client: Client,
    promotion: Promotion | None,
    quoted: Quote,
    terms_accepted_at: datetime | None,
    placed_at: datetime,
) -> Order:
    return Order.objects.create(
        number=str(secrets.randbelow(9 * 10**9) + 10**9),
        client=client,
        payment_method=checkout.payment_method,
        currency_id=client.currency_id,
        tax=quoted.tax,
        total=quoted.total,
        checkout_key=checkout.key,
        checkout_fingerprint=checkout.fingerprint,
        notes=checkout.notes,
        promotion=promotion,
        promo_code=promotion.code if promotion else "",
        terms_accepted_at=terms_accepted_at,
        placed_at=placed_at,
    )


def _tell(order: Order, checkout: Checkout, *, terms_url: str, actor: str, now: datetime) -> None:
    accepted = {"terms": terms_url} if terms_url else {}
    event = record_event("order.placed", now=now, actor=actor, order=order, data=accepted)
    if checkout.is_client_told:
        notify_client(event, client=order.client, now=now)
    notify_operators(event, now=now)


def _start(order: Order, checkout: Checkout, *, actor: str, now: datetime) -> None:
    """The invoice, what is bought before anything is paid, and what of the invoice needs nobody to pay it."""
    invoice = issue_order_invoice(order=order, now=now, actor=actor, is_client_told=checkout.is_client_told)
    _start_services(order, is_invoiced=invoice is not None, now=now, actor=actor)
    if invoice is None:
        return
    if invoice.total == 0:
        settle_empty_invoice(invoice=invoice, now=now, actor=actor)
    elif checkout.payment_method == CREDIT:
        pay_with_credit(invoice=invoice, actor=actor, now=now)
    elif checkout.uses_credit and invoice.client.credit_balance > 0:
        # What there is, at most the whole: the rest stays due.
        apply_credit(invoice=invoice, actor=actor, now=now)


def _start_services(order: Order, *, is_invoiced: bool, now: datetime, actor: str) -> None:
    """What the automation of each product asks for at the order. An order without an invoice counts as paid."""
    for service in Service.objects.filter(order_line__order=order).select_related("product").order_by("id"):
        mode = service.product.auto_setup
        if mode == AutoSetup.ORDER or (mode == AutoSetup.PAYMENT and not is_invoiced):
            queue_create(service=service, now=now, actor=actor)
        elif mode == AutoSetup.ACCEPT:
            queue_operation(
                service=service,
                kind=OperationKind.CREATE,
                now=now,
                actor=actor,
                params={"automatic": True},
                hold_reason=HoldReason.AWAITING_ACCEPTANCE,
            )
