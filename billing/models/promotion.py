from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from catalog.discounts import DiscountType
from catalog.models import Cycle


class Audience(models.TextChoices):
    """Who may use a promo code."""

    ALL = "ALL", _("Everybody")
    NEW = "NEW", _("New clients: nothing ordered yet")
    EXISTING = "EXISTING", _("Clients who have ordered before")


class PromotionQuerySet(models.QuerySet["Promotion"]):
    """Named selections of promo codes."""

    def with_uses_left(self) -> Self:
        """Codes that may be used once more."""
        return self.filter(Q(max_uses=0) | Q(uses__lt=F("max_uses")))


class Promotion(models.Model):
    """A promo code (B4): what it takes off each unit's price, from whom, of what and how often."""

    code = models.CharField(_("code"), max_length=50, help_text=_("Clients may type it in small letters."))
    type = models.CharField(_("type"), max_length=20, choices=DiscountType, default=DiscountType.PERCENT)
    value = models.DecimalField(
        _("value"),
        max_digits=19,
        decimal_places=4,
        default=0,
        help_text=_("Percent, amount off, or the new price of a period; setup fees are not reduced by it."),
    )
    currency = models.ForeignKey(
        "catalog.Currency",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("currency"),
        help_text=_("Of an amount or a new price: clients of other currencies cannot use the code."),
    )
    is_recurring = models.BooleanField(_("recurring"), default=False, help_text=_("Renewals are reduced too."))
    renewals = models.PositiveIntegerField(
        _("number of renewals"), default=0, help_text=_("After the first payment. 0: as long as the service lasts.")
    )
    applies_to = models.ManyToManyField(
        "catalog.Product", verbose_name=_("applies to"), related_name="+", blank=True, help_text=_("None: everything.")
    )
    requires = models.ManyToManyField(
        "catalog.Product",
        verbose_name=_("requires one of"),
        related_name="+",
        blank=True,
        help_text=_("In the same order."),
    )
    is_owning_enough = models.BooleanField(_("or a live service of one of them"), default=False)
    cycles = models.JSONField(_("billing cycles"), default=list, blank=True)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    max_uses = models.PositiveIntegerField(_("most uses"), default=0, help_text=_("0: no limit."))
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    is_once_per_client = models.BooleanField(_("once per client"), default=False)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience, default=Audience.ALL)

    objects = PromotionQuerySet.as_manager()

    class Meta:
        verbose_name = _("promo code")
        verbose_name_plural = _("promo codes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(Upper("code"), name="one_promotion_per_code"),
            models.CheckConstraint(
                condition=Q(value__gte=0) & (~Q(type="PERCENT") | Q(value__lte=100)), name="promotion_value_makes_sense"
            ),
            models.CheckConstraint(condition=Q(max_uses=0) | Q(uses__lte=F("max_uses")), name="promotion_within_uses"),
            models.CheckConstraint(
                condition=~Q(type__in=["FIXED", "PRICE"]) | Q(currency__isnull=False),
                name="promotion_amount_has_currency",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def has_uses_left(self) -> bool:
        """Whether it may be used once more, as far as this row knows."""
        return self.max_uses == 0 or self.uses < self.max_uses

    def clean(self) -> None:
        """What the constraints want, said on the field that it is about."""
        self.code = self.code.strip()
        if self.type in (DiscountType.FIXED, DiscountType.PRICE) and self.currency_id is None:
            raise ValidationError({"currency": _("An amount is of a currency: choose it.")})
        if self.value < 0 or (self.type == DiscountType.PERCENT and self.value > 100):
            raise ValidationError({"value": _("Enter 0 or more; a percentage is at most 100.")})
        if unknown := set(self.cycles) - set(Cycle.values):
            raise ValidationError({"cycles": _("Unknown cycles: %s.") % ", ".join(sorted(unknown))})
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The last day is before the first.")})
        if self.max_uses and self.max_uses < self.uses:
            raise ValidationError({"max_uses": _("It was used %s times already.") % self.uses})
