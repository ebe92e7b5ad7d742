"""Services in JSON. Secret values go to the client's own key and to roles that may run module commands."""

from typing import Any, Final

from rest_framework import serializers

from billing.api.fields import AmountField, MoneyField, OperatorFieldsMixin, caller_of
from billing.models import Service, ServiceStatus
from billing.permissions import Permission
from billing.queries.commands import available_commands
from billing.queries.services import field_rows

HIDDEN: Final = "•••"
# A client renews by paying the renewal's invoice.
BY_PAYING: Final = "renew"
# Counted with the rows, so that a list asks nothing more for each.
RENEWALS_ISSUED: Final = "renewals_issued"


class ServiceSerializer(OperatorFieldsMixin, serializers.ModelSerializer[Service]):
    """Something a client has. `fields` holds every custom field of the product, "" where it is empty.

    `quantity` units are one service; its amounts are those of all of them. `renewals_left` is null where there is no
    limit, `term_ends_on` where there is no fixed term. `suspension_cause` is OVERDUE (a payment lifts it) or BY_HAND
    (only staff does); "" for what the partner suspended. Unpaid, it is left alone until `keep_until`.
    """

    order = serializers.IntegerField(source="order_line.order_id", read_only=True)
    product_name = serializers.CharField(source="product.words.name", read_only=True)
    status = serializers.ChoiceField(choices=ServiceStatus.choices, read_only=True)
    first_amount = MoneyField()
    recurring_amount = MoneyField()
    renewals_left = serializers.SerializerMethodField()
    fields = serializers.SerializerMethodField(method_name="get_field_values")  # type: ignore[assignment]

    class Meta:
        model = Service
        fields: list[str] = [
            "id",
            "client",
            "order",
            "product",
            "product_name",
            "parent",
            "status",
            "suspension_cause",
            "suspension_reason",
            "suspended_at",
            "keep_until",
            "server",
            "cycle",
            "quantity",
            "domain",
            "currency",
            "first_amount",
            "recurring_amount",
            "registered_on",
            "recurring_limit",
            "renewals_left",
            "term_ends_on",
            "next_due_date",
            "paid_until",
            "expires_on",
            "remote_id",
            "dedicated_ip",
            "synced_at",
            "ended_at",
            "fields",
        ]
        read_only_fields = fields
        operator_fields = ("server", "keep_until")

    def get_renewals_left(self, service: Service) -> int | None:
        issued = getattr(service, RENEWALS_ISSUED, 0)
        return max(service.recurring_limit - issued, 0) if service.recurring_limit else None

    def get_field_values(self, service: Service) -> dict[str, str]:
        caller = caller_of(self)
        if caller is None:
            return {}
        sees_secrets = not caller.is_operator or caller.may(Permission.PERFORM_SERVER_OPERATIONS)
        rows = field_rows(service, audience="operator" if caller.is_operator else "client")
        return {row.key: HIDDEN if row.is_secret and row.value and not sees_secrets else row.value for row in rows}


class ServiceDetailSerializer(ServiceSerializer):
    """A service with the commands that can be run now."""

    commands = serializers.SerializerMethodField()

    class Meta(ServiceSerializer.Meta):
        fields = [*ServiceSerializer.Meta.fields, "commands"]
        read_only_fields = fields

    def get_commands(self, service: Service) -> list[str]:
        caller = caller_of(self)
        if caller is None or caller.is_operator:
            return [command.code for command in available_commands(service)]
        commands = available_commands(service, audience="client")
        return [command.code for command in commands if command.code != BY_PAYING]


class CommandSerializer(serializers.Serializer[Any]):
    """A module command by its code."""

    command = serializers.CharField(max_length=30, help_text="create, renew, reissue, sync or terminate")
    period = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="months to renew for; left out: one billing cycle"
    )


class SuspendSerializer(serializers.Serializer[Any]):
    """Why; the client reads it."""

    reason = serializers.CharField(max_length=255)


class KeepSerializer(serializers.Serializer[Any]):
    """Until when it is left alone though it is unpaid; null: the settings count."""

    keep_until = serializers.DateField(required=False, allow_null=True, default=None)


class CycleSerializer(serializers.Serializer[Any]):
    """A billing cycle; `amount` of each later payment, left out: the price of the catalog."""

    cycle = serializers.CharField(max_length=20, help_text="MONTHLY, QUARTERLY, SEMIANNUALLY or ANNUALLY")
    amount = AmountField(required=False, allow_null=True, default=None)


class PeriodOfferSerializer(serializers.Serializer[Any]):
    """A period in months with its cost by the account's price list, null where that does not say."""

    period = serializers.IntegerField(read_only=True)
    cost = serializers.DecimalField(max_digits=19, decimal_places=4, read_only=True, allow_null=True)
    currency = serializers.CharField(read_only=True)


class RenewalOfferSerializer(serializers.Serializer[Any]):
    """The partner's renewal form, read now. `refusal`: why it would not be renewed, "" if nothing speaks against it."""

    expires_on = serializers.DateField(read_only=True, allow_null=True)
    new_expires_on = serializers.DateField(read_only=True, allow_null=True)
    status = serializers.IntegerField(read_only=True, allow_null=True)
    chosen = serializers.IntegerField(read_only=True)
    periods = PeriodOfferSerializer(many=True, read_only=True)
    refusal = serializers.CharField(read_only=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """New values; what is left out stays as it is."""

    licname = serializers.CharField(max_length=255, required=False, allow_blank=True)
    ip = serializers.CharField(max_length=255, required=False, allow_blank=True)


class QueuedSerializer(serializers.Serializer[Any]):
    """The id of the operation that does what was asked."""

    operation = serializers.IntegerField(source="pk", read_only=True)
