"""Drafts, credit notes and refunds in JSON."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.reverse import reverse

from billing.api.fields import AmountField, MoneyField, Reference
from billing.models import (
    Client,
    CreditNote,
    CreditNoteLine,
    CreditNoteTo,
    Payment,
    Refund,
    RefundStatus,
    RefundWay,
    Service,
)
from catalog.models import TaxTreatment
from catalog.taxes import TaxGround


class DraftLineSerializer(serializers.Serializer[Any]):
    """A line of a draft: `amount` at the terms of the price list, with tax where prices include it."""

    description = serializers.CharField(max_length=255)
    amount = AmountField()
    tax_treatment = serializers.ChoiceField(choices=TaxTreatment.choices, default=TaxTreatment.STANDARD)
    service = Reference(queryset=Service.objects.all(), required=False, allow_null=True, default=None)


class DraftSerializer(serializers.Serializer[Any]):
    """An invoice to write. Without a due date it is due after as many days as renewals are invoiced ahead."""

    client = Reference(queryset=Client.objects.select_related("currency"))
    lines = DraftLineSerializer(many=True, allow_empty=False)
    due_date = serializers.DateField(required=False, allow_null=True, default=None)
    payment_method = serializers.CharField(max_length=30, default="bank_transfer")
    notes = serializers.CharField(max_length=5000, allow_blank=True, default="")


class PublishSerializer(serializers.Serializer[Any]):
    """Whether the client gets the letter with the invoice."""

    is_client_told = serializers.BooleanField(default=True)


class ApplyCreditSerializer(serializers.Serializer[Any]):
    """How much; without it, as much as there is and is needed."""

    amount = AmountField(required=False, allow_null=True, default=None)


class CreditNoteLineSerializer(serializers.ModelSerializer[CreditNoteLine]):
    """What was taken back of a line, `amount` without tax; of a discount below zero."""

    amount = MoneyField(currency="credit_note.currency")
    tax = MoneyField(currency="credit_note.currency")
    tax_ground = serializers.ChoiceField(choices=TaxGround.choices, read_only=True)

    class Meta:
        model = CreditNoteLine
        fields = ["invoice_line", "description", "amount", "tax", "tax_ground"]
        read_only_fields = fields


class CreditNoteSerializer(serializers.ModelSerializer[CreditNote]):
    """A correction. Of `total`, `to_balance` was not paid yet, the rest became credit or is to be given back."""

    subtotal = MoneyField()
    tax = MoneyField()
    total = MoneyField()
    to_balance = MoneyField()
    to_credit = MoneyField()
    to_refund = MoneyField()
    lines = CreditNoteLineSerializer(many=True, read_only=True)
    pdf = serializers.SerializerMethodField()

    class Meta:
        model = CreditNote
        fields = [
            "id",
            "number",
            "invoice",
            "currency",
            "issue_date",
            "reason",
            "lines",
            "subtotal",
            "tax",
            "total",
            "to_balance",
            "to_credit",
            "to_refund",
            "pdf",
        ]
        read_only_fields = fields

    def get_pdf(self, note: CreditNote) -> str:
        """The address of the PDF."""
        return str(reverse("api-v1:creditnote-pdf", args=[note.pk], request=self.context["request"]))


class CreditNoteRequestSerializer(serializers.Serializer[Any]):
    """`lines`: id of a line → amount with tax to take back; without it, all that is left of the invoice."""

    to = serializers.ChoiceField(choices=CreditNoteTo.choices)
    reason = serializers.CharField(max_length=255)
    lines = serializers.DictField(child=AmountField(), required=False, allow_empty=False)

    def validate_lines(self, lines: dict[str, Any]) -> dict[int, Any]:
        """Ids are whole numbers; which the invoice has is for the action to say."""
        faults = {key: [_("The invoice has no such line.")] for key in lines if not (key.isascii() and key.isdecimal())}
        if faults:
            raise serializers.ValidationError(faults)
        return {int(key): amount for key, amount in lines.items()}


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """Money of a payment given back. PENDING: the gateway has not answered yet."""

    amount = MoneyField()
    way = serializers.ChoiceField(choices=RefundWay.choices, read_only=True)
    status = serializers.ChoiceField(choices=RefundStatus.choices, read_only=True)

    class Meta:
        model = Refund
        fields = [
            "id",
            "payment",
            "credit_note",
            "amount",
            "currency",
            "way",
            "status",
            "reference",
            "reason",
            "error",
            "requested_at",
            "done_at",
        ]
        read_only_fields = fields


class RefundRequestSerializer(serializers.Serializer[Any]):
    """`payment` is one of the invoice's. `credit_note`: one that promised this money already."""

    payment = Reference(queryset=Payment.objects.all())
    amount = AmountField()
    way = serializers.ChoiceField(choices=RefundWay.choices)
    reason = serializers.CharField(max_length=255)
    credit_note = Reference(queryset=CreditNote.objects.all(), required=False, allow_null=True, default=None)
