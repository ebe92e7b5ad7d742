"""Ready links for the reseller's site: to a product, to a group, and both in the form of WHMCS (P16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Cycle, OrderForm, PaymentType, Product, ProductGroup

# WHMCS's words for our cycles and for the templates that are most like ours.
WHMCS_CYCLES: Final = {
    Cycle.ONE_TIME: "onetime",
    Cycle.MONTHLY: "monthly",
    Cycle.QUARTERLY: "quarterly",
    Cycle.SEMIANNUALLY: "semiannually",
    Cycle.ANNUALLY: "annually",
}
WHMCS_TEMPLATES: Final = {
    OrderForm.STANDARD: "standard_cart",
    OrderForm.COMPARISON: "premium_comparison",
    OrderForm.SINGLE_PAGE: "ajaxcart",
}
# What a reseller writes over.
PROMO: Final = {"promo": "CODE"}
DOMAIN: Final = {"domain": "example.com"}


@dataclass(frozen=True, slots=True)
class Link:
    """An absolute address with what it leads to, in words."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class LinkSection:
    """Links that belong together."""

    title: str
    links: tuple[Link, ...]


def product_links(request: HttpRequest, product: Product) -> list[LinkSection]:
    """The order form, the same for WHMCS, and the group."""
    home = request.build_absolute_uri(reverse("store:product", args=[product.group.slug, product.slug]))
    cart = request.build_absolute_uri(reverse("store:cart"))
    cycles = _cycles_of(product)
    ours = [
        _link(_("Order form"), home),
        *(_link(_("Order form, %(cycle)s") % {"cycle": cycle.label}, home, cycle=cycle.value) for cycle in cycles),
        *_with_templates(home),
        _link(_("With a promo code: write yours in place of CODE"), home, **PROMO),
    ]
    pid = {"a": "add", "pid": product.whmcs_id or product.pk}
    theirs = [
        _link(_("Order form"), cart, **pid),
        *(
            _link(_("Order form, %(cycle)s") % {"cycle": cycle.label}, cart, **pid, billingcycle=WHMCS_CYCLES[cycle])
            for cycle in cycles
        ),
        *_with_whmcs_templates(cart, pid),
    ]
    if product.is_domain_required:
        words = _("With a domain: write it in place of example.com")
        ours.append(_link(words, home, **DOMAIN))
        theirs.append(_link(words, cart, **pid, domainoption="owndomain", **DOMAIN))
    return [
        LinkSection(_("Order form"), tuple(ours)),
        LinkSection(_("As in WHMCS"), tuple(theirs)),
        *group_links(request, product.group),
    ]


def group_links(request: HttpRequest, group: ProductGroup) -> list[LinkSection]:
    """The group's page, in each template and in the form of WHMCS."""
    home = request.build_absolute_uri(reverse("store:group", args=[group.slug]))
    cart = request.build_absolute_uri(reverse("store:cart"))
    gid = {"gid": group.whmcs_id or group.pk}
    links = (
        _link(_("Product group"), home),
        *_with_templates(home),
    )
    theirs = (_link(_("Product group"), cart, **gid), *_with_whmcs_templates(cart, gid))
    return [LinkSection(_("Product group"), links), LinkSection(_("Product group as in WHMCS"), theirs)]


def _with_templates(home: str) -> list[Link]:
    return [_link(_in_template(template), home, template=template.value.lower()) for template in OrderForm]


def _with_whmcs_templates(cart: str, wanted: Mapping[str, object]) -> list[Link]:
    return [_link(_in_template(template), cart, **wanted, carttpl=name) for template, name in WHMCS_TEMPLATES.items()]


def _in_template(template: OrderForm) -> str:
    return _("In the template “%(template)s”") % {"template": template.label}


def _link(words: str, address: str, **query: object) -> Link:
    return Link(words, f"{address}?{urlencode(query)}" if query else address)


def _cycles_of(product: Product) -> list[Cycle]:
    if product.payment_type == PaymentType.FREE:
        return []
    offered = {price.cycle for price in product.prices.all()}
    return [cycle for cycle in Cycle if cycle.value in offered]
