import re
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.renewal_windows import validate_window_days

ONLY: Final = 1


class NumberReset(models.TextChoices):
    """When numbers of documents begin again with 1."""

    NEVER = "NEVER", _("Never")
    YEARLY = "YEARLY", _("Each year")
    MONTHLY = "MONTHLY", _("Each month")


NEEDED_TAGS: Final = {
    NumberReset.NEVER: ("{NUMBER}",),
    NumberReset.YEARLY: ("{NUMBER}", "{YEAR}"),
    NumberReset.MONTHLY: ("{NUMBER}", "{YEAR}", "{MONTH}"),
}
KNOWN_TAGS: Final = ("{NUMBER}", "{YEAR}", "{MONTH}", "{DAY}")
_BRACED: Final = re.compile(r"\{[^}]*\}?|\}")


def find_format_fault(number_format: str, *, reset: str) -> str:
    """Why documents cannot be numbered by a format, "" where they can."""
    missing = [tag for tag in NEEDED_TAGS[NumberReset(reset)] if tag not in number_format]
    if missing:
        words = gettext("Add %(tags)s: without, two documents would get the same number.")
        return words % {"tags": ", ".join(missing)}
    unknown = [found for found in _BRACED.findall(number_format) if found not in KNOWN_TAGS]
    if unknown:
        words = gettext("%(found)s is none of %(tags)s.")
        return words % {"found": unknown[0], "tags": ", ".join(KNOWN_TAGS)}
    return gettext("Name {NUMBER} once.") if number_format.count("{NUMBER}") > 1 else ""


class BillingSettings(models.Model):
    """How documents are numbered and how clients may pay in advance: one row (`queries.settings`)."""

    number_format = models.CharField(
        _("format of invoice numbers"),
        max_length=40,
        default="INV-{YEAR}-{NUMBER}",
        help_text=_("{NUMBER}, {YEAR}, {MONTH} and {DAY} are filled in when the invoice is paid."),
    )
    credit_note_format = models.CharField(
        _("format of credit note numbers"), max_length=40, default="CN-{YEAR}-{NUMBER}"
    )
    number_digits = models.PositiveSmallIntegerField(
        _("digits of numbers"), default=5, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    number_reset = models.CharField(
        _("numbers begin again"), max_length=10, choices=NumberReset, default=NumberReset.YEARLY
    )
    attaches_documents = models.BooleanField(
        _("letters carry their document"),
        default=True,
        help_text=_(
            "Letters about invoices and credit notes have the PDF file attached. They wait up to 15 minutes for it."
        ),
    )
    digest_from = models.PositiveSmallIntegerField(
        _("one letter for so many invoices"),
        default=3,
        help_text=_(
            "A client for whom a night issues so many invoices, or reminds of them, gets one letter that lists them. "
            "0: always one each."
        ),
    )
    needs_confirmed_email = models.BooleanField(
        _("only confirmed e-mail addresses may order and pay"),
        default=False,
        help_text=_("Otherwise the client area only asks to confirm the address."),
    )
    has_add_funds = models.BooleanField(_("clients may add funds"), default=True)
    # In the default currency, converted for the others.
    add_funds_minimum = models.DecimalField(_("least to add"), max_digits=19, decimal_places=4, default=Decimal(1))
    add_funds_maximum = models.DecimalField(_("most to add"), max_digits=19, decimal_places=4, default=Decimal(10_000))
    most_credit = models.DecimalField(
        _("most credit in all"), max_digits=19, decimal_places=4, default=Decimal(100_000)
    )
    needs_order_to_add_funds = models.BooleanField(_("only clients with an active order may add funds"), default=False)

    class Meta:
        verbose_name = _("billing settings")
        verbose_name_plural = _("billing settings")
        constraints = [
            models.CheckConstraint(condition=Q(id=ONLY), name="one_row_of_billing_settings"),
            models.CheckConstraint(
                condition=Q(number_format__contains="{NUMBER}", credit_note_format__contains="{NUMBER}"),
                name="number_formats_number",
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def clean(self) -> None:
        """A format that would give two documents the same number is refused on its field."""
        errors: dict[str, Any] = {}
        for name in ("number_format", "credit_note_format"):
            fault = find_format_fault(getattr(self, name), reset=self.number_reset)
            if fault:
                errors[name] = fault
        if not errors and self.number_format == self.credit_note_format:
            errors["credit_note_format"] = _("Invoices have this format: nobody could tell them from credit notes.")
        if self.add_funds_minimum <= 0:
            errors["add_funds_minimum"] = _("Enter an amount above zero.")
        if self.most_credit < 0:
            errors["most_credit"] = _("Enter zero or more.")
        if self.add_funds_minimum > self.add_funds_maximum:
            errors["add_funds_maximum"] = _("The most is below the least.")
        if errors:
            raise ValidationError(errors)


class LateFeeType(models.TextChoices):
    """What a late fee is counted by (WHMCS §4.10)."""

    PERCENT = "PERCENT", _("Percent of the invoice")
    FIXED = "FIXED", _("Fixed amount")


class AutomationSettings(models.Model):
    """What the nightly run does and when: one row (`queries.settings`). Days of 0 switch a duty off."""

    start_hour = models.PositiveSmallIntegerField(
        _("the night begins at"),
        default=2,
        validators=[MaxValueValidator(23)],
        help_text=_("Hour of the day in the business time zone."),
    )
    alert_hour = models.PositiveSmallIntegerField(
        _("the night must be over by"),
        default=6,
        validators=[MaxValueValidator(23)],
        help_text=_("Hour of the day; operators are told of a night that is not done by then. 0: never."),
    )
    invoice_days = models.PositiveSmallIntegerField(
        _("renewal invoices, days before due"), default=14, validators=[MaxValueValidator(366)]
    )
    # {"ANNUALLY": 30}: other days for some cycles.
    invoice_days_by_cycle = models.JSONField(
        _("other days by cycle"), default=dict, blank=True, validators=[validate_window_days]
    )
    applies_credit = models.BooleanField(_("credit pays renewal invoices by itself"), default=True)
    charges_cards = models.BooleanField(
        _("saved cards pay renewal invoices by themselves"), default=True, db_default=True
    )
    card_days = models.PositiveSmallIntegerField(
        _("saved cards, days before due"), default=3, db_default=3, validators=[MaxValueValidator(60)]
    )
    card_retries = models.PositiveSmallIntegerField(
        _("saved cards, further tries"), default=3, db_default=3, validators=[MaxValueValidator(20)]
    )
    card_retry_days = models.PositiveSmallIntegerField(
        _("saved cards, days between tries"),
        default=3,
        db_default=3,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    reminder_days = models.PositiveSmallIntegerField(_("reminder, days before due"), default=3)
    first_overdue_days = models.PositiveSmallIntegerField(_("first overdue notice, days after due"), default=1)
    second_overdue_days = models.PositiveSmallIntegerField(_("second overdue notice, days after due"), default=3)
    third_overdue_days = models.PositiveSmallIntegerField(_("third overdue notice, days after due"), default=5)
    late_fee_days = models.PositiveSmallIntegerField(_("late fee, days after due"), default=0)
    late_fee_type = models.CharField(_("late fee"), max_length=10, choices=LateFeeType, default=LateFeeType.PERCENT)
    # Amounts in the default currency, converted for the others.
    late_fee_amount = models.DecimalField(_("percent or amount"), max_digits=19, decimal_places=4, default=Decimal(10))
    late_fee_minimum = models.DecimalField(_("least late fee"), max_digits=19, decimal_places=4, default=Decimal(0))
    suspend_days = models.PositiveSmallIntegerField(
        _("suspend, days after due"),
        default=0,
        help_text=_(
            "For products without a module: ispmanager licenses cannot be suspended, they only end after the days "
            "below. 0: never."
        ),
    )
    terminate_days = models.PositiveSmallIntegerField(_("terminate, days after due"), default=30)
    ends_cancelled = models.BooleanField(_("cancellation requests are carried out"), default=True)
    voids_invoices_of_cancelled = models.BooleanField(
        _("unpaid invoices of cancelled services are cancelled"), default=True
    )
    stale_order_days = models.PositiveSmallIntegerField(
        _("cancel unpaid orders, days after due"), default=30, help_text=_("0: never.")
    )
    # Brakes: a duty far outside the usual waits for an operator.
    brake_factor = models.DecimalField(
        _("brake: times the usual"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(3),
        validators=[MinValueValidator(1)],
    )
    brake_floor = models.PositiveIntegerField(
        _("brake: never below so many objects"),
        default=20,
        help_text=_("Small numbers vary much. The share of ended services is judged whatever their number."),
    )
    brake_ended_percent = models.PositiveSmallIntegerField(
        _("brake: percent of active services ended"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )

    class Meta:
        verbose_name = _("automation settings")
        verbose_name_plural = _("automation settings")
        constraints = [
            models.CheckConstraint(condition=Q(id=ONLY), name="one_row_of_automation_settings"),
            models.CheckConstraint(
                condition=Q(late_fee_amount__gte=0, late_fee_minimum__gte=0), name="late_fee_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def clean(self) -> None:
        """Notices come one after another, and a suspension before the end."""
        days = [self.first_overdue_days, self.second_overdue_days, self.third_overdue_days]
        used = [count for count in days if count]
        if used != sorted(set(used)):
            raise ValidationError({"third_overdue_days": _("Each notice comes later than the one before.")})
        if self.terminate_days and self.suspend_days >= self.terminate_days:
            raise ValidationError({"suspend_days": _("Services are suspended before they end: enter fewer days.")})
