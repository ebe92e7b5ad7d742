"""Affiliates and commissions in JSON."""

from rest_framework import serializers

from billing.api.fields import MoneyField
from billing.models import Affiliate, AffiliateStatus, Commission, CommissionState


class AffiliateSerializer(serializers.ModelSerializer[Affiliate]):
    """A client who brings clients. Amounts are in `currency`; `debt` was taken back after it was paid out."""

    status = serializers.ChoiceField(choices=AffiliateStatus.choices, read_only=True)
    currency = serializers.CharField(source="client.currency_id", read_only=True)
    sign_ups = serializers.IntegerField(read_only=True)
    pending = MoneyField(currency="client.currency", allow_null=True)
    balance = MoneyField(currency="client.currency")
    debt = MoneyField(currency="client.currency")
    withdrawn = MoneyField(currency="client.currency", allow_null=True)

    class Meta:
        model = Affiliate
        fields = [
            "id",
            "client",
            "code",
            "status",
            "pay",
            "pay_amount",
            "is_once",
            "visits",
            "sign_ups",
            "currency",
            "pending",
            "balance",
            "debt",
            "withdrawn",
            "joined_at",
        ]
        read_only_fields = fields


class CommissionSerializer(serializers.ModelSerializer[Commission]):
    """What one payment earned: `pay` and `pay_amount` of `base`. `amount` is null while no exchange rate is known."""

    state = serializers.ChoiceField(choices=CommissionState.choices, read_only=True)
    service = serializers.IntegerField(source="referred.service_id", read_only=True)
    invoice = serializers.IntegerField(source="line.invoice_id", read_only=True)
    base = MoneyField(currency="referred.service.currency")
    amount = MoneyField(allow_null=True)

    class Meta:
        model = Commission
        fields = [
            "id",
            "affiliate",
            "service",
            "invoice",
            "state",
            "void_reason",
            "base",
            "pay",
            "pay_amount",
            "source_currency",
            "amount",
            "currency",
            "earned_at",
            "clears_on",
            "settled_at",
        ]
        read_only_fields = fields
