"""Orders in JSON: what is asked for, and what came of it."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from billing.api.fields import MoneyField, OwnReference, Reference, caller_of
from billing.models import Client, Order, OrderLine, OrderStatus, Service
from billing.queries.order_units import MOST_UNITS
from catalog.api.serializers import MOST_OF_AN_OPTION
from catalog.fields import MAX_LENGTH
from catalog.models import Cycle, PaymentType, Product
from catalog.queries import ORDER_ROWS

MOST_ITEMS = 50


class OrderItemSerializer(serializers.Serializer[Any]):
    """One thing to order. `cycle` may be left out for free and one-time products, and for addons.

    An addon names what it is added to: a service (`parent`), or an earlier item of the same order (`parent_item`).
    """

    product = Reference(queryset=Product.objects.select_related("group", "server_group").prefetch_related(*ORDER_ROWS))
    cycle = serializers.ChoiceField(choices=Cycle.choices, required=False)
    quantity = serializers.IntegerField(default=1, min_value=1, max_value=MOST_UNITS)
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(allow_blank=True, max_length=MAX_LENGTH),
        default=dict,
        help_text="Values of the product's custom fields by key.",
    )
    options = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=MOST_OF_AN_OPTION),
        default=dict,
        help_text="How many of each configurable option, by key.",
    )
    domain = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=300,
        help_text="For products that ask for one: the domain name that it is for.",
    )
    parent = OwnReference(  # type: ignore[assignment]
        queryset=Service.objects.select_related("product"),
        required=False,
        allow_null=True,
        help_text="The service that an addon is added to.",
    )
    parent_item = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=MOST_ITEMS - 1,
        help_text="The place, counted from 0, of the earlier item that an addon is ordered with.",
    )
    is_item_unchecked = serializers.BooleanField(
        default=False, help_text="Operators: the license in `item` is no service of this client, and is right."
    )

    def validate_is_item_unchecked(self, value: bool) -> bool:
        """Only operators vouch for a license."""
        caller = caller_of(self)
        if value and caller is not None and not caller.is_operator:
            raise serializers.ValidationError(_("Only operators may order for a license that is not here."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "cycle" not in attrs:
            product = attrs["product"]
            if product.is_addon:
                attrs["cycle"] = ""
            elif product.payment_type == PaymentType.RECURRING:
                raise serializers.ValidationError({"cycle": _("This field is required.")})
            else:
                attrs["cycle"] = Cycle.ONE_TIME.value
        return attrs


class OrderRequestSerializer(serializers.Serializer[Any]):
    """What is ordered. A client's own key orders for itself and may leave `client` out."""

    client = Reference(queryset=Client.objects.select_related("currency"), required=False)
    payment_method = serializers.CharField(default="bank_transfer", max_length=30)
    items = OrderItemSerializer(many=True, max_length=MOST_ITEMS)  # type: ignore[call-arg]  # many=True takes it
    uses_credit = serializers.BooleanField(
        default=False, help_text="The client's credit is taken first; `payment_method` pays the rest."
    )
    is_terms_accepted = serializers.BooleanField(
        default=None,
        allow_null=True,
        help_text="The client agrees to the terms of service. A client's own key has to say so where there are any.",
    )
    promo_code = serializers.CharField(default="", allow_blank=True, max_length=50)
    notes = serializers.CharField(default="", allow_blank=True, max_length=2000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        caller = caller_of(self)
        client = attrs.get("client")
        if caller is not None and not caller.is_operator:
            if client is not None and client.pk != caller.client_id:
                raise serializers.ValidationError({"client": _("This key orders for its own client only.")})
            attrs["client"] = caller.key.client
            attrs["is_terms_accepted"] = bool(attrs["is_terms_accepted"])
        elif client is None:
            raise serializers.ValidationError({"client": _("This field is required.")})
        return attrs


class OrderFraudSerializer(serializers.Serializer[Any]):
    """Whether what was bought at the partner ends too; without, those services stay as they are."""

    is_bought_ended = serializers.BooleanField()


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """A line with its frozen prices and the services made from it: one of so many units where `is_scaling`."""

    unit_price = MoneyField(currency="order.currency")
    setup_fee = MoneyField(currency="order.currency")
    services = serializers.PrimaryKeyRelatedField[Any](many=True, read_only=True)

    class Meta:
        model = OrderLine
        fields = ["product", "description", "cycle", "quantity", "is_scaling", "unit_price", "setup_fee", "services"]
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order. `invoice` is null where nothing was to be paid; `services` are all of its lines."""

    status = serializers.ChoiceField(choices=OrderStatus.choices, read_only=True)
    invoice = serializers.SerializerMethodField()
    services = serializers.SerializerMethodField()
    tax = MoneyField()
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
            "promo_code",
            "tax",
            "total",
            "invoice",
            "services",
            "lines",
            "notes",
            "terms_accepted_at",
            "placed_at",
            "accepted_at",
        ]
        read_only_fields = fields

    def get_invoice(self, order: Order) -> int | None:
        invoice = getattr(order, "invoice", None)
        return invoice.pk if invoice else None

    def get_services(self, order: Order) -> list[int]:
        return [service.pk for line in order.lines.all() for service in line.services.all()]
