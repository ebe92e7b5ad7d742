"""API keys: issued once in clear, kept as a hash."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import ApiKey, Client
from billing.models.api_key import hash_secret


def issue_api_key(*, name: str, now: datetime, actor: str, role: str = "", client: Client | None = None) -> str:
    """Creates a key for an operator (`role`, a StaffRole value) or for one client; returns the secret, shown once."""
    secret = f"nd_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.objects.create(name=name, role=role, client=client, secret_hash=hash_secret(secret))
        record_event("api_key.issued", now=now, actor=actor, client=client, data={"key": key.pk, "role": role})
    return secret


class ApiKeyRevoked(Exception):
    """The key was revoked already."""


def revoke_api_key(*, key: ApiKey, now: datetime, actor: str) -> None:
    """The key opens nothing from now on; it cannot be brought back. Raises ApiKeyRevoked."""
    with transaction.atomic():
        if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            raise ApiKeyRevoked(_("This key was revoked already."))
        record_event("api_key.revoked", now=now, actor=actor, client=key.client, data={"key": key.pk})
