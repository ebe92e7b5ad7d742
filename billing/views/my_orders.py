"""The client area: orders, and how far each one is."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from billing.models import Client, Invoice, Order
from billing.queries.pages_client import order_page
from billing.queries.pages_progress import get_order, order_progress
from billing.views.current import client_required
from billing.views.progress import mark_of, progress_response


@require_GET
@client_required
def orders(request: HttpRequest, client: Client) -> HttpResponse:
    """The client's orders, newest first."""
    page = order_page(client, number=request.GET.get("page", "1"))
    return render(request, "client/orders.html", {"room": "orders", "page": page})


@never_cache
@require_GET
@client_required
def order(request: HttpRequest, client: Client, number: str) -> HttpResponse:
    """An order with its live progress; the page that follows the checkout."""
    context = _context(client, number)
    context["mark"] = mark_of(context["progress"])
    return render(request, "client/order.html", context)


@never_cache
@require_GET
@client_required
def progress(request: HttpRequest, client: Client, number: str) -> HttpResponse:
    """The steps alone, for polling."""
    context = _context(client, number)
    return progress_response(request, "client/order_progress.html", context, context["progress"])


def _context(client: Client, number: str) -> dict[str, Any]:
    try:
        order = get_order(client_id=client.pk, number=number)
    except Order.DoesNotExist as error:
        raise Http404 from error
    invoice = Invoice.objects.filter(order=order).first()
    return {"room": "orders", "order": order, "invoice": invoice, "progress": order_progress(order, invoice)}
