"""What the page of a product asks for while it is filled in."""

import re
from typing import Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog.admin.forms import ProductForm
from catalog.models import Product
from catalog.models.custom_field import validate_pattern

LONGEST: Final = 1000


@require_POST
def price_view(request: HttpRequest) -> HttpResponse:
    """The price table and the words about the tariff for the Product ID as it is typed; nothing is judged or saved."""
    product_id = request.GET.get("product", "")
    product = Product.objects.filter(pk=product_id).first() if product_id.isdecimal() else None
    if product_id and product is None:
        raise Http404
    if not request.user.has_perm("catalog.change_product" if product else "catalog.add_product"):
        raise PermissionDenied
    form = ProductForm(request.POST, instance=product or Product())
    return TemplateResponse(request, "admin/catalog/product/prices_anew.html", {"form": form})


@require_GET
def sample_view(request: HttpRequest) -> HttpResponse:
    """Whether a value has the form that a regular expression asks for, in words."""
    if not request.user.has_perm("catalog.change_product"):
        raise PermissionDenied
    pattern, sample = request.GET.get("pattern", ""), request.GET.get("sample", "")
    if len(pattern) > LONGEST or len(sample) > LONGEST:
        return HttpResponse(_("Enter at most %(limit)s characters.") % {"limit": LONGEST}, content_type="text/plain")
    try:
        validate_pattern(pattern)
    except ValidationError as error:
        return HttpResponse(" ".join(error.messages), content_type="text/plain")
    fits = re.fullmatch(pattern, sample.strip())
    words = _("This value is accepted.") if fits else _("This value does not have the form that is asked for.")
    return HttpResponse(words, content_type="text/plain")
