"""The catalog in JSON. `product_id` is the partner's Product ID, the model's `tariff_id`."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from catalog.actions.groups import GroupInvalid, save_group
from catalog.actions.options import WRITABLE as OPTION_FIELDS
from catalog.actions.products import OptionValues, PriceValues, ProductInvalid, create_product, update_product
from catalog.models import (
    Currency,
    CustomField,
    Cycle,
    OptionPrice,
    Price,
    Product,
    ProductGroup,
    ProductOption,
    Worded,
)
from catalog.models.wording import TranslationsField
from catalog.modules import ISPMANAGER_NOC, KIND_LABELS, MODULES
from catalog.money import round_money
from catalog.renewal_windows import MOST_DAYS

MOST_OF_AN_OPTION = 100_000


class TranslationsSerializer(serializers.DictField):
    """Texts in the portal's other languages, by the rules of the model's own field. Given, they replace all."""

    child = serializers.CharField(allow_blank=True, trim_whitespace=False)

    def __init__(self, model: type[Worded], **options: Any) -> None:
        kept = model._meta.get_field("translations")
        assert isinstance(kept, TranslationsField)
        self.kept = kept
        example = f"{kept.texts[0]}_ru"
        words = f'Texts in the other languages of the portal: {{"{example}": "…"}}. Of: {", ".join(kept.texts)}.'
        super().__init__(**{"help_text": words, **({} if "read_only" in options else {"required": False}), **options})

    def to_internal_value(self, data: Any) -> dict[str, str]:
        texts = super().to_internal_value(data)
        try:
            return self.kept.clean(texts, None)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error


class CurrencySerializer(serializers.ModelSerializer[Currency]):
    class Meta:
        model = Currency
        fields = ["code", "precision", "is_default"]


class ProductGroupSerializer(serializers.ModelSerializer[ProductGroup]):
    """`slug` may be left out: it then follows from the name. An empty `order_form` is that of the store settings."""

    closed_payment_methods = serializers.ListField(
        child=serializers.SlugField(max_length=30),
        required=False,
        max_length=20,
        help_text="Codes of the ways to pay that this group does not take.",
    )
    translations = TranslationsSerializer(ProductGroup)

    class Meta:
        model = ProductGroup
        fields = [
            "id",
            "name",
            "slug",
            "headline",
            "tagline",
            "features",
            "translations",
            "order_form",
            "closed_payment_methods",
            "is_hidden",
            "position",
        ]
        extra_kwargs = {"slug": {"required": False}}

    def create(self, validated_data: dict[str, Any]) -> ProductGroup:
        return self.update(ProductGroup(), validated_data)

    def update(self, instance: ProductGroup, validated_data: dict[str, Any]) -> ProductGroup:
        try:
            return save_group(group=instance, values=validated_data)
        except GroupInvalid as error:
            raise serializers.ValidationError(error.errors) from error


class WholeRowMixin:
    """A row inside a document is given whole, also where only a part of the document is (PATCH)."""

    fields: Any

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing = [field for field in self.fields.values() if field.required and field.source not in attrs]
        if missing:
            raise serializers.ValidationError({field.field_name: field.error_messages["required"] for field in missing})
        return attrs


class PriceRowSerializer[Row: Price | OptionPrice](WholeRowMixin, serializers.ModelSerializer[Row]):
    """What a price of a product and a price of one of its options have in common."""

    currency = serializers.PrimaryKeyRelatedField(queryset=Currency.objects.all())
    cycle = serializers.ChoiceField(choices=Cycle.choices)
    price = serializers.DecimalField(max_digits=19, decimal_places=4, min_value=0)
    setup_fee = serializers.DecimalField(max_digits=19, decimal_places=4, min_value=0, default=Decimal(0))

    def to_representation(self, instance: Row) -> dict[str, Any]:
        """Amounts with the decimals of their currency."""
        shown = dict(super().to_representation(instance))
        for name in ("price", "setup_fee"):
            shown[name] = str(round_money(getattr(instance, name), precision=instance.currency.precision))
        return shown


class ProductPriceSerializer(PriceRowSerializer[Price]):
    class Meta:
        model = Price
        fields = ["currency", "cycle", "price", "setup_fee"]


class OptionPriceSerializer(PriceRowSerializer[OptionPrice]):
    class Meta:
        model = OptionPrice
        fields = ["currency", "cycle", "price", "setup_fee"]


class ProductOptionSerializer(WholeRowMixin, serializers.ModelSerializer[ProductOption]):
    """An option, found by its `key`. What is not given stays as it is; `prices`, where given, replace all of it."""

    key = serializers.SlugField(max_length=60)
    translations = TranslationsSerializer(ProductOption)
    prices = OptionPriceSerializer(many=True, required=False)

    class Meta:
        model = ProductOption
        fields = ["key", "label", "translations", "addon_id", "minimum", "maximum", "is_hidden", "position", "prices"]
        extra_kwargs = {
            "label": {"required": False},
            "minimum": {"required": False, "max_value": MOST_OF_AN_OPTION},
            "maximum": {"required": False, "max_value": MOST_OF_AN_OPTION},
            "addon_id": {"help_text": "The number of the partner's addon that the count is sent as."},
        }
        # One option per product and key: the action finds it by its key.
        validators: list[Any] = []


class CustomFieldSerializer(serializers.ModelSerializer[CustomField]):
    translations = TranslationsSerializer(CustomField, read_only=True)

    class Meta:
        model = CustomField
        fields = [
            "id",
            "key",
            "label",
            "type",
            "description",
            "translations",
            "options",
            "is_required",
            "is_on_order_form",
            "is_admin_only",
            "is_secret",
            "position",
        ]
        read_only_fields = fields


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product with its prices, options, addons, recommended products and fields.

    `prices`, `addons` and `cross_sells`, where given, replace all that the product has; `options` change or add those
    that they name.
    """

    module = serializers.ChoiceField(
        choices=[(code, module.label) for code, module in MODULES.items()],
        required=False,
        allow_blank=True,
        help_text=f'"{ISPMANAGER_NOC}", or empty for a product that nothing is bought for.',
    )
    product_id = serializers.CharField(
        source="tariff_id", max_length=20, required=False, allow_blank=True, help_text="The partner's Product ID."
    )
    kind = serializers.ChoiceField(
        choices=list(KIND_LABELS.items()),
        required=False,
        allow_blank=True,
        help_text="Follows from the Product ID; named only where no price list shows it.",
    )
    partner_period = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=-100,
        max_value=12,
        help_text="What a free or one-time product buys: 1, 3, 6, 12 months or -100 for a trial.",
    )
    prices = ProductPriceSerializer(many=True, required=False)
    options = ProductOptionSerializer(many=True, required=False)
    addons = serializers.PrimaryKeyRelatedField[Any](
        many=True, required=False, queryset=Product.objects.all(), help_text="Addons that are sold with it."
    )
    cross_sells = serializers.PrimaryKeyRelatedField[Any](
        many=True, required=False, queryset=Product.objects.all(), help_text="Products recommended while it is ordered."
    )
    on_demand_days = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=MOST_DAYS),
        required=False,
        help_text='By cycle, how many days before the due date a client may renew: {"MONTHLY": 10}; 0 or none: never.',
    )
    translations = TranslationsSerializer(Product)
    affiliate_amount = serializers.DecimalField(max_digits=19, decimal_places=4, min_value=0, required=False)
    custom_fields = CustomFieldSerializer(many=True, read_only=True)

    class Meta:
        model = Product
        fields = [
            "id",
            "group",
            "name",
            "slug",
            "tagline",
            "short_description",
            "description",
            "translations",
            "color",
            "welcome_letter",
            "is_domain_required",
            "is_featured",
            "is_hidden",
            "is_retired",
            "position",
            "module",
            "server_group",
            "product_id",
            "kind",
            "is_tariff_unchecked",
            "partner_period",
            "admin_phone",
            "payment_type",
            "quantity_mode",
            "tax_treatment",
            "recurring_limit",
            "fixed_term_days",
            "term_letter",
            "on_demand",
            "on_demand_days",
            "affiliate_pay",
            "affiliate_amount",
            "is_affiliate_once",
            "has_stock_control",
            "stock_quantity",
            "is_prorata",
            "prorata_day",
            "prorata_next_after",
            "auto_setup",
            "is_addon",
            "node_base",
            "at_end",
            "prices",
            "options",
            "addons",
            "cross_sells",
            "custom_fields",
            "created_at",
        ]
        read_only_fields = ["created_at"]
        extra_kwargs = {"slug": {"required": False}}
        # One product per group and slug: the action checks it, and the slug may be left out.
        validators: list[Any] = []

    def create(self, validated_data: dict[str, Any]) -> Product:
        prices = _price_values(validated_data.pop("prices", []))
        options = _option_values(validated_data.pop("options", []))
        links = _pop_links(validated_data)
        try:
            return create_product(values=validated_data, prices=prices, options=options, **links)
        except ProductInvalid as error:
            raise _validation_error(error) from error

    def update(self, instance: Product, validated_data: dict[str, Any]) -> Product:
        prices = _price_values(validated_data.pop("prices")) if "prices" in validated_data else None
        options = _option_values(validated_data.pop("options", []))
        links = _pop_links(validated_data)
        try:
            return update_product(product=instance, values=validated_data, prices=prices, options=options, **links)
        except ProductInvalid as error:
            raise _validation_error(error) from error


def _pop_links(values: dict[str, Any]) -> dict[str, list[Product]]:
    """Other products that are given, out of `values`."""
    return {name: values.pop(name) for name in ("addons", "cross_sells") if name in values}


def _price_values(rows: list[dict[str, Any]]) -> list[PriceValues]:
    return [PriceValues(**row) for row in rows]


def _option_values(rows: list[dict[str, Any]]) -> list[OptionValues]:
    return [
        OptionValues(
            row["key"],
            {name: value for name, value in row.items() if name in OPTION_FIELDS},
            _price_values(row["prices"]) if "prices" in row else None,
        )
        for row in rows
    ]


def _validation_error(error: ProductInvalid) -> serializers.ValidationError:
    return serializers.ValidationError(
        {"product_id" if field == "tariff_id" else field: messages for field, messages in error.errors.items()}
    )
