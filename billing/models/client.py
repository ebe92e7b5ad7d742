from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from billing.models.vat_check import VatState


class Client(models.Model):
    """A customer account: who is billed, in which currency and language. Users act for it."""

    email = models.EmailField(_("e-mail"), max_length=254)
    first_name = models.CharField(_("first name"), max_length=100)
    last_name = models.CharField(_("last name"), max_length=100)
    company = models.CharField(_("company"), max_length=150, blank=True, default="")
    address1 = models.CharField(_("address"), max_length=200, blank=True, default="")
    address2 = models.CharField(_("address, second line"), max_length=200, blank=True, default="")
    city = models.CharField(_("city"), max_length=100, blank=True, default="")
    state = models.CharField(_("state or region"), max_length=100, blank=True, default="")
    postcode = models.CharField(_("postcode"), max_length=20, blank=True, default="")
    country = CountryField(_("country"), blank=True, default="")
    tax_id = models.CharField(_("tax number"), max_length=30, blank=True, default="")
    is_tax_exempt = models.BooleanField(
        _("exempt from tax"), default=False, help_text=_("No invoice from now on charges tax.")
    )
    # What the EU register said of the tax number.
    vat_state = models.CharField(_("VAT number"), max_length=10, choices=VatState, blank=True, default="")
    separates_invoices = models.BooleanField(
        _("separate invoices"), default=False, help_text=_("Each service is invoiced on its own.")
    )
    gets_overdue_notices = models.BooleanField(_("overdue notices"), default=True)
    pays_automatically = models.BooleanField(
        _("automatic payment"),
        default=True,
        db_default=True,
        help_text=_("Renewals are paid with the saved card, if there is one."),
    )
    is_late_fee_exempt = models.BooleanField(_("exempt from late fees"), default=False)
    phone = models.CharField(_("phone"), max_length=30, blank=True, default="")
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, verbose_name=_("currency"))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    is_subscribed = models.BooleanField(_("news and offers"), default=False, help_text=_("By e-mail, if they wish."))
    # Codes of optional kinds of letters (`queries.letter_kinds`) that the client switched off.
    declined_letters: Any = models.JSONField(_("letters switched off"), default=list, blank=True)
    # Where letters about invoices go besides the client's own address.
    copy_emails: Any = models.JSONField(_("copies of letters about invoices"), default=list, blank=True)
    # When the client followed the link of the letter that asks for it; None: the address is only what they typed.
    email_confirmed_at = models.DateTimeField(_("e-mail confirmed at"), null=True, blank=True)
    # Since when letters to the address come back, and what the mail server said; until it is changed or works again.
    bounced_at = models.DateTimeField(_("undeliverable since"), null=True, blank=True)
    bounce_reason = models.TextField(_("why it is undeliverable"), blank=True, default="")
    # Equals the client's CREDIT account in the ledger; kept here so that it can be locked and checked.
    credit_balance = models.DecimalField(_("credit balance"), max_digits=19, decimal_places=4, default=0)
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, through="ClientUser", related_name="clients")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_client_per_email"),
            models.CheckConstraint(condition=Q(credit_balance__gte=0), name="credit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} #{self.pk}"

    @property
    def full_name(self) -> str:
        """First and last name, or the company where there is neither."""
        return f"{self.first_name} {self.last_name}".strip() or self.company


class ClientUser(models.Model):
    """A user's right to act for a client; exactly one owner."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    is_owner = models.BooleanField(_("owner"), default=False)

    class Meta:
        verbose_name = _("user of a client")
        verbose_name_plural = _("users of clients")
        constraints = [
            models.UniqueConstraint(fields=["client", "user"], name="one_membership_per_client_and_user"),
            models.UniqueConstraint(fields=["client"], condition=Q(is_owner=True), name="one_owner_per_client"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.client_id}"
