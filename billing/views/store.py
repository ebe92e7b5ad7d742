"""The store: its groups, a group's shelf in the template that it is shown in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.queries.store_settings import read_store_settings
from billing.views import single_page
from billing.views.current import CURRENCY_KEY, currency_context, current_client, store_currency
from billing.views.links import follow_links
from billing.views.order_templates import template_for
from catalog.comparison import compare
from catalog.models import Currency, OrderForm, ProductGroup
from catalog.queries import get_store_group
from catalog.queries_front import front_groups


@require_GET
@follow_links
def home(request: HttpRequest) -> HttpResponse:
    """The groups of the store, each with the price that it starts from."""
    client = current_client(request)
    currency = store_currency(request, client)
    context = {
        "room": "store",
        "groups": front_groups(currency=currency),
        **currency_context(request, currency, client),
    }
    return render(request, "store/home.html", context)


@sensitive_post_parameters("password", "password_again")
@require_http_methods(["GET", "POST"])
@follow_links
def group(request: HttpRequest, group_slug: str) -> HttpResponse:
    """One group's products: on cards, side by side in a table, or with the whole order on one page."""
    client = current_client(request)
    currency = store_currency(request, client)
    try:
        shelf = get_store_group(slug=group_slug, currency=currency)
    except ProductGroup.DoesNotExist as error:
        raise Http404 from error
    settings = read_store_settings()
    template = template_for(request, shelf.group, settings)
    if template == OrderForm.SINGLE_PAGE and shelf.products:
        return single_page.show_group(request, shelf, client=client, currency=currency, settings=settings)
    if request.method == "POST":
        # The template was changed while the form was open.
        return redirect("store:group", shelf.group.slug)
    context = {"room": "store", "shelf": shelf, **currency_context(request, currency, client)}
    if template == OrderForm.COMPARISON and shelf.products:
        return render(request, "store/comparison.html", {**context, "comparison": compare(shelf.products)})
    return render(request, "store/group.html", context)


@require_POST
def currency(request: HttpRequest) -> HttpResponse:
    """Keeps the visitor's choice of currency and goes back to where they were."""
    code = request.POST.get("currency", "")
    if Currency.objects.filter(pk=code).exists():
        request.session[CURRENCY_KEY] = code
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return redirect(address if address and is_ours else "store:home")
