from django.db import models
from django.utils.translation import gettext_lazy as _


class VatState(models.TextChoices):
    """What is known of an EU VAT number. PENDING: the register did not answer yet."""

    UNCHECKED = "", _("Not checked")
    PENDING = "PENDING", _("Check pending")
    VALID = "VALID", _("Valid")
    INVALID = "INVALID", _("Not valid")


class VatCheck(models.Model):
    """One question to the EU register (VIES) about a client's number, kept as evidence."""

    client = models.ForeignKey(
        "billing.Client", on_delete=models.CASCADE, related_name="vat_checks", verbose_name=_("client")
    )
    country = models.CharField(_("country"), max_length=2)
    number = models.CharField(_("number"), max_length=30)
    state = models.CharField(_("outcome"), max_length=10, choices=VatState)
    # The register's consultation number, given where the asker named its own number.
    request_id = models.CharField(_("consultation number"), max_length=50, blank=True, default="")
    name = models.CharField(_("name in the register"), max_length=255, blank=True, default="")
    address = models.TextField(_("address in the register"), blank=True, default="")
    error = models.CharField(_("error"), max_length=255, blank=True, default="")
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        verbose_name = _("VAT check")
        verbose_name_plural = _("VAT checks")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"
