from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Currency(models.Model):
    """A currency that clients can be billed in. `precision` is the number of decimals that its amounts round to.

    `rate` is how much of it one unit of the default currency is worth, None where nobody has said.
    """

    code = models.CharField(
        _("code"),
        max_length=3,
        primary_key=True,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, as in EUR."))],
    )
    precision = models.PositiveSmallIntegerField(_("decimals"), default=2)
    is_default = models.BooleanField(_("default"), default=False)
    rate = models.DecimalField(
        _("exchange rate"),
        max_digits=19,
        decimal_places=8,
        null=True,
        blank=True,
        help_text=_("How much of it one unit of the default currency is worth. Changes no price by itself."),
    )

    class Meta:
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_currency"
            ),
            models.CheckConstraint(condition=models.Q(precision__lte=4), name="currency_precision_at_most_four"),
            models.CheckConstraint(
                condition=models.Q(rate__isnull=True) | models.Q(rate__gt=0), name="exchange_rate_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return self.code
