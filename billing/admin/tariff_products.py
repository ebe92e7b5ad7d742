"""From the price list to products, and what became of their costs since (P18)."""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from billing.actions.tariff_products import accept_changes, import_tariffs, keep_present_prices
from billing.admin.frames import frame
from billing.admin.tariff_form import TariffForm
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.price_lists import SECTIONS, section_label, why_not_live
from catalog.actions.price_changes import NoPriceProposed, PriceChangesMoved
from catalog.actions.tariff_products import AlreadyImported, PlanMoved, TariffImportInvalid
from catalog.models import TariffCost
from catalog.modules import MODULES
from catalog.queries_costs import price_changes
from catalog.queries_tariffs import PlannedProduct, TariffOffer, digest_of, plan_products, tariff_offers
from noc.models import Server

PAGES: Final = "admin/catalog/tariffcost"


@admin.register(TariffCost)
class TariffCostAdmin(ModelAdmin):  # type: ignore[misc]
    """No list of rows: the two pages that make them and look after them."""

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        return [
            path("", inside(changes_view), name="catalog_tariffcost_changelist"),
            path("from-price-list/", inside(tariffs_view), name="catalog_tariffcost_tariffs"),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go with their product."""
        return bool(request.user.has_perm(Permission.MANAGE_CATALOG))


def tariffs_view(request: HttpRequest) -> HttpResponse:
    """Choose tariffs and markup, look at the prices, make the products."""
    _require_catalog(request)
    servers = list(Server.objects.filter(module__in=MODULES).order_by("-is_default", "name"))
    server = _chosen(servers, request.POST.get("server") or request.GET.get("server", ""))
    context = {
        **frame(request, title=_("Products from the price list")),
        "servers": servers,
        "server": server,
        "may_manage_servers": request.user.has_perm(Permission.MANAGE_SERVERS),
    }
    if server is None:
        return TemplateResponse(request, f"{PAGES}/tariffs.html", context)
    offers = tariff_offers(server)
    sent = request.POST.copy() if request.method == "POST" else None
    form = TariffForm(server, offers, sent)
    plan: list[PlannedProduct] = []
    if sent is not None and form.is_valid():
        if request.POST.get("action") == "create" and (made := _create(request, form)):
            return made
        plan = plan_products(form.wishes)
        sent["seen"] = digest_of(form.wishes, plan)
    context |= {
        "form": form,
        "sections": _sections(offers),
        "trouble": why_not_live(server, is_there=any(offer.tariff.source == "live" for offer in offers)),
        "plan": plan,
        "count": sum(not planned.why_not for planned in plan),
    }
    return TemplateResponse(request, f"{PAGES}/tariffs.html", context)


def changes_view(request: HttpRequest) -> HttpResponse:
    """Prices whose cost has changed: accept the proposed price, or keep the present one."""
    _require_catalog(request)
    if request.method == "POST":
        _decide(request)
        return redirect("admin:catalog_tariffcost_changelist")
    changes = price_changes()
    context = {
        **frame(request, title=_("Price changes")),
        "changes": changes,
        "acceptable": [change for change in changes if change.proposed is not None],
    }
    return TemplateResponse(request, f"{PAGES}/changes.html", context)


def _require_catalog(request: HttpRequest) -> None:
    if not request.user.has_perm(Permission.MANAGE_CATALOG):
        raise PermissionDenied


def _chosen(servers: list[Server], wanted: str) -> Server | None:
    """The account named in the address, else the first. Raises Http404 for one that is not there."""
    if not wanted:
        return servers[0] if servers else None
    for server in servers:
        if str(server.pk) == wanted:
            return server
    raise Http404


def _create(request: HttpRequest, form: TariffForm) -> HttpResponse | None:
    """Makes what was shown; None, with the reason on the form, where that is not possible."""
    values, wishes = form.cleaned_data, form.wishes
    home = redirect(f"{reverse('admin:catalog_product_changelist')}?group__id__exact={wishes.group.pk}")
    try:
        products = import_tariffs(
            wishes=wishes, token=values["token"], seen=values["seen"], actor=str(request.user), now=database_now()
        )
    except AlreadyImported:
        messages.info(request, _("These products have been made already: the form was sent twice."))
        return home
    except PlanMoved:
        form.add_error(None, _("This is not what you saw: look at the prices again. Nothing has been made."))
    except TariffImportInvalid as invalid:
        for name, found in invalid.errors.items():
            form.add_error(name or None, found)
    else:
        count = len(products)
        words = ngettext(
            "%(count)s product is made in the group %(group)s.",
            "%(count)s products are made in the group %(group)s.",
            count,
        )
        messages.success(request, words % {"count": count, "group": wishes.group})
        return home
    return None


def _sections(offers: list[TariffOffer]) -> list[tuple[str, list[TariffOffer]]]:
    kinds = [*SECTIONS, *sorted({offer.tariff.kind for offer in offers} - set(SECTIONS))]
    grouped = [(section_label(kind), [offer for offer in offers if offer.tariff.kind == kind]) for kind in kinds]
    return [(label, rows) for label, rows in grouped if rows]


def _decide(request: HttpRequest) -> None:
    sent, actor, now = request.POST, str(request.user), database_now()
    action, _colon, single = sent.get("action", "").partition("|")
    marks = [single] if single else sent.getlist("shown" if action == "accept_all" else "marks")
    decide = keep_present_prices if action == "keep" else accept_changes
    if not marks:
        messages.warning(request, _("Choose at least one price. Nothing has been changed."))
        return
    try:
        changes = decide(marks=marks, actor=actor, now=now)
    except PriceChangesMoved:
        messages.error(request, _("Costs or prices have changed since you looked. Nothing has been changed."))
    except NoPriceProposed:
        messages.error(request, _("There is no price to accept for one of them. Nothing has been changed."))
    else:
        messages.success(request, _decided(action, len(changes)))


def _decided(action: str, count: int) -> str:
    if action == "keep":
        words = ngettext("%(count)s price stays as it is.", "%(count)s prices stay as they are.", count)
    else:
        words = ngettext("%(count)s price is changed.", "%(count)s prices are changed.", count)
    return words % {"count": count}
