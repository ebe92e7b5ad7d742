from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.test import Client as Browser

from billing.models import StaffRole, User


@pytest.fixture
def staff_as(db: None) -> Callable[[str], Browser]:
    """A browser in which staff of a role ("" for none) is logged in."""

    def make(role: str) -> Browser:
        browser = Browser()
        email = f"{role.lower() or 'nobody'}@example.com"
        user = User.objects.create_user(email, is_staff=True, role=role)
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return make


@pytest.fixture
def boss(staff_as: Callable[[str], Browser]) -> Browser:
    return staff_as(StaffRole.FULL_ADMINISTRATOR)


@pytest.fixture
def sales(staff_as: Callable[[str], Browser]) -> Browser:
    return staff_as(StaffRole.SALES_OPERATOR)


@pytest.fixture
def support(staff_as: Callable[[str], Browser]) -> Browser:
    return staff_as(StaffRole.SUPPORT_OPERATOR)


@pytest.fixture
def wakeups(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What workers would be asked for, once it is committed."""
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, kwargs, **_options: sent.append((name, kwargs)))
    return sent
