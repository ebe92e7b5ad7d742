"""Step ①: orders. Placing is idempotent by its checkout key."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

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
from billing.actions.price_overrides import PriceOverride, apply_overrides, record_overrides
from billing.actions.promotions import use_promotion
from billing.actions.queueing import queue_create, queue_operation
from billing.actions.referrals import refer_order
from billing.actions.stock import take_stock
from billing.models import (
    Client,
    HoldReason,
    Invoice,
    OperationKind,
    Order,
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
from catalog.models import AutoSetup, Product
from catalog.pricing import quote

NO_OVERRIDES: Final[Mapping[int, PriceOverride]] = MappingProxyType({})


class OrderInvalid(Exception):
    """An order cannot be placed; `errors` maps paths such as "items.0.fields.ip" to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class CheckoutConflict(Exception):
    """The checkout key stands for another order already."""


@dataclass(frozen=True)
class ItemRequest:
    """One line of an order: `fields` by key, as the client typed them, `options` by key, how many.

    `domain` is for products that ask for one. An addon names the service that it is added to (`parent`), or an earlier
    line by its place (`parent_item`); its cycle may be "": then it follows from the parent. `is_item_unchecked`: an
    operator vouches for a license (`item`) that is no service of this client.
    """

    product: Product
    cycle: str
    quantity: int = 1
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, int] = field(default_factory=dict)
    domain: str = ""
    parent: Service | None = None
    parent_item: int | None = None
    is_item_unchecked: bool = False


def place_order(
    *,
    client: Client,
    items: Sequence[ItemRequest],
    payment_method: str,
    checkout_key: str,
    actor: str,
    now: datetime,
    notes: str = "",
    overrides: Mapping[int, PriceOverride] = NO_OVERRIDES,
    is_client_told: bool = True,
    promo_code: str = "",
    uses_credit: bool = False,
    is_terms_accepted: bool | None = None,
    referral_code: str = "",
) -> Order:
    """Makes the order, its pending services and its invoice, and queues what is bought at once: all or nothing.

    `overrides`: place of an item → the price that an operator grants for it. `is_client_told`: the letters about the
    order and its invoice go out. `uses_credit`: the client's credit is taken first, `payment_method` pays the rest.
    `is_terms_accepted`: whether the client agrees to the terms of service, where the store has any; None: not asked,
    somebody else orders for them. `referral_code`: of the affiliate whose link was followed; one that counts for nobody
    changes nothing. The same key with the same content gives the same order.
    Raises OrderInvalid, CheckoutConflict.
    """
    fingerprint = _fingerprint(client, items, payment_method, notes, overrides, promo_code, uses_credit)
    known = Order.objects.filter(checkout_key=checkout_key).first()
    if known is not None:
        return _same_order(known, fingerprint)
    terms_url = _accepted_terms(is_terms_accepted)
    if is_terms_accepted is not None:
        _require_confirmed(client)
    try:
        checked = check_items(client=client, items=items, payment_method=payment_method)
        granted = apply_overrides(checked, overrides)
    except ItemFaults as faults:
        raise OrderInvalid(faults.errors) from faults
    try:
        with transaction.atomic():
            order = _write_order(
                client=client,
                checked=granted,
                payment_method=payment_method,
                checkout_key=checkout_key,
                fingerprint=fingerprint,
                actor=actor,
                now=now,
                notes=notes,
                is_client_told=is_client_told,
                promo_code=promo_code,
                uses_credit=uses_credit,
                terms_url=terms_url,
                referral_code=referral_code,
            )
            record_overrides(order, checked, overrides, actor=actor, now=now)
            return order
    except IntegrityError:
        # Another delivery of the same checkout was faster.
        return _same_order(Order.objects.get(checkout_key=checkout_key), fingerprint)


def _fingerprint(
    client: Client,
    items: Sequence[ItemRequest],
    payment_method: str,
    notes: str,
    overrides: Mapping[int, PriceOverride],
    promo_code: str,
    uses_credit: bool,
) -> str:
    content: list[Any] = [client.pk, payment_method, notes, [_content_of(item) for item in items]]
    if overrides:
        granted = ([index, str(one.unit_price), str(one.setup_fee), one.reason] for index, one in overrides.items())
        content.append(sorted(granted))
    if promo_code:
        content.append({"promo_code": promo_code.casefold()})
    if uses_credit:
        content.append("uses_credit")
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _content_of(item: ItemRequest) -> list[Any]:
    content: list[Any] = [item.product.pk, item.cycle, item.quantity, sorted(item.fields.items())]
    extras = {
        "options": sorted(item.options.items()),
        "domain": item.domain,
        "parent": item.parent.pk if item.parent else None,
        "parent_item": item.parent_item,
        "is_item_unchecked": item.is_item_unchecked,
    }
    # What is not asked for is left out: orders placed before it could be asked for keep their fingerprints.
    named = {name: value for name, value in extras.items() if value not in (None, False, [], "")}
    return [*content, named] if named else content


def _same_order(order: Order, fingerprint: str) -> Order:
    if order.checkout_fingerprint != fingerprint:
        raise CheckoutConflict(_("This key was used for another order."))
    return order


def _write_order(
    *,
    client: Client,
    checked: Sequence[CheckedItem],
    payment_method: str,
    checkout_key: str,
    fingerprint: str,
    actor: str,
    now: datetime,
    notes: str,
    is_client_told: bool,
    promo_code: str,
    uses_credit: bool,
    terms_url: str,
    referral_code: str,
) -> Order:
    # Before anything else is locked: credit may pay the order at once.
    client = lock_client(client.pk)
    today = business_date(now)
    promotion = _find_promotion(promo_code, client, checked, on=today) if promo_code else None
    terms = PricingTerms(client=client, on=today, promotion=promotion)
    quoted = quote([item.priced(terms) for item in checked])
    if quoted.total:
        _check_methods(checked, {"payment_method": payment_method, **({"uses_credit": CREDIT} if uses_credit else {})})
    _lock_parents(checked)
    order = Order.objects.create(
        number=str(secrets.randbelow(9 * 10**9) + 10**9),
        client=client,
        payment_method=payment_method,
        currency_id=client.currency_id,
        tax=quoted.tax,
        total=quoted.total,
        checkout_key=checkout_key,
        checkout_fingerprint=fingerprint,
        notes=notes,
        promotion=promotion.promotion if promotion else None,
        promo_code=promotion.promotion.code if promotion else "",
        terms_accepted_at=now if terms_url else None,
        placed_at=now,
    )
    write_lines(order, checked, quoted, on=today)
    refer_order(order=order, code=referral_code, actor=actor, now=now)
    _take_stock(order)
    _use_promotion(order)
    accepted = {"terms": terms_url} if terms_url else {}
    event = record_event("order.placed", now=now, actor=actor, order=order, data=accepted)
    if is_client_told:
        notify_client(event, client=client, now=now)
    notify_operators(event, now=now)
    invoice = issue_order_invoice(order=order, now=now, actor=actor, is_client_told=is_client_told)
    _start_services(order, is_invoiced=invoice is not None, now=now, actor=actor)
    if invoice is not None and invoice.total == 0:
        settle_empty_invoice(invoice=invoice, now=now, actor=actor)
    elif invoice is not None and payment_method == CREDIT:
        _pay_at_once(invoice, actor=actor, now=now)
    elif invoice is not None and uses_credit:
        _use_credit(invoice, actor=actor, now=now)
    return order


def _use_credit(invoice: Invoice, *, actor: str, now: datetime) -> None:
    """What there is of the client's credit, at most the whole: the rest stays due."""
    if invoice.client.credit_balance > 0:
        apply_credit(invoice=invoice, actor=actor, now=now)


def _require_confirmed(client: Client) -> None:
    if must_confirm(client):
        words = _("Only confirmed e-mail addresses may order. Log in or register, and follow the link of our letter.")
        raise OrderInvalid({"email": [words]})


def _accepted_terms(is_accepted: bool | None) -> str:
    """The address of the terms that were agreed to; "" where nobody was asked. Raises OrderInvalid without a yes."""
    terms_url = read_store_settings().terms_url if is_accepted is not None else ""
    if terms_url and not is_accepted:
        raise OrderInvalid({"is_terms_accepted": [_("Agree to the terms of service to order.")]})
    return terms_url


def _find_promotion(code: str, client: Client, checked: Sequence[CheckedItem], *, on: date) -> PromotionTerms:
    wanted = [(item.product, item.cycle) for item in checked]
    try:
        return find_promotion(code, client=client, currency_id=client.currency_id, wanted=wanted, on=on)
    except PromotionRefused as refusal:
        raise OrderInvalid({"promo_code": [str(refusal)]}) from refusal


def _use_promotion(order: Order) -> None:
    try:
        use_promotion(order)
    except PromotionRefused as refusal:
        raise OrderInvalid({"promo_code": [str(refusal)]}) from refusal


def _take_stock(order: Order) -> None:
    try:
        take_stock(order)
    except ItemFaults as faults:
        raise OrderInvalid(faults.errors) from faults


def _lock_parents(checked: Sequence[CheckedItem]) -> None:
    """A service that something is added to must not end meanwhile."""
    ids = {item.parent.pk for item in checked if item.parent is not None}
    alive = set(
        Service.objects.select_for_update().not_ended().filter(pk__in=ids).order_by("id").values_list("pk", flat=True)
    )
    for index, item in enumerate(checked):
        if item.parent is not None and item.parent.pk not in alive:
            raise OrderInvalid({f"items.{index}.parent": [_("The service has ended.")]})


def _pay_at_once(invoice: Invoice, *, actor: str, now: datetime) -> None:
    try:
        pay_with_credit(invoice=invoice, actor=actor, now=now)
    except NotEnoughCredit as error:
        raise OrderInvalid({"payment_method": [str(error)]}) from error


def _check_methods(checked: Sequence[CheckedItem], methods: Mapping[str, str]) -> None:
    """`methods`: input → way to pay. Raises OrderInvalid for those that a group switches off."""
    products = [item.product for item in checked]
    faults = {name: find_method_fault(method, products) for name, method in methods.items()}
    if any(faults.values()):
        raise OrderInvalid({name: [fault] for name, fault in faults.items() if fault})


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
