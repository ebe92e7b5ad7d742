"""Cancellation requests in JSON."""

from datetime import date
from typing import Any

from rest_framework import serializers

from billing.actions.cancellations import MOST_REASON
from billing.api.fields import OperatorFieldsMixin, OwnReference
from billing.models import CancellationRequest, CancellationStatus, CancellationType, Service
from billing.queries.cancellations import ends_on


class CancellationRequestSerializer(OperatorFieldsMixin, serializers.ModelSerializer[CancellationRequest]):
    """A wish to end a service. `ends_on`: the day of its end while it is open, null for one that is settled."""

    client = serializers.IntegerField(source="service.client_id", read_only=True)
    type = serializers.ChoiceField(choices=CancellationType.choices, read_only=True)
    status = serializers.ChoiceField(choices=CancellationStatus.choices, read_only=True)
    ends_on = serializers.SerializerMethodField()

    class Meta:
        model = CancellationRequest
        fields = [
            "id",
            "service",
            "client",
            "type",
            "status",
            "ends_on",
            "reason",
            "requested_by",
            "requested_at",
            "settled_at",
        ]
        read_only_fields = fields
        operator_fields = ("requested_by",)

    def get_ends_on(self, wish: CancellationRequest) -> date | None:
        return ends_on(wish)


class CancellationWishSerializer(serializers.Serializer[Any]):
    """Which service is to end, and when."""

    service = OwnReference(queryset=Service.objects.all())
    type = serializers.ChoiceField(choices=CancellationType.choices, default=CancellationType.END_OF_PERIOD)
    reason = serializers.CharField(max_length=MOST_REASON, allow_blank=True, default="")
