"""Clients in JSON."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from billing.api.fields import AmountField, MoneyField
from billing.models import Client
from catalog.models import Currency


class ClientSerializer(serializers.ModelSerializer[Client]):
    """A customer. `country` is an ISO 3166 code of two letters; e-mail and currency stay as they were registered."""

    email = serializers.EmailField(max_length=254)
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    currency = serializers.PrimaryKeyRelatedField(queryset=Currency.objects.all())
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    password = serializers.CharField(
        max_length=256,
        write_only=True,
        required=False,
        trim_whitespace=False,
        help_text="Without one, the owner sets it by mail before logging in.",
    )
    credit_balance = MoneyField()

    class Meta:
        model = Client
        fields = [
            "id",
            "email",
            "first_name",
            "last_name",
            "company",
            "address1",
            "address2",
            "city",
            "state",
            "postcode",
            "country",
            "tax_id",
            "is_tax_exempt",
            "phone",
            "currency",
            "language",
            "is_subscribed",
            "password",
            "credit_balance",
            "created_at",
        ]
        # Changed in the back office.
        read_only_fields = ["is_tax_exempt", "created_at"]

    def validate_country(self, country: str) -> str:
        """Codes are capital letters; whether there is such a country is for the action to say."""
        return country.upper()

    def to_representation(self, instance: Client) -> dict[str, Any]:
        return {**super().to_representation(instance), "country": instance.country.code or ""}


class ClientChangeSerializer(ClientSerializer):
    """What can be changed later."""

    class Meta(ClientSerializer.Meta):
        fields = [name for name in ClientSerializer.Meta.fields if name not in ("id", "email", "currency", "password")]

    email = currency = password = None  # type: ignore[assignment]


class CreditSerializer(serializers.Serializer[Any]):
    """Money received in advance."""

    amount = AmountField()
    reason = serializers.CharField(max_length=255)
