from datetime import date
from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField


class TaxRuleQuerySet(models.QuerySet["TaxRule"]):
    """Named selections of tax rules."""

    def beside(self, rule: "TaxRule") -> Self:
        """Other rules for the same level and place with a day in common."""
        found = self.filter(level=rule.level, country=rule.country.code or "", region__iexact=rule.region)
        if rule.valid_from:
            found = found.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=rule.valid_from))
        if rule.valid_until:
            found = found.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=rule.valid_until))
        return found.exclude(pk=rule.pk)


class TaxRule(models.Model):
    """A tax that clients of a place pay on the days from `valid_from` to `valid_until`, both included.

    An empty country is every country, an empty region every region of the country. Of each level the most specific
    rule counts, alone.
    """

    LEVELS = [(1, _("Level 1")), (2, _("Level 2"))]

    level = models.PositiveSmallIntegerField(_("level"), choices=LEVELS, default=1)
    name = models.CharField(_("name"), max_length=50, help_text=_("As it stands on invoices: VAT, НДС."))
    country = CountryField(_("country"), blank=True, default="", help_text=_("Empty: every country."))
    region = models.CharField(
        _("state or region"), max_length=100, blank=True, default="", help_text=_("Empty: the whole country.")
    )
    rate = models.DecimalField(
        _("rate, %"),
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    is_compound = models.BooleanField(
        _("compound"), default=False, help_text=_("Level 2: charged on the price together with the tax of level 1.")
    )
    valid_from = models.DateField(_("first day"), null=True, blank=True)
    valid_until = models.DateField(_("last day"), null=True, blank=True)

    objects = TaxRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax rule")
        verbose_name_plural = _("tax rules")
        ordering = ["country", "region", "level", "valid_from", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(level__in=[1, 2]), name="tax_rule_of_level_one_or_two"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="tax_rate_is_a_percentage"),
            models.CheckConstraint(condition=Q(region="") | ~Q(country=""), name="tax_region_is_of_a_country"),
            models.CheckConstraint(condition=Q(is_compound=False) | Q(level=2), name="tax_of_level_two_may_compound"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_from__lte=F("valid_until")),
                name="tax_rule_begins_before_it_ends",
            ),
            models.UniqueConstraint(
                fields=["level", "country", "region", "valid_from"], name="one_tax_rule_per_place_and_day"
            ),
            models.UniqueConstraint(
                fields=["level", "country", "region"],
                condition=Q(valid_from__isnull=True),
                name="one_first_tax_rule_per_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.rate.normalize():f} %"

    def clean(self) -> None:
        """What the constraints want, said on the field that it is about."""
        self.region = self.region.strip()
        if self.region and not self.country:
            raise ValidationError({"country": _("A region belongs to a country: choose it.")})
        if self.is_compound and self.level == 1:
            raise ValidationError({"is_compound": _("Only a tax of level 2 is charged on another.")})
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": _("The last day is before the first.")})
        other = TaxRule.objects.beside(self).first()
        if other is not None:
            words = _("%(rule)s is valid for the same place and level on some of these days.") % {"rule": other}
            raise ValidationError({"valid_from": words})

    def is_valid_on(self, day: date) -> bool:
        """Whether it counts on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )
