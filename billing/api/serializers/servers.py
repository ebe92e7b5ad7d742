"""Partner accounts in JSON. Passwords come in and never go out."""

from typing import Any

from rest_framework import serializers

from billing.api.fields import MoneyField, Reference
from noc.models import Server, ServerGroup


class ServerSerializer(serializers.ModelSerializer[Server]):
    """A partner account. The hostname is brought to shape; a lone server becomes the default one."""

    password = serializers.CharField(max_length=256, write_only=True, trim_whitespace=False)
    balance = MoneyField(currency="", allow_null=True)

    class Meta:
        model = Server
        fields = [
            "id",
            "name",
            "module",
            "hostname",
            "username",
            "password",
            "max_accounts",
            "is_enabled",
            "is_default",
            "may_send_again",
            "health",
            "health_message",
            "balance",
            "balance_currency",
            "checked_at",
            "created_at",
        ]
        read_only_fields = [
            "module",
            "health",
            "health_message",
            "balance",
            "balance_currency",
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
        fields = ["id", "name", "fill_type", "servers"]
