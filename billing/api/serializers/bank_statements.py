"""Bank statements and their transfers in JSON."""

import base64
import binascii
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.fields import Reference
from billing.models import BankStatement, BankTransfer, Client, Invoice, TransferShare
from billing.statements.warnings import warning_words


class BankStatementSerializer(serializers.ModelSerializer[BankStatement]):
    """A file that was read; `transfers_known` of its transfers had come with an earlier one."""

    warnings = serializers.SerializerMethodField()

    class Meta:
        model = BankStatement
        fields = [
            "id",
            "file_name",
            "format",
            "accounts",
            "transfers_found",
            "transfers_known",
            "warnings",
            "uploaded_by",
            "uploaded_at",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, statement: BankStatement) -> list[str]:
        return warning_words(statement.warnings)


class StatementUploadSerializer(serializers.Serializer[Any]):
    """`content`: the file as the bank gave it, in Base64."""

    file_name = serializers.CharField(max_length=200)
    content = serializers.CharField(trim_whitespace=False)

    def validate_content(self, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise serializers.ValidationError(_("This is not Base64.")) from error


class TransferShareSerializer(serializers.ModelSerializer[TransferShare]):
    """What of a transfer goes to an invoice."""

    amount = serializers.SerializerMethodField()

    class Meta:
        model = TransferShare
        fields = ["invoice", "amount", "payment"]
        read_only_fields = fields

    def get_amount(self, share: TransferShare) -> str:
        return f"{share.amount:.2f}"


class BankTransferSerializer(serializers.ModelSerializer[BankTransfer]):
    """Money that came, and what it is proposed for or has paid; without shares all of it is the client's credit."""

    amount = serializers.SerializerMethodField()
    shares = TransferShareSerializer(many=True, read_only=True)

    class Meta:
        model = BankTransfer
        fields = [
            "id",
            "statement",
            "status",
            "account",
            "reference",
            "booked_on",
            "amount",
            "currency",
            "payer_name",
            "payer_account",
            "payer_tax_id",
            "purpose",
            "confidence",
            "match_reason",
            "client",
            "shares",
            "note",
            "decided_by",
            "decided_at",
        ]
        read_only_fields = fields

    def get_amount(self, transfer: BankTransfer) -> str:
        return f"{transfer.amount:.2f}"


class ChoiceSerializer(serializers.Serializer[Any]):
    """`invoices` in the order in which they are paid, or the `client` whose credit it becomes."""

    invoices = serializers.ListField(
        child=Reference(queryset=Invoice.objects.select_related("client", "currency")), required=False, max_length=20
    )
    client = Reference(queryset=Client.objects.select_related("currency"), required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if bool(values.get("invoices")) == bool(values.get("client")):
            raise serializers.ValidationError(_("Name invoices or a client."))
        return values


class IgnoreSerializer(serializers.Serializer[Any]):
    """Why it is no client's payment."""

    reason = serializers.CharField(max_length=255)
