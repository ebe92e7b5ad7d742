"""What the store's pages are measured against: the framework with nothing to do, and the bare page of a portal.

The bare page has a session, its user, two more reads and a template.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from catalog.models import Currency, ProductGroup

_TEMPLATE = engines["django"].from_string(
    """<!doctype html><html lang="en"><head><title>Bare</title></head><body><p>{{ user.email }}</p>
    <ul>{% for group in groups %}<li>{{ group.name }}</li>{% endfor %}</ul>
    <ul>{% for currency in currencies %}<li>{{ currency.code }}</li>{% endfor %}</ul></body></html>"""
)


def hello(_request: HttpRequest) -> HttpResponse:
    """Through every middleware of the portal, without a query or a template."""
    return HttpResponse("Hello", content_type="text/plain")


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Four queries and a template with the portal's context."""
    groups, currencies = ProductGroup.objects.order_by("position")[:10], Currency.objects.order_by("code")
    return HttpResponse(_TEMPLATE.render({"groups": groups, "currencies": currencies}, request))


urlpatterns = [path("hello/", hello), path("page/", page)]
