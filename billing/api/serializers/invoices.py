"""Invoices and payments in JSON."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from billing.actions.payments import GATEWAYS
from billing.api.fields import AmountField, MoneyField
from billing.api.serializers.corrections import CreditNoteSerializer
from billing.models import DocumentState, Invoice, InvoiceKind, InvoiceLine, InvoiceStatus, Payment, StoredDocument
from catalog.taxes import TaxGround


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    """One charge, `amount` without tax; the period is half-open: `period_end` is the first day that is not paid for."""

    amount = MoneyField(currency="invoice.currency")
    tax = MoneyField(currency="invoice.currency")
    tax_ground = serializers.ChoiceField(choices=TaxGround.choices, read_only=True)

    class Meta:
        model = InvoiceLine
        fields = [
            "id",
            "kind",
            "description",
            "service",
            "about",
            "period_start",
            "period_end",
            "amount",
            "tax",
            "tax_ground",
        ]
        read_only_fields = fields


class InvoicePaymentSerializer(serializers.ModelSerializer[Payment]):
    """Money received, as it stands on the invoice."""

    amount = MoneyField(currency="invoice.currency")
    applied_amount = MoneyField(currency="invoice.currency")

    class Meta:
        model = Payment
        fields = ["id", "gateway", "reference", "amount", "applied_amount", "received_at", "reversed_at"]
        read_only_fields = fields


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """A bill. `number` is null until it is paid; until then it goes by `proforma_number`.

    `amount_credited` was taken back before it was paid, `amount_refunded` of what was paid.
    """

    status = serializers.ChoiceField(choices=InvoiceStatus.choices, read_only=True)
    proforma_number = serializers.SerializerMethodField()
    subtotal = MoneyField()
    tax = MoneyField()
    total = MoneyField()
    kind = serializers.ChoiceField(choices=InvoiceKind.choices, read_only=True)
    amount_paid = MoneyField()
    amount_credited = MoneyField()
    amount_refunded = MoneyField()
    amount_written_off = MoneyField()
    balance = MoneyField()
    credit_notes = CreditNoteSerializer(many=True, read_only=True)
    lines = InvoiceLineSerializer(many=True, read_only=True)
    payments = InvoicePaymentSerializer(many=True, read_only=True)
    pdf = serializers.SerializerMethodField()

    class Meta:
        model = Invoice
        fields = [
            "id",
            "number",
            "proforma_number",
            "client",
            "order",
            "kind",
            "status",
            "currency",
            "payment_method",
            "issue_date",
            "due_date",
            "paid_at",
            "lines",
            "subtotal",
            "tax",
            "total",
            "amount_paid",
            "amount_credited",
            "amount_refunded",
            "amount_written_off",
            "balance",
            "payments",
            "credit_notes",
            "pdf",
        ]
        read_only_fields = fields

    def get_pdf(self, invoice: Invoice) -> str:
        """The address of the PDF."""
        return str(reverse("api-v1:invoice-pdf", args=[invoice.pk], request=self.context["request"]))

    def get_proforma_number(self, invoice: Invoice) -> str:
        return invoice.proforma_number


class DocumentStateSerializer(serializers.Serializer[StoredDocument]):
    """A file that a worker has been asked for."""

    name = serializers.CharField(read_only=True)
    state = serializers.ChoiceField(choices=DocumentState.choices, read_only=True)


class PaymentRequestSerializer(serializers.Serializer[Any]):
    """Money that arrived. The same gateway and reference again is the same payment; without one, each call is new."""

    gateway = serializers.CharField(default="manual", max_length=30, help_text=" or ".join(GATEWAYS))
    amount = AmountField()
    fee = AmountField(default=Decimal(0), help_text="What the gateway kept of the amount.")
    currency = serializers.CharField(required=False, max_length=3, help_text="Refused where it is not the invoice's.")
    reference = serializers.CharField(required=False, max_length=200)


class PaymentSerializer(InvoicePaymentSerializer):
    """A payment and what it made of the invoice; what is not `applied_amount` became credit."""

    fee = MoneyField(currency="invoice.currency")
    invoice_status = serializers.CharField(source="invoice.status", read_only=True)
    invoice_number = serializers.CharField(source="invoice.number", read_only=True, allow_null=True)
    balance = MoneyField(source="invoice.balance", currency="invoice.currency")

    class Meta:
        model = Payment
        fields = [
            "id",
            "invoice",
            "gateway",
            "reference",
            "amount",
            "fee",
            "applied_amount",
            "currency",
            "received_at",
            "invoice_status",
            "invoice_number",
            "balance",
        ]
        read_only_fields = fields
