from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from billing.api.authentication import hash_secret
from billing.models import ApiKey


@pytest.fixture
def api_as(db: None) -> Callable[[str], APIClient]:
    """An API client with the key of a staff role."""

    def make(role: str) -> APIClient:
        ApiKey.objects.create(name=role, role=role, secret_hash=hash_secret(f"nd_{role}"))
        return APIClient(HTTP_AUTHORIZATION=f"Bearer nd_{role}")

    return make


@pytest.fixture
def api(api_as: Callable[[str], APIClient]) -> APIClient:
    return api_as("SALES_OPERATOR")
