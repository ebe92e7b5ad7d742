"""Products in the back office: the catalog's page and list, with decisions about them and the trail of changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.actions.catalog import hide, put_on_list, retire
from billing.actions.events import record_event
from billing.admin.arranging import arrange_view
from billing.admin.buttons import Button, answer
from billing.admin.frames import frame
from billing.admin.product_buttons import (
    BringBackProduct,
    DuplicateProduct,
    HideProduct,
    ListProduct,
    RetireProduct,
)
from billing.admin.product_words import hiding_words, listing_words, retiring_words
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.products import ShelfEffects, effects_of_shelves
from catalog.admin.products import ProductAdmin as CatalogProductAdmin
from catalog.models import Product

BUTTONS: Final[Sequence[Button[Product]]] = (
    DuplicateProduct(),
    HideProduct(),
    ListProduct(),
    RetireProduct(),
    BringBackProduct(),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Something done with many products at once; `fits` tells those that it changes."""

    act: Callable[..., list[Product]]
    fits: Callable[[Product], bool]
    words_of: Callable[[ShelfEffects], str]
    title: Callable[[int], str]
    done: Callable[[int], str]
    is_danger: bool = False


DECISIONS: Final = {
    "hide_selected": Decision(
        hide,
        lambda product: not product.is_hidden,
        hiding_words,
        lambda count: ngettext("Hide %(count)s product", "Hide %(count)s products", count),
        lambda count: ngettext("%(count)s product is hidden.", "%(count)s products are hidden.", count),
    ),
    "list_selected": Decision(
        put_on_list,
        lambda product: product.is_hidden,
        listing_words,
        lambda count: ngettext("List %(count)s product", "List %(count)s products", count),
        lambda count: ngettext("%(count)s product is listed.", "%(count)s products are listed.", count),
    ),
    "retire_selected": Decision(
        retire,
        lambda product: not product.is_retired,
        retiring_words,
        lambda count: ngettext("Retire %(count)s product", "Retire %(count)s products", count),
        lambda count: ngettext("%(count)s product is retired.", "%(count)s products are retired.", count),
        is_danger=True,
    ),
}


@admin.register(Product)
class ProductAdmin(CatalogProductAdmin):
    """What is sold."""

    actions = ("hide_selected", "list_selected", "retire_selected")
    list_before_template = "admin/catalog/product/list_above.html"

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        own = [
            path("<int:object_id>/do/<slug:code>/", inside(self.do_view), name="catalog_product_do"),
            path("arrange/", inside(arrange_view), name="catalog_product_arrange"),
        ]
        return [*own, *super().get_urls()]

    def facts_of(self, request: HttpRequest, product: Product) -> dict[str, Any]:
        """With the buttons that make sense."""
        facts = super().facts_of(request, product)
        shown = [button for button in BUTTONS if button.is_shown(product) and request.user.has_perm(button.permission)]
        return {**facts, "buttons": shown, "do_url": "admin:catalog_product_do", "subject": product}

    def do_view(self, request: HttpRequest, object_id: int, code: str) -> HttpResponse:
        """The dialog of one button, and what it does."""
        button = next((button for button in BUTTONS if button.code == code), None)
        product = Product.objects.select_related("group", "server_group").filter(pk=object_id).first()
        if button is None or product is None:
            raise Http404
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        home = reverse("admin:catalog_product_change", args=[object_id])
        trail = (reverse("admin:catalog_product_changelist"), _("Products")), (home, product.name)
        context = frame(request, *trail, title=button.title(product))
        return answer(request, button, product, context=context, home=home)

    @admin.action(description=gettext_lazy("Hide…"))
    def hide_selected(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Asks with what that means for each."""
        return self._decide(request, queryset, "hide_selected")

    @admin.action(description=gettext_lazy("List in the store…"))
    def list_selected(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Asks with what that means for each."""
        return self._decide(request, queryset, "list_selected")

    @admin.action(description=gettext_lazy("Retire…"))
    def retire_selected(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Asks with what that means for each."""
        return self._decide(request, queryset, "retire_selected")

    def _decide(self, request: HttpRequest, queryset: QuerySet[Product], code: str) -> HttpResponse | None:
        if not request.user.has_perm(Permission.MANAGE_CATALOG):
            raise PermissionDenied
        decision = DECISIONS[code]
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True))
        if "confirmed" in request.POST:
            done = len(decision.act(product_ids=chosen, actor=str(request.user), now=database_now()))
            messages.success(request, decision.done(done) % {"count": done})
            return None
        rows = [(effects, decision.fits(effects.product)) for effects in effects_of_shelves(chosen)]
        count = sum(fits for _effects, fits in rows)
        title = decision.title(count) % {"count": count}
        context = {
            **frame(request, (reverse("admin:catalog_product_changelist"), _("Products")), title=title),
            "rows": [(effects.product, decision.words_of(effects) if fits else "") for effects, fits in rows],
            "count": count,
            "code": code,
            "button": title,
            "is_danger": decision.is_danger,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/catalog/product/decide_selected.html", context)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With an event that names the inputs that were changed."""
        super().save_related(request, form, formsets, change)
        changed = [*form.changed_data, *(formset.prefix for formset in formsets if formset.has_changed())]
        if not change:
            _record(request, "product.added", form.instance)
        elif changed:
            _record(request, "product.changed", form.instance, changed=changed)

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        """With an event; a product that anybody has is protected."""
        _record(request, "product.deleted", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """With an event for each."""
        for product in queryset:
            _record(request, "product.deleted", product)
        super().delete_queryset(request, queryset)


def _record(request: HttpRequest, name: str, product: Product, **more: Any) -> None:
    data = {"product": product.name, "product_id": product.pk, **more}
    record_event(name, now=database_now(), actor=str(request.user), data=data)
