from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

ONLY: Final = 1
MOST_CODE: Final = 99


class TaxSystem(models.IntegerChoices):
    """Codes of the taxation systems in fiscal receipts (tag 1055)."""

    GENERAL = 1, _("General system")
    SIMPLIFIED_INCOME = 2, _("Simplified, income")
    SIMPLIFIED_PROFIT = 3, _("Simplified, income less expenses")
    IMPUTED = 4, _("Imputed income")
    AGRICULTURAL = 5, _("Agricultural")
    PATENT = 6, _("Patent")


class PaymentSubject(models.TextChoices):
    """What is sold (tag 1212)."""

    SERVICE = "service", _("Service")
    INTELLECTUAL = "intellectual_activity", _("Right to use software")
    JOB = "job", _("Work")
    COMMODITY = "commodity", _("Goods")
    PAYMENT = "payment", _("Payment")
    ANOTHER = "another", _("Something else")


class PaymentMode(models.TextChoices):
    """How it is paid where all of it is paid (tag 1214); a part of it has a mode of its own."""

    FULL_PREPAYMENT = "full_prepayment", _("Paid wholly before it is delivered")
    FULL_PAYMENT = "full_payment", _("Paid wholly when it is delivered")
    ADVANCE = "advance", _("Advance")


class Measure(models.TextChoices):
    """What a quantity counts (tag 2108), asked for by format 1.2."""

    PIECE = "piece", _("Pieces")
    ANOTHER = "another", _("Something else")


def default_vat_codes() -> dict[str, list[int]]:
    """Rate → its code and that of the estimated rate (22/122)."""
    return {"0": [2, 2], "5": [7, 9], "7": [8, 10], "10": [3, 5], "20": [4, 6], "22": [11, 12]}


def validate_vat_codes(codes: Any) -> None:
    """Raises ValidationError for anything but {rate in percent: [code, code of the estimated rate]}."""
    if not isinstance(codes, dict):
        raise ValidationError(_("Enter a rate and its two codes on each line: 22: 11, 12"))
    for rate, pair in codes.items():
        if not _is_rate(rate) or not isinstance(pair, list) or len(pair) != 2 or not all(map(_is_code, pair)):
            raise ValidationError(_("Enter a rate and its two codes on each line: 22: 11, 12"))


def _is_rate(text: Any) -> bool:
    try:
        return 0 <= Decimal(text) < 100
    except (InvalidOperation, TypeError, ValueError):
        return False


def _is_code(value: Any) -> bool:
    return isinstance(value, int) and 1 <= value <= MOST_CODE


_CODE: Final = (MinValueValidator(1), MaxValueValidator(MOST_CODE))


class FiscalSettings(models.Model):
    """What fiscal receipts say beyond the invoice: one row (`queries.fiscal_settings`)."""

    sends_receipts = models.BooleanField(
        _("receipts go with payments"),
        default=False,
        help_text=_("For Russian sellers (54-FZ): payments in rubles are sent with what a cash register needs."),
    )
    tax_system_code = models.PositiveSmallIntegerField(
        _("taxation system"),
        choices=TaxSystem,
        null=True,
        blank=True,
        help_text=_("Only needed if you use several."),
    )
    payment_subject = models.CharField(
        _("what is sold"), max_length=30, choices=PaymentSubject, default=PaymentSubject.SERVICE
    )
    payment_mode = models.CharField(
        _("how it is paid"), max_length=30, choices=PaymentMode, default=PaymentMode.FULL_PREPAYMENT
    )
    measure = models.CharField(
        _("unit"),
        max_length=20,
        choices=Measure,
        blank=True,
        default="",
        help_text=_("Cash registers of format 1.2 ask for it."),
    )
    no_vat_code = models.PositiveSmallIntegerField(
        _("VAT code without VAT"), default=1, validators=_CODE, help_text=_("For lines on which no tax is charged.")
    )
    advance_vat_code = models.PositiveSmallIntegerField(
        _("VAT code of advances"),
        default=1,
        validators=_CODE,
        help_text=_("For funds in advance, when nobody knows yet what they will pay."),
    )
    has_estimated_rates = models.BooleanField(
        _("estimated rates for prepayments"),
        default=True,
        help_text=_("What is paid before it is delivered gets the second code of its rate (22/122)."),
    )
    vat_codes = models.JSONField(_("VAT codes"), default=default_vat_codes, validators=[validate_vat_codes])

    class Meta:
        verbose_name = _("fiscal receipt settings")
        verbose_name_plural = _("fiscal receipt settings")
        constraints = [models.CheckConstraint(condition=Q(id=ONLY), name="one_row_of_fiscal_settings")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
