from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

ONLY: Final = 1


class Seller(models.Model):
    """Who issues the invoices: one row. Documents keep a snapshot of it (`Invoice.seller`)."""

    name = models.CharField(_("legal name"), max_length=200, blank=True, default="")
    address = models.TextField(_("address"), blank=True, default="")
    country = CountryField(_("country"), blank=True, default="")
    tax_id = models.CharField(
        _("tax number"), max_length=30, blank=True, default="", help_text=_("VAT number, ИНН. It stands on invoices.")
    )
    kpp = models.CharField(_("КПП"), max_length=9, blank=True, default="", help_text=_("Russian companies only."))
    registration_number = models.CharField(_("registration number"), max_length=50, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    phone = models.CharField(_("phone"), max_length=30, blank=True, default="")
    footer = models.TextField(_("text below invoices"), blank=True, default="")

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("seller")
        constraints = [models.CheckConstraint(condition=Q(id=ONLY), name="one_seller")]

    def __str__(self) -> str:
        return self.name


class BankAccount(models.Model):
    """Where clients transfer money in one currency; the QR code of an invoice is made of it."""

    currency = models.OneToOneField(
        "catalog.Currency", on_delete=models.CASCADE, related_name="+", verbose_name=_("currency")
    )
    holder = models.CharField(_("account holder"), max_length=160, help_text=_("As the bank knows it."))
    number = models.CharField(_("account number or IBAN"), max_length=34)
    bank = models.CharField(_("bank"), max_length=100, blank=True, default="")
    bic = models.CharField(_("BIC, SWIFT or БИК"), max_length=11, blank=True, default="")
    correspondent = models.CharField(
        _("correspondent account"), max_length=20, blank=True, default="", help_text=_("Russian banks only.")
    )

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        ordering = ["currency"]

    def __str__(self) -> str:
        return f"{self.currency_id} {self.number}"
