"""Stock (P3): units are taken in the transaction of the order, a statement a line, and come back when it is undone."""

from django.db.models import F

from billing.models import Order, OrderLine
from billing.queries.order_items import Faults, ItemFaults
from billing.queries.order_units import stock_words
from catalog.models import Product


def take_stock(order: Order) -> None:
    """Takes what the lines ask for of products whose stock is counted. Raises ItemFaults where there is too little.

    Call it in the transaction that places the order.
    """
    lines = list(order.lines.order_by("id"))
    counted = set(
        Product.objects.filter(pk__in={line.product_id for line in lines}, has_stock_control=True).values_list(
            "pk", flat=True
        )
    )
    faults: Faults = {}
    # Products in one order for everybody: two orders for the same two never wait for each other.
    for index, line in sorted(enumerate(lines), key=lambda pair: pair[1].product_id):
        if line.product_id in counted and not _take(line):
            faults[f"items.{index}.quantity"] = [stock_words(_left(line))]
    if faults:
        raise ItemFaults(faults)


def _take(line: OrderLine) -> bool:
    enough = Product.objects.filter(pk=line.product_id, stock_quantity__gte=line.quantity)
    is_taken = bool(enough.update(stock_quantity=F("stock_quantity") - line.quantity))
    if is_taken:
        line.stock_taken = line.quantity
        line.save(update_fields=["stock_taken"])
    return is_taken


def _left(line: OrderLine) -> int:
    return Product.objects.values_list("stock_quantity", flat=True).get(pk=line.product_id)


def return_stock(order: Order) -> None:
    """Gives back what the order took; a second call gives back nothing.

    Call it in the transaction that undoes the order.
    """
    for line in order.lines.filter(stock_taken__gt=0).order_by("product_id", "id"):
        if OrderLine.objects.filter(pk=line.pk, stock_taken=line.stock_taken).update(stock_taken=0):
            Product.objects.filter(pk=line.product_id).update(stock_quantity=F("stock_quantity") + line.stock_taken)
