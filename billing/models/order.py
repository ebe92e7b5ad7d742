from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Cycle


class OrderStatus(models.TextChoices):
    """States of an order (WHMCS): PENDING waits for staff even when the service is made already."""

    PENDING = "PENDING", _("Pending")
    ACTIVE = "ACTIVE", _("Active")
    FRAUD = "FRAUD", _("Fraud")
    CANCELLED = "CANCELLED", _("Cancelled")


class Order(models.Model):
    """What a client asked for, at the prices of that moment. Renewals make no orders."""

    number = models.CharField(_("number"), max_length=10, unique=True)
    client = models.ForeignKey(
        "billing.Client", on_delete=models.PROTECT, related_name="orders", verbose_name=_("client")
    )
    status = models.CharField(_("status"), max_length=20, choices=OrderStatus, default=OrderStatus.PENDING)
    payment_method = models.CharField(_("payment method"), max_length=30)
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    tax = models.DecimalField(_("tax"), max_digits=19, decimal_places=4, default=0)
    total = models.DecimalField(_("total"), max_digits=19, decimal_places=4)
    # One checkout makes one order: the form's token or the caller's Idempotency-Key, and what was asked under it.
    checkout_key = models.CharField(_("checkout key"), max_length=200, unique=True)
    checkout_fingerprint = models.CharField(_("checkout fingerprint"), max_length=64)
    # The promo code as it was: a code that is changed later changes no order.
    promotion = models.ForeignKey(
        "billing.Promotion", on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    promo_code = models.CharField(_("promo code"), max_length=50, blank=True, default="")
    notes = models.TextField(_("notes"), blank=True, default="")
    # The client's own yes to the terms of service, where the store asks for it; which ones stands in the event.
    terms_accepted_at = models.DateTimeField(_("terms accepted at"), null=True, blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """A product in an order with its frozen prices: `quantity` services are made from it, or one of so many units.

    `unit_price` and `first_price` are those of a unit, its options included; the setup fee and the discounts are those
    of each service, however many units that has.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    cycle = models.CharField(_("cycle"), max_length=20, choices=Cycle)
    # One service of `quantity` units, the price of each times the quantity, instead of a service for each unit.
    is_scaling = models.BooleanField(_("one service"), default=False)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    description = models.CharField(_("description"), max_length=255)
    unit_price = models.DecimalField(_("unit price"), max_digits=19, decimal_places=4)
    setup_fee = models.DecimalField(_("setup fee"), max_digits=19, decimal_places=4, default=0)
    # What the first period costs and where it ends, where it is not a whole cycle (prorata).
    first_price = models.DecimalField(_("first period"), max_digits=19, decimal_places=4, null=True, blank=True)
    first_period_end = models.DateField(_("end of the first period"), null=True, blank=True)
    # What the promo code takes off each service: off the first payment, off each of so many later ones (None: all).
    first_discount = models.DecimalField(_("discount"), max_digits=19, decimal_places=4, default=0)
    later_discount = models.DecimalField(_("discount of renewals"), max_digits=19, decimal_places=4, default=0)
    discounted_renewals = models.PositiveIntegerField(_("discounted renewals"), null=True, blank=True)
    # What came out of the product's stock and has not gone back.
    stock_taken = models.PositiveIntegerField(_("taken from stock"), default=0)
    # How the two prices were taxed: catalog.taxes.Taxation, frozen.
    taxation = models.JSONField(_("taxation"), default=dict, blank=True)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order", "id"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=1), name="order_line_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.description}"

    @property
    def price_of_first_period(self) -> Decimal:
        """What each service costs until its second bill, the setup fee apart."""
        return self.units * (self.unit_price if self.first_price is None else self.first_price)

    @property
    def units(self) -> int:
        """How many units each of its services has."""
        return self.quantity if self.is_scaling else 1

    @property
    def recurring_amount(self) -> Decimal:
        """What each whole period of a service costs."""
        return self.unit_price * self.units
