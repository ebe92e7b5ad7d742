"""One page for the order of the store: groups, and the products of each, dragged or numbered."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.actions.catalog import arrange
from billing.admin.frames import frame
from billing.permissions import Permission
from billing.queries.clock import database_now
from catalog.actions.positions import ArrangementMoved
from catalog.models import Product, ProductGroup

LARGEST = 10**6


def arrange_view(request: HttpRequest) -> HttpResponse:
    """Everything in its order; a POST writes the numbers that stand beside it. Raises PermissionDenied."""
    if not request.user.has_perm(Permission.MANAGE_CATALOG):
        raise PermissionDenied
    if request.method == "POST":
        _arrange(request)
        return redirect("admin:catalog_product_arrange")
    products = Prefetch("products", Product.objects.order_by("position", "name", "id"))
    groups = [(group, list(group.products.all())) for group in ProductGroup.objects.prefetch_related(products)]
    trail = ((reverse("admin:catalog_product_changelist"), _("Products")),)
    context = {**frame(request, *trail, title=_("Arrange the store")), "groups": groups}
    return TemplateResponse(request, "admin/catalog/product/arrange.html", context)


def _arrange(request: HttpRequest) -> None:
    sent = request.POST
    group_ids = _in_order(sent, "group", sent.getlist("group"))
    product_ids = {pk: _in_order(sent, "product", sent.getlist(f"product-of-{pk}")) for pk in group_ids}
    try:
        moved = arrange(group_ids=group_ids, product_ids=product_ids, actor=str(request.user), now=database_now())
    except ArrangementMoved:
        words = _("Groups or products have come or gone since you looked. Nothing is changed: look again.")
        messages.error(request, words)
        return
    words = ngettext("%(count)s entry has another place now.", "%(count)s entries have another place now.", moved)
    messages.success(request, words % {"count": moved} if moved else _("Everything stays where it was."))


def _in_order(sent: QueryDict, kind: str, pks: Iterable[str]) -> list[int]:
    """By the numbers beside them; equal ones, and what is no number, stay in the order of the page."""
    known = [int(pk) for pk in pks if pk.isascii() and pk.isdecimal() and len(pk) < 19]
    places = {pk: _place(sent.get(f"{kind}-place-{pk}", ""), default) for default, pk in enumerate(known, start=1)}
    return sorted(known, key=places.__getitem__)


def _place(text: str, default: int) -> int:
    text = text.strip()
    return min(int(text), LARGEST) if text.isascii() and text.isdecimal() and len(text) < 10 else default
