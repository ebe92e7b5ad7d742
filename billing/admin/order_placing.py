"""An operator orders for a client: finds the client, puts products in, grants prices, places the order (O3)."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.checkouts import Checkout
from billing.actions.ordering import CheckoutConflict, OrderInvalid, place_order
from billing.admin.buttons import Button
from billing.admin.order_form import OrderDraft
from billing.models import Client, Order
from billing.permissions import Permission
from billing.queries.clock import business_date, database_now

SHOWN: Final = 20
PAGE: Final = "admin/billing/order/place.html"


class PlaceOrder(Button[Order]):
    """Leads to the page; what the page does is in `place_view`."""

    code = "place"
    label = gettext_lazy("Place order")
    permission = Permission.MANAGE_ORDERS
    look = "primary"
    is_page = True

    def title(self, subject: Order | None) -> str:
        return _("Place an order")


def place_view(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """`?client=` names who it is for; without, the client is looked for. Raises PermissionDenied, Http404."""
    client = _read_client(request)
    if client is None:
        return _choose_client(request, frame)
    action, _bar, subject = request.POST.get("action", "").partition("|")
    draft = OrderDraft(
        client,
        request.POST if request.method == "POST" else QueryDict(),
        on=business_date(database_now()),
        is_judged=action == "place",
        adding=request.POST.get("add", "") if action == "add" else "",
        removing=subject if action == "remove" else "",
    )
    if action == "place" and draft.is_valid() and (order := _place(request, draft)):
        messages.success(request, _("Order %(number)s is placed for %(client)s.") % {"number": order, "client": client})
        return redirect("admin:billing_order_change", order.pk)
    title = _("Place an order for %(client)s") % {"client": client}
    context = {**frame, "title": title, "draft": draft, "client": client, **_sums(draft)}
    return TemplateResponse(request, PAGE, context, status=422 if action == "place" else 200)


def sums_view(request: HttpRequest) -> HttpResponse:
    """What is typed so far costs this much. Saves nothing."""
    client = _read_client(request)
    if client is None or request.method != "POST":
        raise Http404
    draft = OrderDraft(client, request.POST, on=business_date(database_now()))
    return TemplateResponse(request, f"{PAGE}#sums", {"draft": draft, "client": client, **_sums(draft)})


def _read_client(request: HttpRequest) -> Client | None:
    if not request.user.has_perm(Permission.MANAGE_ORDERS):
        raise PermissionDenied
    text = request.GET.get("client", "")
    if not text:
        return None
    client = Client.objects.select_related("currency").filter(pk=text).first() if text.isdecimal() else None
    if client is None:
        raise Http404
    return client


def _choose_client(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    text = request.GET.get("q", "").replace("\x00", "").strip()
    found = Client.objects.select_related("currency").order_by("-id")
    for word in text.split():
        found = found.filter(
            Q(email__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(company__icontains=word)
        )
    context = {**frame, "title": _("Who is the order for?"), "text": text, "clients": list(found[:SHOWN])}
    return TemplateResponse(request, "admin/billing/order/choose_client.html", context)


def _place(request: HttpRequest, draft: OrderDraft) -> Order | None:
    """None after a refusal: then nothing was ordered, and the draft holds the reasons."""
    details = draft.placing.cleaned_data
    try:
        return place_order(
            checkout=Checkout(
                client=draft.client,
                items=draft.requests,
                payment_method=details["payment_method"],
                key=details["checkout_key"],
                notes=details["notes"],
                overrides=draft.overrides,
                promo_code=details["promo_code"].strip(),
                is_client_told=details["is_client_told"],
            ),
            actor=str(request.user),
            now=database_now(),
        )
    except OrderInvalid as error:
        draft.add_errors(error.errors)
    except CheckoutConflict:
        draft.placing.add_error(None, _("This page placed another order already. Look at the orders first."))
    return None


def _sums(draft: OrderDraft) -> dict[str, Any]:
    quoted = draft.quote() if draft.lines else None
    return {"quote": quoted[0] if quoted else None, "later": quoted[1] if quoted else ()}
