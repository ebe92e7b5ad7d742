import django_filters

from catalog.models import Product


class ProductFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?group=1&kind=license&product_id=55227&is_hidden=false&is_retired=false&is_addon=true`."""

    product_id = django_filters.CharFilter(field_name="tariff_id", label="Product ID of the partner")

    class Meta:
        model = Product
        fields = ["group", "kind", "is_hidden", "is_retired", "is_addon"]
