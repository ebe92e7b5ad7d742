from typing import Final

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.ledger import AppendOnly, AppendOnlyQuerySet
from catalog.models import AffiliatePay

ONLY: Final = 1
OWN_RULES: Final = (AffiliatePay.DEFAULT, AffiliatePay.PERCENT, AffiliatePay.FIXED)


class AffiliateSettings(models.Model):
    """The affiliate program: one row, read with `queries.affiliates.read_affiliate_settings`.

    Amounts are in the default currency.
    """

    is_on = models.BooleanField(
        _("affiliate program"),
        default=False,
        help_text=_("Off: nobody joins, links lead to the store and nothing more is earned. What was earned stays."),
    )
    default_percent = models.DecimalField(
        _("commission, percent"),
        max_digits=7,
        decimal_places=4,
        default=10,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Where neither the product nor the affiliate has a rule of its own."),
    )
    joining_bonus = models.DecimalField(
        _("joining bonus"),
        max_digits=19,
        decimal_places=4,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("In the default currency, like every amount here."),
    )
    minimum_payout = models.DecimalField(
        _("smallest payout"),
        max_digits=19,
        decimal_places=4,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("Affiliates withdraw once they have so much. Operators may pay out less."),
    )
    clearing_days = models.PositiveSmallIntegerField(
        _("clearing, days"),
        default=30,
        help_text=_("A commission is paid so many days after the client's payment, if the service is still live."),
    )
    cookie_days = models.PositiveSmallIntegerField(
        _("cookie, days"),
        default=90,
        validators=[MinValueValidator(1)],
        help_text=_("How long after following a link an order still counts for its affiliate."),
    )

    class Meta:
        verbose_name = _("affiliate settings")
        verbose_name_plural = _("affiliate settings")
        constraints = [
            models.CheckConstraint(condition=Q(id=ONLY), name="one_row_of_affiliate_settings"),
            models.CheckConstraint(
                condition=Q(default_percent__gte=0, default_percent__lte=100, joining_bonus__gte=0)
                & Q(minimum_payout__gte=0, cookie_days__gte=1),
                name="affiliate_settings_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class AffiliateStatus(models.TextChoices):
    """A closed affiliate's link does nothing and earns nothing; what was earned stays and can be paid out."""

    ACTIVE = "ACTIVE", _("Active")
    CLOSED = "CLOSED", _("Closed")


class Affiliate(models.Model):
    """A client who brings clients. All its money is in the currency of that client.

    `balance` less `debt` equals the sum of its entries (AffiliateEntry). What is taken back after it was paid out
    is `debt`: later commissions settle it first, so that the balance is never negative.
    """

    client = models.OneToOneField(
        "billing.Client", on_delete=models.PROTECT, related_name="affiliate", verbose_name=_("client")
    )
    code = models.CharField(
        _("code"),
        max_length=30,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9-]{2,29}\Z", _("3 to 30 small letters, digits and hyphens."))],
        help_text=_("Stands in the affiliate's link. Links with the former code stop counting."),
    )
    # What old links call it (`aff.php?aff=`).
    whmcs_id = models.PositiveIntegerField(_("number in WHMCS"), null=True, blank=True, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=AffiliateStatus, default=AffiliateStatus.ACTIVE)
    pay = models.CharField(
        _("commission"),
        max_length=10,
        choices=[(rule.value, rule.label) for rule in OWN_RULES],
        default=AffiliatePay.DEFAULT,
    )
    pay_amount = models.DecimalField(
        _("percent or amount"),
        max_digits=19,
        decimal_places=4,
        default=0,
        help_text=_("Percent of the payment, or an amount in the affiliate's currency."),
    )
    is_once = models.BooleanField(
        _("one-time payout"), default=False, help_text=_("Only the first payment of each service counts.")
    )
    visits = models.PositiveIntegerField(_("visitors"), default=0)
    balance = models.DecimalField(_("available"), max_digits=19, decimal_places=4, default=0)
    debt = models.DecimalField(_("taken back"), max_digits=19, decimal_places=4, default=0)
    joined_at = models.DateTimeField(_("joined at"))

    class Meta:
        verbose_name = _("affiliate")
        verbose_name_plural = _("affiliates")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="affiliate_balance_not_negative"),
            models.CheckConstraint(
                condition=Q(debt=0) | Q(debt__gt=0, balance=0), name="affiliate_has_balance_or_debt"
            ),
            models.CheckConstraint(
                condition=Q(pay__in=["DEFAULT", "PERCENT", "FIXED"], pay_amount__gte=0)
                & (~Q(pay="PERCENT") | Q(pay_amount__lte=100)),
                name="affiliate_commission_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_active(self) -> bool:
        """Whether its link counts."""
        return self.status == AffiliateStatus.ACTIVE


class Referral(models.Model):
    """A client whom an affiliate brought. A client has one affiliate: the first whose link led to an order."""

    affiliate = models.ForeignKey(
        Affiliate, on_delete=models.PROTECT, related_name="referrals", verbose_name=_("affiliate")
    )
    client = models.OneToOneField(
        "billing.Client", on_delete=models.PROTECT, related_name="referral", verbose_name=_("client")
    )
    referred_at = models.DateTimeField(_("referred at"))

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ReferredService(models.Model):
    """A service that was ordered by way of an affiliate's link: its payments earn commissions."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="services")
    service = models.OneToOneField("billing.Service", on_delete=models.PROTECT, related_name="referred")

    class Meta:
        verbose_name = _("referred service")
        verbose_name_plural = _("referred services")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.service_id}"


class EntryKind(models.TextChoices):
    """What moves an affiliate's balance."""

    JOINING_BONUS = "JOINING_BONUS", _("Joining bonus")
    COMMISSION = "COMMISSION", _("Commission")
    REVERSAL = "REVERSAL", _("Commission taken back")
    WITHDRAWAL = "WITHDRAWAL", _("Withdrawal")
    RETURN = "RETURN", _("Withdrawal refused")


class AffiliateEntry(AppendOnly):
    """A line of an affiliate's statement, in its currency. What it stands for can be booked only once."""

    affiliate = models.ForeignKey(Affiliate, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(_("what"), max_length=20, choices=EntryKind)
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    commission = models.ForeignKey(
        "billing.Commission", on_delete=models.PROTECT, null=True, blank=True, related_name="entries"
    )
    withdrawal = models.ForeignKey(
        "billing.Withdrawal", on_delete=models.PROTECT, null=True, blank=True, related_name="entries"
    )
    at = models.DateTimeField(_("at"))
    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a statement")
        verbose_name_plural = _("lines of statements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["commission", "kind"], name="commission_booked_once"),
            models.UniqueConstraint(fields=["withdrawal", "kind"], name="withdrawal_booked_once"),
            models.UniqueConstraint(
                fields=["affiliate"], condition=Q(kind="JOINING_BONUS"), name="one_joining_bonus_per_affiliate"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["JOINING_BONUS", "COMMISSION", "RETURN"], amount__gt=0)
                | Q(kind__in=["REVERSAL", "WITHDRAWAL"], amount__lt=0),
                name="entry_has_the_sign_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="JOINING_BONUS", commission=None, withdrawal=None)
                | Q(kind__in=["COMMISSION", "REVERSAL"], commission__isnull=False, withdrawal=None)
                | Q(kind__in=["WITHDRAWAL", "RETURN"], commission=None, withdrawal__isnull=False),
                name="entry_names_what_it_stands_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
