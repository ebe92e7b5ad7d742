from collections.abc import Callable

import pytest
from django.test import Client

from billing.models import User


@pytest.fixture
def staff_as(db: None) -> Callable[[str], Client]:
    """A browser in which staff of a role is logged in."""

    def make(role: str) -> Client:
        browser = Client()
        browser.force_login(User.objects.create_user(f"{role.lower()}@example.com", is_staff=True, role=role))
        return browser

    return make


@pytest.fixture
def sales(staff_as: Callable[[str], Client]) -> Client:
    return staff_as("SALES_OPERATOR")
