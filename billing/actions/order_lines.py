"""Step ①, inside: the lines of an order with their frozen prices, and the services made from each."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import override

from billing.actions.fields import save_field_values
from billing.actions.provisioning.placing import place_service
from billing.models import Order, OrderLine, Service, ServiceOption
from billing.queries.order_items import CheckedItem
from catalog.lifetime import find_term_end
from catalog.models import Cycle
from catalog.money import round_money
from catalog.options import describe
from catalog.pricing import Quote


def write_lines(order: Order, checked: Sequence[CheckedItem], quoted: Quote, *, on: date) -> None:
    """Writes a line for each item and a service for each unit, or one for all units of a scaling product.

    Call it in the transaction that places the order.

    An addon of an earlier line gives each of that line's services one of its own.
    """
    made: list[list[Service]] = []
    for index, item in enumerate(checked):
        line = _write_line(order, item, quoted, index)
        parents = made[item.parent_item] if item.parent_item is not None else [item.parent] * item.services
        made.append([_write_service(order, line, item, parent, on=on) for parent in parents])


def _write_line(order: Order, item: CheckedItem, quoted: Quote, index: int) -> OrderLine:
    price, promotion = quoted.services[index], order.promotion
    with override(order.client.language):
        words = describe(item.product.words.name, item.options)
    return OrderLine.objects.create(
        order=order,
        product=item.product,
        cycle=item.cycle,
        is_scaling=item.product.is_scaling,
        quantity=item.quantity,
        description=words[:255],
        unit_price=price.unit_price,
        setup_fee=price.setup_fee,
        first_price=price.first_price if price.until else None,
        first_period_end=price.until,
        first_discount=price.first_discount,
        later_discount=price.later_discount,
        discounted_renewals=(promotion.renewals or None) if promotion else None,
        taxation=price.taxation.frozen(),
    )


def _anchor_day(item: CheckedItem) -> int:
    """The prorata date, which an addon has from its parent."""
    return (item.parent_product or item.product).prorata_day


def _write_service(order: Order, line: OrderLine, item: CheckedItem, parent: Service | None, *, on: date) -> Service:
    is_once = item.cycle == Cycle.ONE_TIME
    recurring = 0 if is_once else line.recurring_amount
    service = Service.objects.create(
        client=order.client,
        order_line=line,
        product=item.product,
        parent=parent,
        cycle=item.cycle,
        quantity=line.units,
        domain=item.domain,
        currency_id=order.currency_id,
        first_amount=line.price_of_first_period + line.setup_fee - line.first_discount,
        recurring_amount=recurring,
        registered_on=on,
        anchor_day=_anchor_day(item) if line.first_period_end else on.day,
        next_due_date=on if recurring else None,
        recurring_limit=0 if is_once else item.product.recurring_limit,
        term_ends_on=find_term_end(item.product, on=on),
        term_letter=item.product.term_letter,
        module=item.product.module,
        kind=item.product.kind,
        tariff_id=item.product.tariff_id,
        partner_period=item.product.partner_period if is_once else None,
        dedicated_ip=(item.fields.get("ip") or None) if item.product.module else None,
    )
    save_field_values(service=service, values=item.fields)
    _write_options(service, item)
    if service.module:
        place_service(service)
    return service


def _write_options(service: Service, item: CheckedItem) -> None:
    ServiceOption.objects.bulk_create(
        ServiceOption(
            service=service,
            option=chosen.option,
            quantity=chosen.quantity,
            unit_amount=round_money(chosen.unit_price, precision=item.precision),
        )
        for chosen in item.options
    )
