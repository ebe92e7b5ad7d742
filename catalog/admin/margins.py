"""What is left of prices, on the list of products."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from typing import Any, Final

from django.contrib.admin import SimpleListFilter, display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Product
from catalog.queries_costs import PriceMargin, product_margins

THRESHOLDS: Final = ("0", "10", "20", "30")


def margin_column() -> Callable[[Product], SafeString | str]:
    """A column for one answer: the smallest margin of each product. All margins are read together, once."""
    margins = cache(product_margins)

    @display(description=gettext_lazy("smallest margin"))
    def margin_words(product: Product) -> SafeString | str:
        found = margins().get(product.pk)
        return describe_margin(found[0]) if found else "—"

    return margin_words


def describe_margin(smallest: PriceMargin) -> SafeString:
    """`34.2 %` and the price that it belongs to."""
    price, percent = smallest.price, smallest.margin.percent
    words = f"{percent} %" if percent is not None else f"{smallest.margin.amount} {price.currency_id}"
    return format_html(
        '<span class="nowrap">{}</span> <span class="bo-muted">{}, {}</span>',
        words,
        price.get_cycle_display(),
        price.currency_id,
    )


class MarginFilter(SimpleListFilter):
    """Products of which at least one price leaves less than so much percent of itself."""

    title = gettext_lazy("margin below")
    parameter_name = "margin_below"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        if not model_admin.has_change_permission(request):
            return []
        return [(threshold, _("below %(percent)s %%") % {"percent": threshold}) for threshold in THRESHOLDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if self.value() not in THRESHOLDS:
            return queryset
        threshold = Decimal(str(self.value()))
        thin = [pk for pk, margins in product_margins().items() if margins[0].margin.is_below(threshold)]
        return queryset.filter(pk__in=thin)
