"""API keys: issued once in clear, kept as a hash."""

import secrets
from datetime import datetime

from django.db import transaction

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
