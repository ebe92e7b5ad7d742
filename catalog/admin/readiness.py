"""What is missing to sell: the checklist on the page of a product, the mark and the filter of the list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.admin import SimpleListFilter
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from catalog.models import Product
from catalog.queries_readiness import check_readiness
from catalog.readiness import Aspect, Point, Readiness, State

SHORT: Final[dict[Aspect, str | Promise]] = {
    Aspect.SHELF: gettext_lazy("offered nowhere"),
    Aspect.PRICE: gettext_lazy("price"),
    Aspect.TARIFF: gettext_lazy("Product ID"),
    Aspect.PERIODS: gettext_lazy("periods"),
    Aspect.FIELDS: gettext_lazy("fields"),
    Aspect.ACCOUNT: gettext_lazy("partner account"),
    Aspect.STOCK: gettext_lazy("sold out"),
}
# Inputs that have no place of their own on the page, but a tab.
TABS: Final = {"custom_fields": "tab-fields", "options": "tab-options"}


@dataclass(frozen=True, slots=True)
class ChecklistLine:
    """A point with where it is put right: an address, "" where the visitor may not go."""

    point: Point
    address: str

    @property
    def is_missing(self) -> bool:
        """Whether it keeps the product from being sold."""
        return self.point.state == State.MISSING

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be done."""
        return self.point.state == State.DONE


@dataclass(frozen=True, slots=True)
class Checklist:
    """The card above the tabs."""

    readiness: Readiness
    lines: list[ChecklistLine]

    @property
    def notes(self) -> int:
        """How many points are worth knowing, though they keep nobody from buying."""
        return sum(line.point.state == State.NOTE for line in self.lines)


def make_checklist(request: HttpRequest, product: Product) -> Checklist:
    """All points of the product, those to be dealt with first."""
    readiness = check_readiness([product])[product.pk]
    order = [State.MISSING, State.NOTE, State.DONE]
    points = sorted(readiness.points, key=lambda point: order.index(point.state))
    return Checklist(readiness, [ChecklistLine(point, _address_of(request, point)) for point in points])


def _address_of(request: HttpRequest, point: Point) -> str:
    if point.subject is None:
        return f"#{TABS.get(point.field) or f'id_{point.field}'}"
    return _page_of(request, point.subject) or (f"#id_{point.field}" if point.field else "")


def _page_of(request: HttpRequest, subject: Model) -> str:
    options = subject._meta
    if not request.user.has_perm(f"{options.app_label}.change_{options.model_name}"):
        return ""
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[subject.pk])


class ProductList(ChangeList):  # type: ignore[misc]
    """The list of products; what each one lacks is read for the whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found = check_readiness(list(self.result_list))
        for product in self.result_list:
            product.readiness = found[product.pk]


def readiness_mark(product: Product) -> SafeString:
    """`Ready`, or the first thing that is missing and how many more."""
    if product.is_retired:
        return format_html('<span class="bo-badge bo-grey">{}</span>', _("Retired"))
    readiness: Readiness = product.readiness  # type: ignore[attr-defined]
    if readiness.is_ready:
        return format_html('<span class="bo-badge bo-green">{}</span>', _("Ready"))
    aspects = list(dict.fromkeys(point.aspect for point in readiness.missing))
    more = f" +{len(aspects) - 1}" if len(aspects) > 1 else ""
    title = "\n".join(point.words for point in readiness.missing)
    words = _("Missing: %(what)s") % {"what": f"{SHORT.get(aspects[0], aspects[0])}{more}"}
    return format_html('<span class="bo-badge bo-amber" title="{}">{}</span>', title, words)


class ReadinessFilter(SimpleListFilter):
    """Products that can be sold, and those that lack something. Retired ones are neither."""

    title = gettext_lazy("ready to sell")
    parameter_name = "ready"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        lacking = ((aspect.value, _("Missing: %(what)s") % {"what": words}) for aspect, words in SHORT.items())
        return [("yes", _("Ready")), ("no", _("Something is missing")), *lacking]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        wanted = self.value()
        if wanted not in {code for code, _words in self.lookup_choices}:
            return queryset
        products = list(Product.objects.filter(is_retired=False).select_related("group", "server_group"))
        found = check_readiness(products)
        return queryset.filter(pk__in=[pk for pk, readiness in found.items() if _fits(readiness, str(wanted))])


def _fits(readiness: Readiness, wanted: str) -> bool:
    if wanted in ("yes", "no"):
        return readiness.is_ready == (wanted == "yes")
    return any(point.aspect == wanted for point in readiness.missing)
