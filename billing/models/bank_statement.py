from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StatementFormat(models.TextChoices):
    """What banks give: ISO 20022 messages, or the text file that 1C exchanges with client banks."""

    CAMT = "CAMT", _("CAMT (ISO 20022)")
    CLIENT_BANK = "CLIENT_BANK", _("1C client bank")


class BankStatement(models.Model):
    """A file from the bank that was read; the same file is never read twice."""

    file_name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(_("SHA-256"), max_length=64, unique=True)
    format = models.CharField(_("format"), max_length=20, choices=StatementFormat)
    accounts = models.CharField(_("accounts"), max_length=300)
    # What was found, and how much of it an earlier statement had told already.
    transfers_found = models.PositiveIntegerField(_("transfers"), default=0)
    transfers_known = models.PositiveIntegerField(_("known already"), default=0)
    # What an operator should know: (code, how many or which), see `statements.warnings`.
    warnings = models.JSONField(_("warnings"), default=list, blank=True)
    uploaded_by = models.CharField(_("uploaded by"), max_length=150)
    uploaded_at = models.DateTimeField(_("uploaded at"))

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class TransferStatus(models.TextChoices):
    """NEW: nothing is proposed; MATCHED: a proposal waits for a person; the others are decided."""

    NEW = "NEW", _("Not recognized")
    MATCHED = "MATCHED", _("Proposed")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    IGNORED = "IGNORED", _("Left out")


OPEN_TRANSFERS = (TransferStatus.NEW, TransferStatus.MATCHED)


class Confidence(models.TextChoices):
    """How sure a proposal is."""

    SURE = "SURE", _("Sure")
    LIKELY = "LIKELY", _("Likely")
    UNSURE = "UNSURE", _("Unsure")


class MatchReason(models.TextChoices):
    """What a proposal rests on."""

    NUMBER_AND_AMOUNT = "NUMBER_AND_AMOUNT", _("Number and amount fit")
    SEVERAL_NUMBERS = "SEVERAL_NUMBERS", _("Several invoices are named, and the sum fits")
    OTHER_AMOUNT = "OTHER_AMOUNT", _("The number fits, the amount does not")
    OTHER_PAYER = "OTHER_PAYER", _("Number and amount fit, but the payer is another client")
    BARE_NUMBER = "BARE_NUMBER", _("The amount fits, and the number perhaps")
    CLIENT_AND_AMOUNT = "CLIENT_AND_AMOUNT", _("Payer and amount fit; no invoice is named")
    CLIENT_AND_SUM = "CLIENT_AND_SUM", _("The payer's open invoices come to this amount")
    NAME_AND_AMOUNT = "NAME_AND_AMOUNT", _("The payer's name and the amount fit")
    OLDEST_OF_CLIENT = "OLDEST_OF_CLIENT", _("The payer is known: the oldest open invoice")
    CREDIT_OF_CLIENT = "CREDIT_OF_CLIENT", _("The payer is known and owes nothing: credit")
    AMOUNT_ALONE = "AMOUNT_ALONE", _("Only one open invoice has this amount")
    CHOSEN = "CHOSEN", _("Chosen by hand")
    PAID_ALREADY = "PAID_ALREADY", _("The invoice that is named awaits no money")
    NOTHING = "NOTHING", _("Nothing fits")


class BankTransfer(models.Model):
    """Money that a statement says came to an account of ours. A person decides what it pays.

    `key` stands for the transfer in every statement that tells of it, so overlapping statements bring it once.
    """

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="transfers")
    account = models.CharField(_("account"), max_length=34)
    key = models.CharField(_("key"), max_length=64)
    reference = models.CharField(_("reference"), max_length=150)
    booked_on = models.DateField(_("booked on"))
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3)
    payer_name = models.CharField(_("payer"), max_length=300, blank=True, default="")
    payer_account = models.CharField(_("payer's account"), max_length=34, blank=True, default="")
    payer_tax_id = models.CharField(_("payer's tax number"), max_length=30, blank=True, default="")
    purpose = models.TextField(_("purpose"), blank=True, default="")
    status = models.CharField(_("status"), max_length=20, choices=TransferStatus, default=TransferStatus.NEW)
    confidence = models.CharField(_("confidence"), max_length=10, choices=Confidence, blank=True, default="")
    match_reason = models.CharField(_("why"), max_length=20, choices=MatchReason, default=MatchReason.NOTHING)
    # Whose money it is, as proposed or decided; without shares all of it becomes this client's credit.
    client = models.ForeignKey(
        "billing.Client", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("client")
    )
    note = models.CharField(_("note"), max_length=255, blank=True, default="")
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank transfer")
        verbose_name_plural = _("bank transfers")
        ordering = ["-booked_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="one_row_per_bank_transfer"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_transfer_positive"),
            models.CheckConstraint(
                condition=~Q(status="MATCHED") | (Q(client__isnull=False) & ~Q(confidence="")),
                name="matched_transfer_has_a_client",
            ),
        ]
        indexes = [
            models.Index(fields=["status"], name="bank_transfer_status"),
            models.Index(fields=["payer_account"], name="bank_transfer_payer"),
        ]

    def __str__(self) -> str:
        return self.reference


class TransferShare(models.Model):
    """What of a transfer goes to an invoice: proposed, and once it is confirmed with its payment."""

    transfer = models.ForeignKey(BankTransfer, on_delete=models.CASCADE, related_name="shares")
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="transfer_shares")
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    payment = models.OneToOneField(
        "billing.Payment", on_delete=models.PROTECT, null=True, blank=True, related_name="transfer_share"
    )

    class Meta:
        verbose_name = _("share of a bank transfer")
        verbose_name_plural = _("shares of bank transfers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "invoice"], name="one_share_per_transfer_and_invoice"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_share_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.transfer_id} → {self.invoice_id}"
