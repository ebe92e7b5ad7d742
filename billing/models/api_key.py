import hashlib

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.user import StaffRole


def hash_secret(secret: str) -> str:
    """The SHA-256 under which a key is stored; keys are 256 random bits, so no salt or slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKey(models.Model):
    """A bearer key of the REST API: an operator's by role, or one client's own. Only a hash of the secret is kept."""

    name = models.CharField(_("name"), max_length=100)
    role = models.CharField(_("role"), max_length=30, choices=StaffRole, blank=True, default="")
    client = models.ForeignKey(
        "billing.Client", on_delete=models.CASCADE, null=True, blank=True, related_name="api_keys"
    )
    secret_hash = models.CharField(_("hash of the secret"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role="", client__isnull=False)
                | (~models.Q(role="") & models.Q(client__isnull=True)),
                name="api_key_has_role_or_client",
            )
        ]

    def __str__(self) -> str:
        return self.name
