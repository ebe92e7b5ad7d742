"""Staff: who may enter the back office, and with which role."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import StaffRole, User

CHANGEABLE = ("first_name", "last_name", "language", "role", "is_active")


class StaffInvalid(Exception):
    """Staff cannot be saved like this; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def add_staff(
    *,
    email: str,
    role: str,
    password: str,
    actor: str,
    now: datetime,
    first_name: str = "",
    last_name: str = "",
    language: str = "en",
) -> User:
    """A new user of the back office with `role`, a StaffRole value. Raises StaffInvalid with all that is wrong."""
    email = email.strip().lower()
    user = User(email=email, role=role, is_staff=True, first_name=first_name, last_name=last_name, language=language)
    errors = _find_email_errors(email) | _find_role_errors(role) | _find_password_errors(password, user)
    if errors:
        raise StaffInvalid(errors)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            record_event("staff.added", now=now, actor=actor, data={"user": user.pk, "role": role})
    except IntegrityError as error:
        raise StaffInvalid({"email": [_("There is a user with this e-mail already.")]}) from error
    return user


def change_staff(*, user: User, values: Mapping[str, Any], actor: str, now: datetime) -> User:
    """Changes names, language, role or whether the user may log in; an empty role closes the back office to them.

    Raises StaffInvalid, also where nobody would be left who may manage staff.
    """
    changes = {name: values[name] for name in CHANGEABLE if name in values}
    role = str(changes.get("role", user.role))
    errors = _find_role_errors(role) if role else {}
    if errors:
        raise StaffInvalid(errors)
    is_full = role == StaffRole.FULL_ADMINISTRATOR and changes.get("is_active", user.is_active)
    with transaction.atomic():
        administrators = User.objects.select_for_update().filter(
            is_active=True, is_staff=True, role=StaffRole.FULL_ADMINISTRATOR
        )
        # Evaluated to take the locks: two administrators cannot remove each other at the same time.
        if not is_full and {found.pk for found in administrators} == {user.pk}:
            raise StaffInvalid({"role": [_("This is the last Full Administrator: give the role to another first.")]})
        for name, value in changes.items():
            setattr(user, name, value)
        user.is_staff = bool(role)
        user.is_superuser = user.is_superuser and role == StaffRole.FULL_ADMINISTRATOR
        user.save(update_fields=[*changes, "is_staff", "is_superuser"])
        data = {"user": user.pk, "role": role, "fields": sorted(changes)}
        record_event("staff.changed", now=now, actor=actor, data=data)
    return user


def set_staff_password(*, user: User, password: str, actor: str, now: datetime) -> User:
    """A new password; the user's open sessions end. Raises StaffInvalid."""
    errors = _find_password_errors(password, user)
    if errors:
        raise StaffInvalid(errors)
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        record_event("staff.changed", now=now, actor=actor, data={"user": user.pk, "fields": ["password"]})
    return user


def _find_email_errors(email: str) -> dict[str, list[str]]:
    try:
        validate_email(email)
    except ValidationError as error:
        return {"email": list(error.messages)}
    if User.objects.filter(email__iexact=email).exists():
        return {"email": [_("There is a user with this e-mail already.")]}
    return {}


def _find_role_errors(role: str) -> dict[str, list[str]]:
    return {} if role in StaffRole.values else {"role": [_("Choose a role.")]}


def _find_password_errors(password: str, user: User) -> dict[str, list[str]]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {"password": list(error.messages)}
    return {}
