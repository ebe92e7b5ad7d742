"""Bearer keys: `Authorization: Bearer nd_…`."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from billing.models import ApiKey
from billing.models.api_key import hash_secret
from billing.permissions import Permission, role_allows


class ApiCaller:
    """Who calls: an operator's key with a role, or a client's own key. Stands where DRF expects a user."""

    is_authenticated = True
    is_active = True

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.pk = f"api-key-{key.pk}"
        self.client_id = key.client_id

    def __str__(self) -> str:
        return f"API key {self.key.name}"

    @property
    def is_operator(self) -> bool:
        """True for staff keys, which see every client."""
        return self.client_id is None

    def may(self, permission: Permission) -> bool:
        """Whether the key's role allows `permission`; a client's key allows none of them."""
        return self.is_operator and role_allows(self.key.role, permission)


class ApiKeyAuthentication(BaseAuthentication):
    """Turns a bearer key into an ApiCaller. Raises AuthenticationFailed for an unknown or revoked key."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[ApiCaller, ApiKey] | None:
        scheme, _space, secret = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            return None
        key = (
            ApiKey.objects.select_related("client")
            .filter(secret_hash=hash_secret(secret.strip()), revoked_at=None)
            .first()
        )
        if key is None:
            raise AuthenticationFailed(_("This API key is unknown or was revoked."))
        self._remember_use(key)
        return ApiCaller(key), key

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"

    def _remember_use(self, key: ApiKey) -> None:
        now = timezone.now()
        # Once an hour is enough to find forgotten keys, and spares a write on each call.
        if key.last_used_at is None or (now - key.last_used_at).total_seconds() > 3600:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the bearer key in the OpenAPI schema."""

    target_class = "billing.api.authentication.ApiKeyAuthentication"
    name = "bearerKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
