"""Findings in JSON, with the remedies that fit each."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.fields import Reference
from billing.models import Finding, FindingSort, FindingStatus, Service
from billing.queries.findings import remedies_for, stake_of


class RemedySerializer(serializers.Serializer[Any]):
    """One way to put it right: `explanation` says what it will do."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    explanation = serializers.CharField()
    is_destructive = serializers.BooleanField()


class StakeSerializer(serializers.Serializer[Any]):
    """Money of one period."""

    amount = serializers.CharField()
    currency = serializers.CharField()


class FindingSerializer(serializers.ModelSerializer[Finding]):
    """Something that our record, the partner and the money disagree about. `details` tells what both sides say."""

    sort = serializers.ChoiceField(choices=FindingSort.choices, read_only=True)
    status = serializers.ChoiceField(choices=FindingStatus.choices, read_only=True)
    details = serializers.DictField(child=serializers.CharField(), read_only=True)
    at_stake = serializers.SerializerMethodField()
    remedies = serializers.SerializerMethodField()

    class Meta:
        model = Finding
        fields = [
            "id",
            "sort",
            "status",
            "server",
            "service",
            "kind",
            "remote_id",
            "details",
            "at_stake",
            "remedies",
            "first_seen_at",
            "last_seen_at",
            "closed_at",
            "closed_by",
            "reason",
        ]
        read_only_fields = fields

    @extend_schema_field(StakeSerializer(allow_null=True))
    def get_at_stake(self, finding: Finding) -> dict[str, str] | None:
        stake = stake_of(finding)
        return {"amount": f"{stake[0]:f}", "currency": stake[1]} if stake else None

    @extend_schema_field(RemedySerializer(many=True))
    def get_remedies(self, finding: Finding) -> Any:
        return RemedySerializer(remedies_for(finding), many=True).data


class RemedyInputSerializer(serializers.Serializer[Any]):
    """`service` for *adopt*: which one it belongs to. `reason` for *ignore*."""

    service = Reference(queryset=Service.objects.all(), required=False, allow_null=True)
    reason = serializers.CharField(default="", allow_blank=True, max_length=255)
