"""What operators make of letters."""

import pytest
from django.core import mail

from billing.actions.letter_templates import (
    LetterInvalid,
    LetterRefused,
    create_product_letter,
    delete_product_letter,
    reset_letter,
    save_letter,
    save_letter_settings,
)
from billing.actions.notifications import send_email
from billing.letters.catalogue import LETTERS, find_letter
from billing.letters.source import Source, default_source, read_source
from billing.models import Email, EmailTemplate, EmailTemplateVersion, Event, LedgerImmutable
from billing.queries.clock import database_now
from catalog.actions.products import ProductInvalid, update_product
from catalog.models import LetterKind, ProductLetter
from tests.builders import World, make_active_service

pytestmark = pytest.mark.django_db
WELCOME = LETTERS["service.activated"]


def save(text: str, *, letter: str = "service.activated", language: str = "en") -> EmailTemplate:
    found = find_letter(letter)
    assert found is not None
    source = Source("Subject", text)
    return save_letter(letter=found, language=language, source=source, actor="anna", now=database_now())


def make_letter(name: str = "BitNinja", kind: LetterKind = LetterKind.WELCOME) -> ProductLetter:
    return create_product_letter(name=name, kind=kind, actor="anna", now=database_now())


def sent(letter: str) -> str:
    email = Email.objects.filter(letter=letter).latest("id")
    send_email(email_id=email.pk, now=database_now())
    return str(mail.outbox[-1].body)


def test_what_was_saved_is_what_is_sent_in_that_language_alone(world: World) -> None:
    save("Mine: {$client_name}")
    assert read_source(WELCOME, "ru") == default_source("service.activated", "ru")
    make_active_service(world.client, world.lite, ip="192.0.2.1")
    assert sent("service.activated") == "Mine: Anna Berg\n"


def test_every_text_that_was_kept_stays(world: World) -> None:
    for text in ("one", "two", "two"):
        save(text)
    reset_letter(letter=WELCOME, language="en", actor="boss", now=database_now())
    versions = [(one.text, one.actor, one.is_default) for one in EmailTemplateVersion.objects.order_by("id")]
    assert versions == [("one", "anna", False), ("two", "anna", False), ("", "boss", True)]
    assert read_source(WELCOME, "en").is_default
    assert list(Event.objects.filter(name__startswith="letter.").values_list("name", flat=True).order_by("id")) == [
        "letter.changed",
        "letter.changed",
        "letter.reset",
    ]
    with pytest.raises(LetterRefused):
        reset_letter(letter=WELCOME, language="en", actor="boss", now=database_now())


def test_versions_are_never_changed() -> None:
    save("one")
    version = EmailTemplateVersion.objects.get()
    with pytest.raises(LedgerImmutable):
        version.save()
    with pytest.raises(LedgerImmutable):
        EmailTemplateVersion.objects.all().delete()
    with pytest.raises(LedgerImmutable):
        EmailTemplateVersion.objects.update(text="forged")


def test_a_text_with_faults_is_not_kept() -> None:
    save("one")
    with pytest.raises(LetterInvalid) as refused:
        save("{$nobody} {$nothing}")
    assert len(refused.value.errors["text"]) == 2
    assert EmailTemplate.objects.get().text == "one"
    assert EmailTemplateVersion.objects.count() == 1


def test_a_letter_that_is_off_is_dropped_and_another_gets_copies(world: World) -> None:
    def settle(letter: str, *, is_disabled: bool = False, copy_to: str = "") -> None:
        save_letter_settings(
            letter=LETTERS[letter], is_disabled=is_disabled, copy_to=copy_to, actor="anna", now=database_now()
        )

    make_active_service(world.client, world.lite, ip="192.0.2.1")
    settle("order.placed", is_disabled=True)
    settle("service.activated", copy_to="sales@example.com")
    for email in Email.objects.filter(letter__in=["order.placed", "service.activated"]).order_by("id"):
        send_email(email_id=email.pk, now=database_now())
    assert Email.objects.get(letter="order.placed").status == "DROPPED"
    assert [message.bcc for message in mail.outbox] == [["sales@example.com"]]
    with pytest.raises(LetterInvalid) as refused:
        settle("service.activated", copy_to="nobody")
    assert list(refused.value.errors) == ["copy_to"]


class TestLettersOfProducts:
    def test_products_choose_them_and_clients_get_them(self, world: World) -> None:
        made = make_letter()
        save("Own: {$service_custom_field_lickey}", letter=made.code)
        update_product(product=world.lite, values={"welcome_letter": made.code})
        service = make_active_service(world.client, world.lite, ip="192.0.2.1")
        key = service.field_values.get(field__key="lickey").value
        assert sent(made.code) == f"Own: {key}\n"
        assert not Email.objects.filter(letter="service.activated").exists()

    def test_they_begin_with_the_default_text(self) -> None:
        made = find_letter(make_letter(kind=LetterKind.TERMINATION).code)
        assert made is not None
        assert read_source(made, "ru") == default_source("service.term_ended", "ru")
        assert not made.shows_secrets

    def test_names_are_told_apart(self) -> None:
        assert make_letter("A b").code != make_letter("A-b").code
        for name in ("A b", "", " ", "x" * 101):
            with pytest.raises(LetterInvalid) as refused:
                make_letter(name)
            assert list(refused.value.errors) == ["name"]

    def test_a_letter_of_the_other_kind_cannot_be_chosen(self, world: World) -> None:
        made = make_letter(kind=LetterKind.TERMINATION)
        with pytest.raises(ProductInvalid) as refused:
            update_product(product=world.lite, values={"welcome_letter": made.code})
        assert list(refused.value.errors) == ["welcome_letter"]
        update_product(product=world.business, values={"term_letter": made.code, "fixed_term_days": 30})

    def test_one_that_is_chosen_is_not_deleted(self, world: World) -> None:
        made = make_letter()
        save("Own", letter=made.code)
        update_product(product=world.lite, values={"welcome_letter": made.code})
        with pytest.raises(LetterRefused):
            delete_product_letter(letter=made, actor="anna", now=database_now())
        update_product(product=world.lite, values={"welcome_letter": ""})
        delete_product_letter(letter=made, actor="anna", now=database_now())
        assert find_letter(made.code) is None
        assert not EmailTemplate.objects.exists()
        assert EmailTemplateVersion.objects.get().text == "Own"
