"""Partner accounts in JSON. Passwords come in and never go out."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.fields import AmountField, MoneyField, Reference
from billing.models import StaffRole
from billing.queries.price_lists import SECTIONS, ListedTariff
from catalog.models import Product
from noc.models import Server, ServerGroup


class ServerSerializer(serializers.ModelSerializer[Server]):
    """A partner account. The hostname is brought to shape; a lone server becomes the default one."""

    password = serializers.CharField(max_length=256, write_only=True, trim_whitespace=False)
    access_hash = serializers.CharField(max_length=256, write_only=True, required=False, allow_blank=True)
    balance = MoneyField(currency="", allow_null=True)
    balance_credit = MoneyField(currency="")
    balance_alert_below = AmountField(allow_null=True, required=False)
    sso_roles = serializers.ListField(
        child=serializers.ChoiceField(choices=StaffRole.choices), max_length=len(StaffRole), required=False
    )

    class Meta:
        model = Server
        fields = [
            "id",
            "name",
            "module",
            "hostname",
            "username",
            "password",
            "access_hash",
            "max_accounts",
            "is_enabled",
            "is_default",
            "may_send_again",
            "balance_alert_below",
            "sso_access",
            "sso_roles",
            "health",
            "health_message",
            "balance",
            "balance_credit",
            "balance_currency",
            "balance_read_at",
            "checked_at",
            "created_at",
        ]
        read_only_fields = [
            "module",
            "health",
            "health_message",
            "balance_currency",
            "balance_read_at",
            "checked_at",
            "created_at",
        ]
        # The action judges addresses after it brought them to shape.
        validators: list[Any] = []

    def get_extra_kwargs(self) -> dict[str, Any]:
        return {**super().get_extra_kwargs(), "max_accounts": {"min_value": 0, "max_value": 2**31 - 1}}


class ConnectionTestSerializer(serializers.Serializer[Any]):
    """What *Test connection* found."""

    ok = serializers.BooleanField()
    message = serializers.CharField()
    balance = MoneyField(currency="", allow_null=True)
    currency = serializers.CharField()


class ServerGroupSerializer(serializers.ModelSerializer[ServerGroup]):
    """Servers that a product may be bought from, and how new services spread over them."""

    servers = Reference(many=True, queryset=Server.objects.all(), required=False)

    class Meta:
        model = ServerGroup
        fields = ["id", "name", "fill_type", "prefers_balance", "servers"]


class TariffProductSerializer(serializers.ModelSerializer[Product]):
    """A product of ours that is made of a tariff."""

    class Meta:
        model = Product
        fields = ["id", "name", "is_retired"]


class ListedTariffSerializer(serializers.Serializer[ListedTariff]):
    """A Product ID of an account. `prices` maps months (-100: trial, 0: once) to the cost in `currency`."""

    id = serializers.CharField(source="tariff.id")
    kind = serializers.ChoiceField(source="tariff.kind", choices=SECTIONS)
    name = serializers.CharField(source="tariff.name")
    currency = serializers.CharField(source="tariff.currency")
    periods = serializers.SerializerMethodField()
    prices = serializers.SerializerMethodField()
    addons = serializers.ListField(source="tariff.addons", child=serializers.CharField())
    origin = serializers.ChoiceField(source="tariff.source", choices=("live", "built-in"))
    can_be_sold = serializers.BooleanField()
    products = TariffProductSerializer(many=True)

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_periods(self, row: ListedTariff) -> list[int]:
        return sorted(row.tariff.periods)

    @extend_schema_field(serializers.DictField(child=serializers.DecimalField(max_digits=19, decimal_places=4)))
    def get_prices(self, row: ListedTariff) -> dict[str, str]:
        return {str(period): str(price) for period, price in row.prices if price is not None}


class PriceListSerializer(serializers.Serializer[Any]):
    """What an account sells. `read_at` is null without a live list, `trouble` says why there is none or it is old."""

    read_at = serializers.DateTimeField(allow_null=True)
    trouble = serializers.CharField()
    tariffs = ListedTariffSerializer(many=True)
