"""Pages of letters: who may do what, and that nothing typed is lost."""

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from billing.actions.events import record_event
from billing.letters.catalogue import LETTERS
from billing.models import EmailTemplate, EmailTemplateVersion, Event, LetterSettings
from billing.queries.clock import database_now
from catalog.models import ProductLetter
from tests.billing.admin.pages import list_of, text_of
from tests.builders import World, make_active_service

pytestmark = pytest.mark.django_db
LIST = "admin:billing_emailtemplate_changelist"


def address(name: str = "letter", letter: str = "invoice.paid", language: str = "en", *more: Any) -> str:
    return reverse(f"admin:billing_emailtemplate_{name}", args=[letter, language, *more])


def typed(**changes: str) -> dict[str, str]:
    return {"subject": "Paid", "text": "Thank you, {$client_name}", "html": "", "event": "", **changes}


def press(browser: Browser, where: str, **values: str) -> Any:
    return browser.post(where, values, HTTP_HX_REQUEST="true")


def test_the_list_names_every_letter_and_what_was_changed(boss: Browser) -> None:
    boss.post(address(), typed())
    page = text_of(boss.get(list_of(EmailTemplate)))
    assert page.count("<tr>") == len(LETTERS) + 1
    assert "Invoice Payment Confirmation" in page
    assert page.count("(changed)") == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [("?q=order confirmation", 1), ("?q=INVOICE.OVERDUE", 3), ("?show=changed", 1), ("?show=own", 1), ("?q=zzz", 0)],
)
def test_the_list_is_searched_and_filtered(boss: Browser, query: str, count: int) -> None:
    boss.post(address(), typed())
    press(boss, reverse("admin:billing_emailtemplate_add"), name="Mine", kind="WELCOME")
    assert len(boss.get(list_of(EmailTemplate, query)).context["letters"]) == count


def test_a_letter_is_saved_and_listed_among_its_versions(boss: Browser) -> None:
    assert boss.post(address(), typed()).status_code == 302
    kept = EmailTemplate.objects.get()
    assert (kept.letter, kept.language, kept.text) == ("invoice.paid", "en", "Thank you, {$client_name}")
    assert EmailTemplateVersion.objects.get().actor == "full_administrator@example.com"
    assert "full_administrator@example.com" in text_of(boss.get(address()))


def test_faults_stand_beside_what_was_typed(boss: Browser) -> None:
    page = text_of(boss.post(address(), typed(text="{$client_nmae}", subject="{if}")))
    assert "Did you mean {$client_name}?" in page
    assert "{$client_nmae}</textarea>" in page
    assert 'aria-describedby="error-subject"' in page
    assert not EmailTemplate.objects.exists()


@pytest.mark.parametrize("role", ["sales", "support"])
def test_other_roles_look_on(request: pytest.FixtureRequest, role: str) -> None:
    browser = request.getfixturevalue(role)
    assert "Save the letter" not in text_of(browser.get(address()))
    assert text_of(browser.get(list_of(EmailTemplate)))
    assert browser.post(address(), typed()).status_code == 403
    assert browser.post(address("test"), typed()).status_code == 403
    for where in (address("do", "invoice.paid", "en", "settings"), reverse("admin:billing_emailtemplate_add")):
        assert browser.get(where).status_code == 403


def test_strangers_see_nothing() -> None:
    for where in (reverse(LIST), address(), address("preview")):
        assert Browser().get(where).status_code == 302


def test_what_does_not_exist_is_not_found(boss: Browser) -> None:
    for where in (
        address(letter="nothing"),
        address(letter="product.none"),
        address(language="de"),
        address("version", "invoice.paid", "en", 1),
        address("do", "invoice.paid", "en", "delete"),
        address("do", "invoice.paid", "en", "zzz"),
    ):
        assert boss.get(where).status_code == 404


class TestPreview:
    def test_shows_a_real_event_and_samples_otherwise(self, boss: Browser, world: World) -> None:
        assert "Thank you, Anna Berg" in text_of(boss.post(address("preview"), typed()))
        make_active_service(world.client, world.lite, ip="192.0.2.1")
        event = Event.objects.get(name="invoice.paid")
        sent = typed(text="{$invoice_num} {$client_email}", event=str(event.pk))
        page = text_of(boss.post(address("preview"), sent))
        assert f"{event.invoice} {world.client.email}" in page
        assert f'value="{event.pk}"' in text_of(boss.get(address()))
        assert not EmailTemplate.objects.exists()

    def test_events_of_other_letters_are_not_shown(self, boss: Browser, world: World) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.1")
        key = service.field_values.get(field__key="lickey").value
        event = Event.objects.get(name="service.activated")
        fields = "{foreach $service_custom_fields as $f}{$f.value};{/foreach}"
        for letter in ("service.activated", "service.renewed", "operator.operation.failed"):
            page = text_of(boss.post(address("preview", letter), typed(text=fields, event=str(event.pk))))
            assert (key in page) is (letter == "service.activated")
            assert ("Sample values:" in page) is (letter != "service.activated")
        renewed = record_event("service.renewed", now=database_now(), service=service)
        page = text_of(boss.post(address("preview", "service.renewed"), typed(text=fields, event=str(renewed.pk))))
        assert "192.0.2.1;" in page
        assert key not in page

    def test_tells_what_is_wrong(self, boss: Browser) -> None:
        page = text_of(boss.post(address("preview"), typed(text="{$nobody}{php}", event="9" * 30)))
        assert "is not for letters" in page

    def test_runs_nothing_of_what_was_typed(self, boss: Browser) -> None:
        page = text_of(boss.post(address("preview"), typed(html="<script>alert(1)</script><b>Hi</b>")))
        assert "alert(1)" not in page
        assert escape("<b>Hi</b>") in page
        assert 'sandbox=""' in page


class TestButtons:
    def test_a_test_goes_to_who_pressed_it(self, boss: Browser) -> None:
        assert "full_administrator@example.com" in text_of(boss.post(address("test"), typed()))
        (message,) = mail.outbox
        assert (message.to, message.subject) == (["full_administrator@example.com"], "[Test] Paid")
        assert "errors" in text_of(boss.post(address("test"), typed(text="{$nobody}")))
        assert len(mail.outbox) == 1

    def test_a_mail_server_that_is_away_is_told(self, boss: Browser, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        assert "ConnectionRefusedError" in text_of(boss.post(address("test"), typed()))

    def test_reset_asks_and_versions_bring_it_back(self, boss: Browser) -> None:
        boss.post(address(), typed())
        reset = address("do", "invoice.paid", "en", "reset")
        assert "In this language only" in text_of(boss.get(reset, HTTP_HX_REQUEST="true"))
        assert "HX-Redirect" in press(boss, reset).headers
        assert not EmailTemplate.objects.exists()
        first, back = EmailTemplateVersion.objects.order_by("id")
        assert "Thank you" in text_of(boss.get(address("version", "invoice.paid", "en", first.pk)))
        assert "HX-Redirect" in press(boss, address("restore", "invoice.paid", "en", first.pk)).headers
        assert EmailTemplate.objects.get().text == "Thank you, {$client_name}"
        assert press(boss, address("restore", "invoice.paid", "en", back.pk)).status_code == 404
        assert boss.get(address("version", "invoice.paid", "ru", first.pk)).status_code == 404

    def test_a_version_that_names_what_is_gone_is_not_restored(self, boss: Browser) -> None:
        version = EmailTemplateVersion.objects.create(
            letter="invoice.paid", language="en", subject="s", text="{$gone}", saved_at=database_now()
        )
        answer = press(boss, address("restore", "invoice.paid", "en", version.pk))
        assert "there is no such variable" in text_of(answer)

    def test_sending_is_set(self, boss: Browser) -> None:
        where = address("do", "invoice.paid", "en", "settings")
        press(boss, where, is_disabled="on", copy_to="a@example.com")
        kept = LetterSettings.objects.get()
        assert (kept.is_disabled, kept.copy_to) == (True, "a@example.com")
        page = text_of(boss.get(address()))
        assert "not sent" in page
        assert "copy to a@example.com" in page

    def test_own_letters_are_made_chosen_and_deleted(self, boss: Browser) -> None:
        made = press(boss, reverse("admin:billing_emailtemplate_add"), name="BitNinja", kind="WELCOME")
        assert made.headers["HX-Redirect"] == address(letter="product.bitninja")
        assert "Delete the letter" in text_of(boss.get(address(letter="product.bitninja")))
        assert '<option value="product.bitninja">BitNinja</option>' in text_of(boss.get("/admin/catalog/product/add/"))
        assert "HX-Redirect" in press(boss, address("do", "product.bitninja", "en", "delete")).headers
        assert not ProductLetter.objects.exists()


def test_pages_take_no_more_queries_for_more_rows(boss: Browser, world: World) -> None:
    def queries(where: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert boss.get(where).status_code == 200
        return len(captured)

    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    boss.post(address(letter="service.activated"), typed(text="one"))
    where = address(letter="service.activated")
    queries(where)
    few = queries(list_of(EmailTemplate)), queries(where)
    for number in range(4):
        boss.post(where, typed(text=f"{number}"))
        record_event("service.activated", now=database_now(), service=service)
        ProductLetter.objects.create(code=f"product.{number}", name=str(number), kind="WELCOME")
    assert (queries(list_of(EmailTemplate)), queries(where)) == few
    assert few[0] <= 9
    assert few[1] <= 14
