"""Ready links for the reseller's site: to a product with its cycles, to a group, and in the form of WHMCS (P16)."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Cycle, OrderForm, PaymentType, Product, ProductGroup

# WHMCS's words for our cycles.
WHMCS_CYCLES = {
    Cycle.ONE_TIME: "onetime",
    Cycle.MONTHLY: "monthly",
    Cycle.QUARTERLY: "quarterly",
    Cycle.SEMIANNUALLY: "semiannually",
    Cycle.ANNUALLY: "annually",
}


@dataclass(frozen=True, slots=True)
class Link:
    """An absolute address with what it leads to, in words."""

    words: str
    address: str


def product_links(request: HttpRequest, product: Product) -> list[Link]:
    """The order form, the order form for each cycle, the same for WHMCS, the group."""
    home = request.build_absolute_uri(reverse("store:product", args=[product.group.slug, product.slug]))
    pid = f"{request.build_absolute_uri(reverse('store:cart'))}?a=add&pid={product.whmcs_id or product.pk}"
    cycles = _cycles_of(product)
    return [
        Link(_("Order form"), home),
        *(Link(_("Order form, %(cycle)s") % {"cycle": cycle.label}, f"{home}?cycle={cycle}") for cycle in cycles),
        Link(_("With a promo code"), f"{home}?promo=CODE"),
        Link(
            _("Order form, %(template)s") % {"template": OrderForm.SINGLE_PAGE.label},
            _in_template(home, OrderForm.SINGLE_PAGE),
        ),
        Link(_("As in WHMCS"), pid),
        *(
            Link(_("As in WHMCS, %(cycle)s") % {"cycle": cycle.label}, f"{pid}&billingcycle={WHMCS_CYCLES[cycle]}")
            for cycle in cycles
        ),
        *group_links(request, product.group),
    ]


def group_links(request: HttpRequest, group: ProductGroup) -> list[Link]:
    """The group's page, also in the form of WHMCS."""
    cart = request.build_absolute_uri(reverse("store:cart"))
    shelf = request.build_absolute_uri(reverse("store:group", args=[group.slug]))
    return [
        Link(_("Product group"), shelf),
        *(
            Link(_("Product group, %(template)s") % {"template": form.label}, _in_template(shelf, form))
            for form in OrderForm
        ),
        Link(_("Product group as in WHMCS"), f"{cart}?gid={group.whmcs_id or group.pk}"),
    ]


def _in_template(address: str, form: OrderForm) -> str:
    """A link that shows the store in a template for the rest of the visit."""
    return f"{address}?template={form.value.lower()}"


def _cycles_of(product: Product) -> list[Cycle]:
    if product.payment_type == PaymentType.FREE:
        return []
    offered = {price.cycle for price in product.prices.all()}
    return [cycle for cycle in Cycle if cycle.value in offered]
