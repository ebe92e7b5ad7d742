"""Operations in JSON: operators read what the partner said, clients what it means for them."""

from typing import Any

from rest_framework import serializers

from billing.api.fields import OperatorFieldsMixin, caller_of
from billing.models import Operation, OperationAttempt, OperationKind, OperationStatus
from billing.queries.operations import operation_words
from billing.queries.pages_progress import operation_state


class AttemptSerializer(serializers.ModelSerializer[OperationAttempt]):
    """One claim by a worker."""

    message = serializers.SerializerMethodField()

    class Meta:
        model = OperationAttempt
        fields = ["number", "started_at", "ended_at", "outcome", "message"]
        read_only_fields = fields

    def get_message(self, attempt: OperationAttempt) -> str:
        return operation_words(attempt)


class OperationSerializer(OperatorFieldsMixin, serializers.ModelSerializer[Operation]):
    """One thing to do at the partner for one service. `message` is in the language of `Accept-Language`."""

    kind = serializers.ChoiceField(choices=OperationKind.choices, read_only=True)
    status = serializers.ChoiceField(choices=OperationStatus.choices, read_only=True)
    attempts = serializers.IntegerField(source="attempt", read_only=True)
    message = serializers.SerializerMethodField()

    class Meta:
        model = Operation
        fields = [
            "id",
            "kind",
            "status",
            "attempts",
            "message",
            "hold_reason",
            "service",
            "remote_id",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields
        operator_fields: tuple[str, ...] = ("hold_reason", "remote_id", "history")

    def get_message(self, operation: Operation) -> str:
        caller = caller_of(self)
        if caller is not None and not caller.is_operator:
            return operation_state(operation)[1]
        return operation_words(operation)


class OperationDetailSerializer(OperationSerializer):
    """An operation with each attempt."""

    history = AttemptSerializer(many=True, read_only=True)

    class Meta(OperationSerializer.Meta):
        fields = [*OperationSerializer.Meta.fields, "history"]
        read_only_fields = fields


class ResolveSerializer(serializers.Serializer[Any]):
    """A person's word on an operation that needs one.

    `remote_id`: the number at the partner of what was bought; `insist`: take it although the rules of adoption speak
    against it; `reason`: why it is given up.
    """

    decision = serializers.ChoiceField(choices=[(one, one) for one in ("adopt", "not_bought", "give_up")])
    remote_id = serializers.CharField(default="", allow_blank=True, max_length=50)
    insist = serializers.BooleanField(default=False)
    reason = serializers.CharField(default="", allow_blank=True, max_length=255)
