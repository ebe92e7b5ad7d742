"""One search for everything: numbers, e-mails, numbers at the partner, IP addresses, values of fields, products."""

from collections.abc import Iterator
from typing import Final

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from billing.admin.operation_buttons import operation_title
from billing.admin.service_buttons import service_title
from billing.models import Client, Invoice, Operation, Order, Service
from billing.permissions import Permission
from catalog.models import Product

SHOWN: Final = 8


def find_anything(request: HttpRequest, text: str) -> list[SearchResult]:
    """The best finds of each kind, for staff who may see them; `text` comes in lower case."""
    text = text.replace("\x00", "").strip()
    if not text or not request.user.has_perm(Permission.VIEW):
        return []
    number = int(text) if text.isdecimal() and len(text) < 19 else 0
    return [
        *_clients(text, number),
        *_orders(text),
        *_invoices(text, number),
        *_services(text, number),
        *_operations(number),
        *_products(text),
    ]


def _clients(text: str, number: int) -> Iterator[SearchResult]:
    found = Client.objects.filter(
        Q(pk=number)
        | Q(email__icontains=text)
        | Q(first_name__icontains=text)
        | Q(last_name__icontains=text)
        | Q(company__icontains=text)
    )
    for client in found[:SHOWN]:
        yield _result("client", client.pk, str(client), f"{_('Client')} · {client.email}", "group")


def _orders(text: str) -> Iterator[SearchResult]:
    for order in Order.objects.filter(number__startswith=text).select_related("client")[:SHOWN]:
        words = f"{order.get_status_display()} · {order.client}"
        yield _result("order", order.pk, _("Order %(number)s") % {"number": order.number}, words, "shopping_cart")


def _invoices(text: str, number: int) -> Iterator[SearchResult]:
    proforma = text.removeprefix("pro-")
    known = Q(pk=int(proforma)) if text.startswith("pro-") and proforma.isdecimal() else Q(pk=number)
    found = Invoice.objects.filter(known | Q(number__icontains=text) | Q(payments__reference__iexact=text))
    for invoice in found.select_related("client").distinct()[:SHOWN]:
        words = f"{invoice.get_status_display()} · {invoice.client}"
        yield _result("invoice", invoice.pk, _("Invoice %(number)s") % {"number": invoice}, words, "receipt_long")


def _services(text: str, number: int) -> Iterator[SearchResult]:
    found = Service.objects.filter(
        Q(pk=number)
        | Q(remote_id=text)
        | Q(dedicated_ip__icontains=text)
        | Q(client__email__icontains=text)
        | Q(field_values__plain_value__icontains=text)
    )
    for service in found.select_related("client", "product").distinct()[:SHOWN]:
        parts = [service.get_status_display(), service.remote_id, str(service.client)]
        words = " · ".join(filter(None, parts))
        yield _result("service", service.pk, service_title(service), words, "deployed_code")


def _operations(number: int) -> Iterator[SearchResult]:
    for operation in Operation.objects.filter(pk=number).select_related("service__product"):
        title = operation_title(operation)
        yield _result("operation", operation.pk, title, operation.get_status_display(), "sync_alt")


def _products(text: str) -> Iterator[SearchResult]:
    found = Product.objects.filter(Q(name__icontains=text) | Q(slug__icontains=text) | Q(tariff_id=text))
    for product in found.select_related("group")[:SHOWN]:
        words = " · ".join(filter(None, [_("Product"), product.group.name, product.tariff_id]))
        yield _result("product", product.pk, product.name, words, "inventory_2", app="catalog")


def _result(name: str, pk: int, title: str, words: str, icon: str, *, app: str = "billing") -> SearchResult:
    link = reverse(f"admin:{app}_{name}_change", args=[pk])
    return SearchResult(title=title, description=words, link=link, icon=icon)
