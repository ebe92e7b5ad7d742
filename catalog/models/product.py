from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.letter import WELCOME_LETTER, validate_term_letter, validate_welcome_letter
from catalog.models.wording import TranslationsField, Worded
from catalog.renewal_windows import validate_window_days


class PaymentType(models.TextChoices):
    """How a product is charged (guide B, Pricing)."""

    FREE = "FREE", _("Free")
    ONE_TIME = "ONE_TIME", _("One time")
    RECURRING = "RECURRING", _("Recurring")


class AutoSetup(models.TextChoices):
    """When the module's Create runs by itself (guide B, Module settings)."""

    ORDER = "ORDER", _("As soon as an order is placed")
    PAYMENT = "PAYMENT", _("As soon as the first payment is received")
    ACCEPT = "ACCEPT", _("When an operator accepts the order")
    NEVER = "NEVER", _("Never by itself")


class QuantityMode(models.TextChoices):
    """Whether several units may be ordered at once."""

    ONE = "ONE", _("No")
    MULTIPLE = "MULTIPLE", _("Yes: one service each")
    SCALING = "SCALING", _("Yes: one service, price by quantity")


class OnDemand(models.TextChoices):
    """Where the days in which a client may renew before the invoice come from (P9)."""

    DEFAULT = "DEFAULT", _("As the store settings say")
    OWN = "OWN", _("Days of this product")


class AffiliatePay(models.TextChoices):
    """What an affiliate earns on a product (P17)."""

    DEFAULT = "DEFAULT", _("As the affiliate settings say")
    PERCENT = "PERCENT", _("Percentage")
    FIXED = "FIXED", _("Fixed amount")
    NONE = "NONE", _("Nothing")


class AtEnd(models.TextChoices):
    """What becomes of a license at the partner when its service ends (L3)."""

    DELETE = "DELETE", _("Deleted at the partner")
    POOL = "POOL", _("Kept as free.lic and used for a later order")


class TaxTreatment(models.TextChoices):
    """Whether tax is charged on a product (P3, "apply tax")."""

    STANDARD = "STANDARD", _("By the tax rules")
    ZERO = "ZERO", _("At 0 %")
    EXEMPT = "EXEMPT", _("Without tax")


class Product(Worded):
    """Something a client can order, and what a module buys for it.

    An addon is a product that is sold on other products only: its services have a parent (P14).
    """

    group = models.ForeignKey(
        "catalog.ProductGroup", on_delete=models.PROTECT, related_name="products", verbose_name=_("product group")
    )
    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(_("URL"), max_length=100)
    tagline = models.CharField(_("tagline"), max_length=255, blank=True, default="")
    short_description = models.TextField(_("short description"), blank=True, default="")
    description = models.TextField(_("description"), blank=True, default="")
    translations = TranslationsField(texts=("name", "tagline", "short_description", "description"))
    color = models.CharField(
        _("color"),
        max_length=7,
        blank=True,
        default="",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Enter a color such as #0a7d78."))],
        help_text=_("Of the product's card, such as #0a7d78."),
    )
    welcome_letter = models.CharField(
        _("welcome e-mail"),
        max_length=60,
        blank=True,
        default=WELCOME_LETTER,
        validators=[validate_welcome_letter],
    )
    is_domain_required = models.BooleanField(
        _("require domain"), default=False, help_text=_("Clients name the domain that the service is for.")
    )
    is_featured = models.BooleanField(_("featured"), default=False)
    is_hidden = models.BooleanField(_("hidden"), default=False, help_text=_("Not listed; the direct link works."))
    is_retired = models.BooleanField(_("retired"), default=False, help_text=_("Cannot be ordered anywhere."))
    position = models.PositiveIntegerField(_("display order"), default=0)

    is_addon = models.BooleanField(
        _("addon"), default=False, help_text=_("Sold together with other products or on their services, not alone.")
    )
    addons: "models.ManyToManyField[Product, Product]" = models.ManyToManyField(
        "self", verbose_name=_("addons"), symmetrical=False, related_name="addon_of", blank=True
    )

    payment_type = models.CharField(
        _("payment type"), max_length=20, choices=PaymentType, default=PaymentType.RECURRING
    )
    quantity_mode = models.CharField(
        _("allow multiple quantities"), max_length=20, choices=QuantityMode, default=QuantityMode.MULTIPLE
    )
    recurring_limit = models.PositiveSmallIntegerField(
        _("recurring cycles limit"),
        default=0,
        help_text=_("After so many renewals, the first invoice not counted, the service ends. 0: no limit."),
    )
    fixed_term_days = models.PositiveSmallIntegerField(
        _("auto terminate after days"),
        default=0,
        help_text=_("The service ends so many days after its order, whatever is paid. 0: never."),
    )
    term_letter = models.CharField(
        _("termination e-mail"), max_length=60, blank=True, default="", validators=[validate_term_letter]
    )
    on_demand = models.CharField(_("on-demand renewals"), max_length=10, choices=OnDemand, default=OnDemand.DEFAULT)
    # {"MONTHLY": 10}: how many days before the due date a client may renew; absent or 0: never.
    on_demand_days = models.JSONField(_("days before due"), default=dict, blank=True, validators=[validate_window_days])
    cross_sells: "models.ManyToManyField[Product, Product]" = models.ManyToManyField(
        "self", verbose_name=_("cross-sells"), symmetrical=False, related_name="cross_sold_by", blank=True
    )
    affiliate_pay = models.CharField(
        _("affiliate payout"), max_length=10, choices=AffiliatePay, default=AffiliatePay.DEFAULT
    )
    affiliate_amount = models.DecimalField(
        _("payout amount"),
        max_digits=19,
        decimal_places=4,
        default=0,
        help_text=_("Percent of the payment, or an amount in the default currency."),
    )
    is_affiliate_once = models.BooleanField(
        _("one-time payout"), default=False, help_text=_("Only the first payment counts.")
    )
    has_stock_control = models.BooleanField(
        _("stock control"), default=False, help_text=_("Only as many are sold as are in stock.")
    )
    stock_quantity = models.PositiveIntegerField(
        _("in stock"), default=0, help_text=_("Falls with each order, grows again when one is cancelled.")
    )
    is_prorata = models.BooleanField(
        _("prorata billing"),
        default=False,
        help_text=_("The first payment covers the days up to the prorata date; every later period begins on it."),
    )
    prorata_day = models.PositiveSmallIntegerField(
        _("prorata date"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text=_("Day of the month, 1 to 31; in a shorter month its last day."),
    )
    prorata_next_after = models.PositiveSmallIntegerField(
        _("charge next month after day"),
        default=32,
        validators=[MaxValueValidator(32)],
        help_text=_("Who orders after this day pays for the next period too: 0 always, 32 never."),
    )
    tax_treatment = models.CharField(
        _("apply tax"),
        max_length=10,
        choices=TaxTreatment,
        default=TaxTreatment.STANDARD,
        help_text=_("What is invoiced already stays as it is."),
    )

    module = models.CharField(_("module"), max_length=50, blank=True, default="")
    server_group = models.ForeignKey(
        "noc.ServerGroup",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("server group"),
    )
    tariff_id = models.CharField(_("Product ID"), max_length=20, blank=True, default="")
    # Follows from the Product ID; an operator names it when no price list does.
    kind = models.CharField(_("kind"), max_length=20, blank=True, default="")
    is_tariff_unchecked = models.BooleanField(
        _("sell what the price list does not show"),
        default=False,
        help_text=_("Skips the checks of Product ID and periods; the partner may refuse the order."),
    )
    partner_period = models.SmallIntegerField(
        _("period bought"),
        null=True,
        blank=True,
        help_text=_("For free and one-time products: 1, 3, 6 or 12 months, -100 for a trial."),
    )
    node_base = models.PositiveSmallIntegerField(
        _("servers counted in the license"),
        default=0,
        help_text=_("Added to the number of additional servers that is sent to the partner."),
    )
    at_end = models.CharField(_("when a service ends"), max_length=10, choices=AtEnd, default=AtEnd.DELETE)
    # What old links call it (`cart.php?pid=`); told by an import from WHMCS.
    whmcs_id = models.PositiveIntegerField(_("number in WHMCS"), null=True, blank=True, unique=True)
    admin_phone = models.CharField(_("admin phone"), max_length=50, blank=True, default="")
    auto_setup = models.CharField(_("automation"), max_length=20, choices=AutoSetup, default=AutoSetup.PAYMENT)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["group", "position", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["group", "slug"], name="one_product_per_group_and_slug"),
            models.CheckConstraint(
                condition=Q(prorata_day__gte=1, prorata_day__lte=31, prorata_next_after__lte=32),
                name="prorata_days_are_of_a_month",
            ),
            models.CheckConstraint(
                condition=Q(affiliate_amount__gte=0) & (~Q(affiliate_pay="PERCENT") | Q(affiliate_amount__lte=100)),
                name="affiliate_payout_makes_sense",
            ),
            models.CheckConstraint(condition=Q(module="") | ~Q(tariff_id=""), name="module_product_has_product_id"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_scaling(self) -> bool:
        """Whether any number of units is one service; an addon is one for each service that it is added to."""
        return self.quantity_mode == QuantityMode.SCALING and not self.is_addon

    def count_services(self, quantity: int) -> int:
        """How many services that many units are."""
        return 1 if self.is_scaling else quantity

    @property
    def is_sold_out(self) -> bool:
        """True while nothing is in stock that is counted."""
        return self.has_stock_control and self.stock_quantity == 0
