"""Links from elsewhere into the store: WHMCS, promo codes, affiliates, addresses that have changed (P16)."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing.forms.product_inputs import OPTION_PREFIX
from billing.queries.affiliates import find_linked_affiliate
from billing.views.basket import PROMO_KEY
from billing.views.order_templates import keep_template
from billing.views.referrals import PARAMETER, follow_link_in, follow_link_of
from catalog.models import Cycle, Product, ProductOption
from catalog.queries_links import find_current_slugs, find_linked_group, find_linked_product, find_retired_product

# WHMCS's words for cycles that exist here.
CYCLES: Final = {
    "onetime": Cycle.ONE_TIME,
    "monthly": Cycle.MONTHLY,
    "quarterly": Cycle.QUARTERLY,
    "semiannually": Cycle.SEMIANNUALLY,
    "annually": Cycle.ANNUALLY,
}
LONGEST_DOMAIN: Final = 253
_PROMO: Final = re.compile(r"[\w-]{1,50}")
_OPTION: Final = re.compile(r"configoption\[([\w-]{1,60})\]")


def follow_links[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page of the store: keeps `?promo=`, `?aff=` and `?template=` of a link, sends old addresses on.

    A product that is no longer sold says so.
    """

    @wraps(view)
    def follow(request: HttpRequest, /, *arguments: P.args, **slugs: P.kwargs) -> HttpResponse:
        keep_promo(request, request.GET.get("promo", ""))
        keep_template(request, request.GET.get("template", ""))
        try:
            return follow_link_in(request, view(request, *arguments, **slugs))
        except Http404:
            current = find_current_slugs(**slugs) if slugs else None  # type: ignore[arg-type]
            if current is None or current == slugs or request.resolver_match is None:
                if retired := find_retired_product(**slugs):  # type: ignore[arg-type]
                    context = {"room": "store", "product": retired}
                    return render(request, "store/retired.html", context, status=404)
                raise
            address = _with_query(reverse(request.resolver_match.view_name, kwargs=current), request.GET)
            # A form that was open meanwhile is sent on as it is.
            return redirect(address, permanent=True, preserve_request=request.method == "POST")

    return follow


def keep_promo(request: HttpRequest, code: str) -> None:
    """Remembers the code of a link for the order; what can be no code changes nothing."""
    if _PROMO.fullmatch(code) and request.session.get(PROMO_KEY) != code:
        request.session[PROMO_KEY] = code


@require_GET
def cart(request: HttpRequest) -> HttpResponse:
    """`cart.php` of WHMCS: `?a=add&pid=`, `?gid=`, `?a=view`, `?a=checkout`; anything else leads to the store."""
    keep_promo(request, request.GET.get("promocode", ""))
    keep_template(request, request.GET.get("carttpl", ""))
    wanted = request.GET.get("a", "")
    if "pid" in request.GET and wanted in ("", "add"):
        return _to_product(request)
    if "gid" in request.GET:
        return _to_group(request)
    if wanted in ("view", "checkout", "confproduct", "confproducts"):
        return redirect("store:checkout")
    return redirect("store:home")


@require_GET
def affiliate(request: HttpRequest) -> HttpResponse:
    """`aff.php` of WHMCS: `?aff=` by number or code, to the product or group that it names, else to the store."""
    found = find_linked_affiliate(request.GET.get(PARAMETER, ""))
    return follow_link_of(found, request, cart(request))


def _to_product(request: HttpRequest) -> HttpResponse:
    product = find_linked_product(request.GET["pid"])
    if product is None or product.is_retired:
        words = _("%(product)s is no longer sold. Here is what there is now.") % {"product": product} if product else ""
        messages.warning(request, words or _("The product of this link is not sold here. Here is what there is."))
        return redirect("store:home")
    chosen = QueryDict(mutable=True)
    if cycle := CYCLES.get(request.GET.get("billingcycle", "").lower()):
        chosen["cycle"] = cycle.value
    if product.is_domain_required and (domain := _domain_of(request.GET)):
        chosen["domain"] = domain
    for key, count in _options_of(product, request.GET).items():
        chosen[OPTION_PREFIX + key] = count
    return redirect(_with_query(reverse("store:product", args=[product.group.slug, product.slug]), chosen))


def _to_group(request: HttpRequest) -> HttpResponse:
    group = find_linked_group(request.GET["gid"])
    if group is None:
        messages.warning(request, _("The group of this link is not here any more. Here is what there is."))
        return redirect("store:home")
    return redirect("store:group", group.slug)


def _options_of(product: Product, query: QueryDict) -> dict[str, str]:
    """`configoption[…]` by the option's key or our number of it; those that the product lacks are left out."""
    asked = {match[1]: value for name, value in query.items() if (match := _OPTION.fullmatch(name))}
    if not asked:
        return {}
    options: list[ProductOption] = list(product.options.all())
    found = {option.key: str(asked.get(option.key, asked.get(str(option.pk), ""))) for option in options}
    return {key: count for key, count in found.items() if count.isascii() and count.isdecimal() and len(count) < 6}


def _domain_of(query: QueryDict) -> str:
    """`domain=`, or `sld=` with `tld=`; domains are not sold here, so that one to be registered is left out."""
    if query.get("domainoption", "owndomain") != "owndomain":
        return ""
    name, ending = query.get("sld", "").strip("."), query.get("tld", "").strip(".")
    domain = query.get("domain", "") or ".".join(filter(None, (name, ending)))
    return domain if len(domain) <= LONGEST_DOMAIN else ""


def _with_query(address: str, query: QueryDict) -> str:
    pairs = [(name, value) for name, values in query.lists() for value in values]
    return f"{address}?{urlencode(pairs)}" if pairs else address
