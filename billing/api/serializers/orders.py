"""Orders in JSON: what is asked for, and what came of it."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from billing.api.fields import MoneyField, Reference, caller_of
from billing.models import Client, Order, OrderLine, OrderStatus
from billing.queries.orders import MOST_UNITS
from catalog.fields import MAX_LENGTH
from catalog.models import Cycle, PaymentType, Product

MOST_ITEMS = 50


class OrderItemSerializer(serializers.Serializer[Any]):
    """One thing to order. `cycle` may be left out for free and one-time products."""

    product = Reference(
        queryset=Product.objects.select_related("group", "server_group").prefetch_related("prices", "custom_fields")
    )
    cycle = serializers.ChoiceField(choices=Cycle.choices, required=False)
    quantity = serializers.IntegerField(default=1, min_value=1, max_value=MOST_UNITS)
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(allow_blank=True, max_length=MAX_LENGTH),
        default=dict,
        help_text="Values of the product's custom fields by key.",
    )
    options = serializers.DictField(default=dict, help_text="Reserved: has to be empty.")

    def validate_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """No product has options yet: what is asked for must not be passed over in silence."""
        if options:
            raise serializers.ValidationError(_("This product has no options."))
        return options

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "cycle" not in attrs:
            if attrs["product"].payment_type == PaymentType.RECURRING:
                raise serializers.ValidationError({"cycle": _("This field is required.")})
            attrs["cycle"] = Cycle.ONE_TIME.value
        return attrs


class OrderRequestSerializer(serializers.Serializer[Any]):
    """What is ordered. A client's own key orders for itself and may leave `client` out."""

    client = Reference(queryset=Client.objects.select_related("currency"), required=False)
    payment_method = serializers.CharField(default="bank_transfer", max_length=30)
    items = OrderItemSerializer(many=True, max_length=MOST_ITEMS)  # type: ignore[call-arg]  # many=True takes it
    notes = serializers.CharField(default="", allow_blank=True, max_length=2000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        caller = caller_of(self)
        client = attrs.get("client")
        if caller is not None and not caller.is_operator:
            if client is not None and client.pk != caller.client_id:
                raise serializers.ValidationError({"client": _("This key orders for its own client only.")})
            attrs["client"] = caller.key.client
        elif client is None:
            raise serializers.ValidationError({"client": _("This field is required.")})
        return attrs


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """A line with its frozen prices and the services made from it."""

    unit_price = MoneyField(currency="order.currency")
    setup_fee = MoneyField(currency="order.currency")
    services = serializers.PrimaryKeyRelatedField[Any](many=True, read_only=True)

    class Meta:
        model = OrderLine
        fields = ["product", "description", "cycle", "quantity", "unit_price", "setup_fee", "services"]
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order. `invoice` is null where nothing was to be paid; `services` are all of its lines."""

    status = serializers.ChoiceField(choices=OrderStatus.choices, read_only=True)
    invoice = serializers.SerializerMethodField()
    services = serializers.SerializerMethodField()
    total = MoneyField()
    lines = OrderLineSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = [
            "id",
            "number",
            "client",
            "status",
            "payment_method",
            "currency",
            "total",
            "invoice",
            "services",
            "lines",
            "notes",
            "placed_at",
            "accepted_at",
        ]
        read_only_fields = fields

    def get_invoice(self, order: Order) -> int | None:
        invoice = getattr(order, "invoice", None)
        return invoice.pk if invoice else None

    def get_services(self, order: Order) -> list[int]:
        return [service.pk for line in order.lines.all() for service in line.services.all()]
