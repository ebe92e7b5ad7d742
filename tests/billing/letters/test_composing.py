"""Every letter, in every language, on real events; what it holds and what it must not hold."""

import dataclasses
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.letters.catalogue import LETTERS, find_letter
from billing.letters.checking import find_faults
from billing.letters.composing import compose, compose_source, make_scene
from billing.letters.source import Source, default_source
from billing.letters.syntax import TemplateInvalid, read_template
from billing.models import Client, Email, Event
from billing.queries.clock import database_now
from catalog.models import CustomField
from tests.billing.letters.scenes import make_events
from tests.builders import World, make_active_service

LANGUAGES = [code for code, _name in settings.LANGUAGES]
KEYED = "Key: {$service_custom_field_lickey}"


def write(letter: str, event: Event, source: Source, language: str = "en") -> Any:
    found = find_letter(letter)
    assert found is not None
    return compose_source(found, source, make_scene(found, event, language=language), is_strict=True)


def test_every_letter_renders_for_its_event_in_every_language(world: World) -> None:
    events, wrong = make_events(world), list[str]()
    for name, letter in LETTERS.items():
        for language in LANGUAGES:
            source = default_source(name, language)
            shown = write(name, events[letter.event_name], source, language)
            faults = find_faults(letter, source, language=language)
            if faults or not shown.subject or len(shown.text) < 20 or "{$" in shown.text + shown.subject:
                wrong.append(f"{name} {language}: {faults} {shown.subject} {shown.text}")
            if shown.text.count("None") or ("<a href" not in shown.html and "http" in shown.text):
                wrong.append(f"{name} {language} looks odd: {shown.text}")
    assert wrong == []


def test_every_variable_of_every_letter_is_there_whatever_the_event(world: World) -> None:
    events = make_events(world)
    bare = Event.objects.create(name="x", at=database_now(), client=world.client)
    for name, letter in LETTERS.items():
        all_of_them = "\n".join(f"{{${entry}}}" for entry in letter.entries)
        for event in (events[letter.event_name], bare):
            shown = write(name, event, Source("s", all_of_them, all_of_them))
            assert "None" not in shown.text, name


def test_texts_ship_for_exactly_the_letters_that_there_are() -> None:
    for language in LANGUAGES:
        folder = settings.BASE_DIR / "templates" / "emails" / language
        assert {path.stem for path in folder.glob("*.txt")} == set(LETTERS)


def test_russian_letters_speak_russian(world: World) -> None:
    events = make_events(world)
    shown = write("invoice.issued", events["invoice.issued"], default_source("invoice.issued", "ru"), "ru")
    assert "Здравствуйте, Anna Berg!" in shown.text
    assert "5,00\N{NO-BREAK SPACE}€" in shown.text
    assert 'lang="ru"' in shown.html


def test_secrets_stand_only_in_letters_that_allow_them(world: World) -> None:
    events = make_events(world)
    key = events["service.activated"].service.field_values.get(field__key="lickey").value  # type: ignore[union-attr]
    everything = "{$service_custom_field_lickey}{foreach $service_custom_fields as $f}{$f.value}{/foreach}"
    assert key in write("service.activated", events["service.activated"], Source("s", everything)).text
    for name, letter in LETTERS.items():
        if not letter.shows_secrets and any(group.code == "service_fields" for group in letter.groups):
            assert key not in write(name, events[letter.event_name], Source("s", everything)).text
            assert "secret" in str(find_faults(letter, Source("s", KEYED), language="en"))


def test_clients_never_read_which_partner_account_it_is(world: World) -> None:
    for name, letter in LETTERS.items():
        if letter.is_for_client:
            assert not {"service_server_name", "service_server_hostname", "account_name"} & set(letter.entries), name
    events = make_events(world)
    links = "{$client_admin_link}{$service_admin_link}"
    assert "admin" not in write("service.renewed", events["service.renewed"], Source("s", "x" + links)).text


def test_what_clients_typed_is_no_markup_and_no_header(world: World) -> None:
    Client.objects.filter(pk=world.client.pk).update(first_name="<b>Anna</b>{$x}", last_name="B\r\nBcc: x@y.z")
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    event = Event.objects.get(name="service.activated", service=service)
    shown = write("service.activated", event, Source("Dear {$client_name}", "", "<p>Dear {$client_name}</p>"))
    assert "\n" not in shown.subject
    assert "&lt;b&gt;Anna&lt;/b&gt;{$x}" in shown.html
    assert "<b>Anna</b>{$x}" in shown.text


def test_html_of_operators_is_cleaned(world: World) -> None:
    events = make_events(world)
    evil = (
        '<p style="color:red;position:fixed" onclick="x()">Hi</p><script>alert(1)</script><style>p{literal}{}{/literal}'
        '</style><iframe src="//x"></iframe><a href="javascript:x()">a</a><a href="{$invoice_url}">pay</a><form></form>'
    )
    shown = write("invoice.issued", events["invoice.issued"], Source("s", "", evil)).html
    assert "color:red" in shown.replace(" ", "")
    for forbidden in ("onclick", "alert", "iframe", "javascript:", "position", "<form"):
        assert forbidden not in shown
    invoice = events["invoice.issued"].invoice
    assert invoice is not None
    assert f'/invoices/{invoice.pk}/"' in shown


def test_the_text_part_follows_from_the_html(world: World) -> None:
    events = make_events(world)
    html = "<h1>Invoice</h1><p>One<br>two &amp; <b>three</b></p><ul><li>a</li><li>b</li></ul>{$invoice_html_contents}"
    html += '<a href="https://example.com/x">here</a><p>{$invoice_link}</p>'
    text = write("invoice.issued", events["invoice.issued"], Source("s", "", html)).text
    assert text.startswith("Invoice\n\nOne\ntwo & three\n\n- a\n")
    assert "here (https://example.com/x)" in text
    assert text.count("/invoices/") == 1


def test_a_family_of_letters_takes_few_queries(world: World) -> None:
    """Three, and one or two for each list: however many rows it has."""
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    most = {"service.activated": 6, "invoice.issued": 4, "order.placed": 4, "invoice.paid": 3}
    for letter, allowed in most.items():
        email = Email.objects.select_related("event", "client").filter(letter=letter).latest("id")
        with CaptureQueriesContext(connection) as queries:
            assert compose(email).subject
        assert len(queries) <= allowed, letter
    for number in range(5):
        CustomField.objects.create(product=world.lite, key=f"more{number}", label="More")
    email = Email.objects.get(letter="service.activated", event__service=service)
    with CaptureQueriesContext(connection) as queries:
        compose(email)
    assert len(queries) <= most["service.activated"]


def test_a_template_is_read_once() -> None:
    source = default_source("invoice.issued", "en")
    assert read_template(source.text) is read_template(source.text)


class TestFaults:
    def faults(self, text: str, letter: str = "service.activated", **parts: str) -> dict[str, list[str]]:
        found = find_letter(letter)
        assert found is not None
        source = dataclasses.replace(Source("Subject", text), **parts)
        return find_faults(found, source, language="en")

    def test_unknown_variables_are_listed_with_a_guess(self, world: World) -> None:
        (one, two, three) = self.faults("{$client_nmae}\n{if $service_foo}{$service_custom_fields.0.valeu}{/if}")[
            "text"
        ]
        assert one == "Line 1: {$client_nmae}: there is no such variable. Did you mean {$client_name}?"
        assert two.startswith("Line 2: {$service_foo}: there is no such variable.")
        assert three.endswith("Did you mean {value}?")

    def test_fields_are_those_of_some_product(self, world: World) -> None:
        assert self.faults("{$service_custom_field_bitninjakey}{$service_custom_field_order_id}") == {}
        (fault,) = self.faults("{$service_custom_field_bitninjakye}")["text"]
        assert "Did you mean {$service_custom_field_bitninjakey}?" in fault
        (fault,) = self.faults("{$service_custom_field_order_id}", "invoice.paid")["text"]
        assert "not about a service" in fault

    def test_rows_of_loops_are_known_and_counters_are_nobodys(self, world: World) -> None:
        text = "{foreach from=$service_custom_fields item=f key=k}{$f.label}{$f@last}{$k}{foreachelse}x{/foreach}"
        assert self.faults(text) == {}
        (fault,) = self.faults("{foreach $service_custom_fields as $f}{$f.lable}{/foreach}")["text"]
        assert "Did you mean {label}?" in fault

    def test_every_part_has_its_own_faults(self, world: World) -> None:
        faults = self.faults("{$a_b}", subject="{if}", html="{$c_d}")
        assert sorted(faults) == ["html", "subject", "text"]
        assert sorted(self.faults("", subject="")) == ["subject", "text"]
        assert sorted(self.faults("x", subject="two\nlines")) == ["subject"]

    def test_keys_of_any_spelling_can_be_named(self, world: World) -> None:
        CustomField.objects.create(product=world.lite, key="My-Key", label="Mine")
        assert self.faults("{$service_custom_field_my_key}") == {}


def test_strictness_reaches_the_sender_of_previews(world: World) -> None:
    events = make_events(world)
    with pytest.raises(TemplateInvalid):
        write("invoice.issued", events["invoice.issued"], Source("s", "{$nobody}"))
