"""A welcome letter waits for the keys that it names, a day at most."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from billing.actions.awaited_fields import PATIENCE
from billing.actions.letter_templates import save_letter
from billing.actions.notifications import send_email
from billing.letters.catalogue import LETTERS
from billing.letters.source import Source
from billing.models import Email, Event, Service, ServiceField
from billing.queries.clock import database_now
from tests.builders import World, make_active_service
from tests.kept_scenes import kept_scene

KEY = "Your key: {$service_custom_field_bitninjakey}"


def write(text: str) -> None:
    source = Source("Welcome", text)
    save_letter(letter=LETTERS["service.activated"], language="en", source=source, actor="test", now=database_now())


@pytest.fixture
@kept_scene
def bitninja(world: World) -> Service:
    """Bought as in life; its key is taken away until `bring_key`."""
    parent = make_active_service(world.client, world.lite, ip="192.0.2.1")
    return make_active_service(world.client, world.bitninja, item=parent.remote_id)


def key_of(service: Service) -> ServiceField:
    return service.field_values.get(field__key="bitninjakey")


def take_key(service: Service) -> str:
    field = key_of(service)
    key = field.value
    ServiceField.objects.filter(pk=field.pk).update(plain_value="", secret_value="")
    return key


def bring_key(service: Service, key: str) -> None:
    field = key_of(service)
    field.secret_value = key
    field.save()


def welcome(service: Service) -> Email:
    return Email.objects.select_related("event").get(letter="service.activated", event__service=service)


def send(email: Email, *, after: timedelta = timedelta(seconds=1)) -> Email:
    now = email.event.at + after
    Email.objects.filter(pk=email.pk).update(run_after=now)
    send_email(email_id=email.pk, now=now)
    return Email.objects.select_related("event").get(pk=email.pk)


@pytest.mark.parametrize("is_default", [True, False])
def test_the_welcome_letter_of_a_bitninja_order_holds_its_key(bitninja: Service, is_default: bool) -> None:
    if not is_default:
        write(KEY)
    assert send(welcome(bitninja)).status == "SENT"
    assert key_of(bitninja).value in mail.outbox[0].body
    assert key_of(bitninja).value in mail.outbox[0].alternatives[0][0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_default", [True, False])
def test_it_waits_until_the_key_is_there(bitninja: Service, is_default: bool) -> None:
    if not is_default:
        write(KEY)
    key = take_key(bitninja)
    waiting = send(welcome(bitninja))
    assert (waiting.status, waiting.attempt, mail.outbox) == ("READY", 0, [])
    assert timedelta(0) < waiting.run_after - waiting.event.at < timedelta(minutes=1)
    late = send(waiting, after=timedelta(hours=5))
    assert late.run_after - late.event.at == timedelta(hours=5, minutes=10)
    bring_key(bitninja, key)
    assert send(late, after=timedelta(hours=6)).status == "SENT"
    assert key in mail.outbox[0].body


def test_after_a_day_it_goes_as_it_is_and_operators_are_told_once(
    bitninja: Service, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OPERATOR_EMAILS = ["boss@example.com"]
    write(KEY)
    take_key(bitninja)
    email = welcome(bitninja)

    def refuse(*_arguments: Any, **_options: Any) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        assert send(email, after=PATIENCE).status == "READY"
    assert send(email, after=PATIENCE + timedelta(hours=1)).status == "SENT"
    assert mail.outbox[0].body == "Your key:\n"
    event = Event.objects.get(name="letter.incomplete")
    assert event.data == {"email": email.pk, "letter": "service.activated", "fields": ["bitninjakey"]}
    told = Email.objects.get(letter="operator.letter.incomplete")
    send_email(email_id=told.pk, now=told.run_after)
    assert "bitninjakey" in mail.outbox[1].body


@pytest.mark.parametrize(
    "text",
    [
        "{if $service_custom_field_bitninjakey}{$service_custom_field_bitninjakey}{/if}x",
        "{if isset($service_custom_field_bitninjakey)}{$service_custom_field_bitninjakey}{/if}x",
        "{$service_custom_field_bitninjakey|default:'later'}",
        "{$service_product_name}",
    ],
)
def test_what_is_asked_for_first_is_not_awaited(bitninja: Service, text: str) -> None:
    write(text)
    take_key(bitninja)
    assert send(welcome(bitninja)).status == "SENT"


def test_a_field_that_the_product_does_not_have_is_not_awaited(world: World) -> None:
    write(KEY)
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    assert send(welcome(service)).status == "SENT"
