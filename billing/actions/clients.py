"""Clients: registering them and changing who and where they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.confirmation_letters import write_confirmation
from billing.actions.events import record_event
from billing.actions.vat_checks import AskedNumber, watch_vat_number
from billing.models import Client, ClientUser, User
from billing.queries.tax_numbers import WRONG_TAX_ID, clean_tax_id
from catalog.models import Currency

PROFILE_FIELDS = (
    "first_name",
    "last_name",
    "company",
    "address1",
    "address2",
    "city",
    "state",
    "postcode",
    "country",
    "tax_id",
    "phone",
    "language",
)


class ClientInvalid(Exception):
    """A client cannot be saved; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def register_client(
    *,
    email: str,
    currency: Currency,
    now: datetime,
    password: str | None = None,
    owner: User | None = None,
    actor: str = "",
    is_subscribed: bool = False,
    asks_to_confirm: bool = False,
    asked: AskedNumber | None = None,
    **profile: str,
) -> Client:
    """A client with its owner, who logs in by the e-mail; without a password only after setting one by mail.

    `asks_to_confirm`: a letter with a link that confirms the address goes out. `asked`: what the EU register said of
    the VAT number already. Raises ClientInvalid, with every wrong field at once.
    """
    email = email.strip().lower()
    client = Client(email=email, currency=currency, is_subscribed=is_subscribed, **_known(profile))
    _tidy_tax_id(client)
    errors = _find_errors(client, password=password)
    if errors:
        raise ClientInvalid(errors)
    try:
        with transaction.atomic():
            client.save()
            ClientUser.objects.create(client=client, user=owner or _new_user(client, password), is_owner=True)
            watch_vat_number(client, now=now, asked=asked)
            record_event("client.registered", now=now, actor=actor or email, client=client)
            if asks_to_confirm:
                write_confirmation(client, actor=actor or email, now=now)
    except IntegrityError as error:
        raise ClientInvalid({"email": [_("There is an account with this e-mail already.")]}) from error
    return client


def _new_user(client: Client, password: str | None) -> User:
    names = {"first_name": client.first_name, "last_name": client.last_name}
    return User.objects.create_user(client.email, password, language=client.language, **names)


def update_client(*, client: Client, values: Mapping[str, Any], now: datetime, actor: str) -> Client:
    """Changes name, address, phone, language or the wish for news. The currency and the e-mail stay.

    Raises ClientInvalid.
    """
    wanted: dict[str, Any] = _known(values)
    if "is_subscribed" in values:
        wanted["is_subscribed"] = bool(values["is_subscribed"])
    changed = {name: value for name, value in wanted.items() if getattr(client, name) != value}
    for name, value in changed.items():
        setattr(client, name, value)
    _tidy_tax_id(client)
    errors = _find_errors(client, password=None)
    if errors:
        raise ClientInvalid(errors)
    if changed:
        with transaction.atomic():
            client.save(update_fields=list(changed))
            if changed.keys() & {"tax_id", "country"}:
                watch_vat_number(client, now=now)
            record_event("client.changed", now=now, actor=actor, client=client, data={"fields": sorted(changed)})
    return client


def set_tax_exemption(*, client: Client, is_exempt: bool, now: datetime, actor: str) -> Client:
    """From now on invoices of the client charge no tax, or charge it again; those issued already stay."""
    with transaction.atomic():
        if Client.objects.filter(pk=client.pk).exclude(is_tax_exempt=is_exempt).update(is_tax_exempt=is_exempt):
            data = {"fields": ["is_tax_exempt"]}
            record_event("client.changed", now=now, actor=actor, client=client, data=data)
    client.is_tax_exempt = is_exempt
    return client


def _known(profile: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(profile[name]).strip() for name in PROFILE_FIELDS if profile.get(name) is not None}


def _tidy_tax_id(client: Client) -> None:
    """EU numbers with the letters of their country; a wrong one is left for `_find_errors`."""
    client.tax_id = clean_tax_id(client.tax_id, country=client.country.code or "") or client.tax_id


def _find_errors(client: Client, *, password: str | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    try:
        validate_email(client.email)
        client.full_clean(exclude=["currency"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        found = error.message_dict if hasattr(error, "error_dict") else {"email": list(error.messages)}
        errors.update(found)
    if client.tax_id and clean_tax_id(client.tax_id, country=client.country.code or "") is None:
        errors["tax_id"] = [str(WRONG_TAX_ID)]
    taken = Client.objects.filter(email__iexact=client.email).exclude(pk=client.pk)
    if "email" not in errors and taken.exists():
        errors["email"] = [_("There is an account with this e-mail already.")]
    if password is not None:
        try:
            validate_password(password, User(email=client.email, first_name=client.first_name))
        except ValidationError as error:
            errors["password"] = list(error.messages)
    return errors
