from django.db import models
from django.utils.translation import gettext_lazy as _

from vault.fields import EncryptedTextField


class CertificateState(models.TextChoices):
    """How far a certificate is: its request is made, ordered, awaited from the authority, issued or refused."""

    NEW = "NEW", _("Not requested")
    REQUESTED = "REQUESTED", _("Request sent")
    AWAITING = "AWAITING", _("Awaiting issue")
    ISSUED = "ISSUED", _("Issued")
    FAILED = "FAILED", _("Refused by the authority")


class Certificate(models.Model):
    """What belongs to an SSL service: request, private key (encrypted; empty if the client keeps it), certificate.

    Request and key are kept from the moment they are made: the partner shows the key once (partner-api.md §6.9).
    """

    service = models.OneToOneField("billing.Service", on_delete=models.CASCADE, related_name="certificate")
    state = models.CharField(_("status"), max_length=20, choices=CertificateState, default=CertificateState.NEW)
    csr = models.TextField(_("certificate request (CSR)"), blank=True, default="")
    private_key = EncryptedTextField(_("private key"), blank=True, default="")
    certificate = models.TextField(_("certificate"), blank=True, default="")
    # The authority's intermediate certificates, PEM, nearest first.
    chain = models.TextField(_("chain"), blank=True, default="")
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")

    def __str__(self) -> str:
        return f"{self.service_id}"
