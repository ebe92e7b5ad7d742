"""Which order form template a group is shown in: what a link asked for, else the group's, else the store's (P2)."""

from typing import Final

from django.http import HttpRequest

from billing.models import StoreSettings
from catalog.models import OrderForm, ProductGroup

SESSION_KEY: Final = "order_form"
# Names of WHMCS's templates in links to it (`carttpl=`), by what ours does most alike.
WHMCS_NAMES: Final = {
    "standard_cart": OrderForm.STANDARD,
    "nexus_cart": OrderForm.STANDARD,
    "premium_comparison": OrderForm.COMPARISON,
    "pure_comparison": OrderForm.COMPARISON,
    "supreme_comparison": OrderForm.COMPARISON,
    "ajaxcart": OrderForm.SINGLE_PAGE,
}


def keep_template(request: HttpRequest, name: str) -> None:
    """Remembers the template that a link names for the rest of the visit; an unknown one changes nothing."""
    word = name.strip().lower().replace("-", "_")
    found = WHMCS_NAMES.get(word) or next((form for form in OrderForm if form.value.lower() == word), None)
    if found and request.session.get(SESSION_KEY) != found.value:
        request.session[SESSION_KEY] = found.value


def template_for(request: HttpRequest, group: ProductGroup, settings: StoreSettings) -> OrderForm:
    """The template of this group for this visitor."""
    asked = request.session.get(SESSION_KEY, "")
    return OrderForm(asked if asked in OrderForm.values else group.order_form or settings.order_form)
