"""Product groups, products and currencies of the REST API. `writing` names the permission that changes need."""

from rest_framework import mixins, viewsets

from catalog.api.filters import ProductFilter
from catalog.api.serializers import CurrencySerializer, ProductGroupSerializer, ProductSerializer
from catalog.models import Currency, Product, ProductGroup


class CurrencyViewSet(viewsets.ReadOnlyModelViewSet[Currency]):
    """Currencies that clients can be billed in."""

    queryset = Currency.objects.order_by("code")
    serializer_class = CurrencySerializer
    lookup_value_regex = "[A-Z]{3}"


class ProductGroupViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[ProductGroup],
):
    """Categories of the store."""

    queryset = ProductGroup.objects.order_by("id")
    serializer_class = ProductGroupSerializer
    filterset_fields = ["slug", "is_hidden"]
    writing = "MANAGE_CATALOG"
    lookup_value_regex = "[0-9]{1,18}"


class ProductViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Product],
):
    """Products with their prices and custom fields; retired ones are kept and cannot be ordered."""

    queryset = Product.objects.prefetch_related(
        "prices__currency", "custom_fields", "options__prices__currency", "addons", "cross_sells"
    ).order_by("id")
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    writing = "MANAGE_CATALOG"
    lookup_value_regex = "[0-9]{1,18}"
