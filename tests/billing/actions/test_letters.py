"""Letters as their readers get them."""

from pathlib import Path

from django.conf import settings
from django.core import mail

from billing.actions.notifications import send_email
from billing.models import Client, Email, Event
from billing.queries.clock import database_now
from catalog.actions.products import update_product
from tests.builders import World, make_active_service, make_hosting, place_paid_order, run_due_operations


def test_a_letter_speaks_the_clients_language_and_holds_the_key(world: World) -> None:
    Client.objects.filter(pk=world.client.pk).update(language="ru")
    world.client.refresh_from_db()
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    email = Email.objects.get(letter="service.activated")
    send_email(email_id=email.pk, now=database_now())
    (message,) = mail.outbox
    key = service.field_values.get(field__key="lickey").value
    assert key in message.body
    if (Path(settings.BASE_DIR) / "locale/ru/LC_MESSAGES/django.mo").exists():
        assert "Ключ лицензии" in message.body
        assert "License key" not in message.body


def test_a_product_without_a_welcome_letter_sends_none_and_its_event_stays(world: World) -> None:
    update_product(product=world.lite, values={"welcome_letter": ""})
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    by_hand = place_paid_order(world.client, make_hosting(world.group, welcome_letter="", auto_setup="PAYMENT"))
    run_due_operations()
    assert {service.pk, by_hand.pk} <= set(
        Event.objects.filter(name="service.activated").values_list("service", flat=True)
    )
    assert not Email.objects.filter(letter="service.activated").exists()


def test_a_second_wake_up_sends_nothing(world: World) -> None:
    make_active_service(world.client, world.lite, ip="192.0.2.1")
    email = Email.objects.get(letter="service.activated")
    for _delivery in range(2):
        send_email(email_id=email.pk, now=database_now())
    assert len(mail.outbox) == 1
    email.refresh_from_db()
    assert (email.status, email.attempt) == ("SENT", 1)
