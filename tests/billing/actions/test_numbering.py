from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from billing.actions.billing_settings import BillingSettingsInvalid, save_billing_settings
from billing.actions.credit_notes import issue_credit_note
from billing.models import BillingSettings, Client, CreditNoteTo, Event, Invoice
from tests.billing.actions.books import fresh
from tests.builders import bill, make_client, pay

MARCH = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture
def client(db: None) -> Client:
    return make_client()


def paid(client: Client, *, now: datetime = MARCH) -> Invoice:
    invoice = bill(client, "5", now=now)
    pay(invoice, now=now)
    return fresh(invoice)


def number_of(client: Client, *, now: datetime = MARCH) -> str:
    return str(paid(client, now=now).number)


def save(**values: Any) -> BillingSettings:
    return save_billing_settings(values=values, actor="boss", now=MARCH)


def test_the_example_of_whmcs(client: Client) -> None:
    save(number_format="INV-{YEAR}-{NUMBER}", number_digits=1)
    for _number in range(14):
        number_of(client)
    invoice = bill(client, "5", now=MARCH)
    assert invoice.display_number == f"PRO-{invoice.pk}"
    pay(invoice, now=MARCH)
    assert fresh(invoice).number == "INV-2026-15"


def test_dates_are_those_of_the_payment(client: Client) -> None:
    save(number_format="{DAY}.{MONTH}.{YEAR}/{NUMBER}")
    assert number_of(client) == "03.03.2026/00001"


def test_the_day_is_that_of_the_business(client: Client) -> None:
    with timezone.override("Asia/Novosibirsk"):
        assert number_of(client, now=datetime(2026, 12, 31, 20, tzinfo=UTC)) == "INV-2027-00001"


@pytest.mark.parametrize(
    ("reset", "number_format", "expected"),
    [
        ("NEVER", "N{NUMBER}", ["N00001", "N00002", "N00003"]),
        ("YEARLY", "N{YEAR}-{NUMBER}", ["N2026-00001", "N2026-00002", "N2027-00001"]),
        ("MONTHLY", "N{YEAR}{MONTH}-{NUMBER}", ["N202603-00001", "N202604-00001", "N202701-00001"]),
    ],
)
def test_numbers_begin_again(client: Client, reset: str, number_format: str, expected: list[str]) -> None:
    save(number_reset=reset, number_format=number_format, credit_note_format=f"C{number_format}")
    moments = [MARCH, MARCH.replace(month=4), MARCH.replace(year=2027, month=1)]
    assert [number_of(client, now=moment) for moment in moments] == expected


def test_credit_notes_have_counters_of_their_own(client: Client) -> None:
    invoices = [paid(client) for _number in range(2)]
    notes = [
        issue_credit_note(invoice=invoice, to=CreditNoteTo.CREDIT, reason="wrong", actor="x", now=MARCH)
        for invoice in invoices
    ]
    assert [note.number for note in notes] == ["CN-2026-00001", "CN-2026-00002"]
    assert number_of(client) == "INV-2026-00003"


def test_a_new_format_goes_on_counting(client: Client) -> None:
    assert number_of(client) == "INV-2026-00001"
    save(number_format="R{YEAR}/{NUMBER}")
    assert number_of(client) == "R2026/00002"


@pytest.mark.parametrize("digits", [1, 5, 10])
def test_another_reset_in_the_middle_of_the_year_passes_over_what_is_used(client: Client, digits: int) -> None:
    """Each switch begins another series; under one format no number comes twice, and none is left out."""
    same = "INV-{YEAR}-{MONTH}-{NUMBER}"
    save(credit_note_format="CN-{YEAR}-{MONTH}-{NUMBER}")
    numbers = []
    for reset in ("YEARLY", "MONTHLY", "NEVER", "MONTHLY", "YEARLY", "NEVER"):
        save(number_reset=reset, number_format=same, number_digits=digits)
        numbers += [int(number_of(client).rpartition("-")[2]) for _number in range(2)]
    assert numbers == list(range(1, 13))


def test_a_number_that_only_looks_alike_is_passed_over_too(client: Client) -> None:
    """Year and number of one format can read like year, month and number of another."""
    save(number_format="{YEAR}{NUMBER}", number_digits=5)
    paid(client)
    Invoice.objects.filter(number="202600001").update(number="202603001")
    save(number_reset="MONTHLY", number_format="{YEAR}{MONTH}{NUMBER}", credit_note_format="C{YEAR}{MONTH}{NUMBER}")
    save(number_digits=3)
    assert number_of(client) == "202603002"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"number_format": "INV-{YEAR}"}, "number_format"),
        ({"number_format": "INV-{NUMBER}"}, "number_format"),
        ({"number_format": "INV-{YEAR}-{NUMBER}-{NUMBER}"}, "number_format"),
        ({"number_format": "INV-{YEAR}-{NUMBER}-{CLIENT}"}, "number_format"),
        ({"number_format": "INV-{YEAR}-{NUMBER}-{year"}, "number_format"),
        ({"number_format": ""}, "number_format"),
        ({"number_format": "{NUMBER}{YEAR}" + "x" * 40}, "number_format"),
        ({"number_reset": "MONTHLY", "number_format": "{YEAR}-{MONTH}-{NUMBER}"}, "credit_note_format"),
        ({"credit_note_format": "CN{NUMBER}"}, "credit_note_format"),
        ({"credit_note_format": "INV-{YEAR}-{NUMBER}"}, "credit_note_format"),
        ({"number_digits": 0}, "number_digits"),
        ({"number_digits": 11}, "number_digits"),
        ({"number_reset": "DAILY"}, "number_reset"),
        ({"add_funds_minimum": 0}, "add_funds_minimum"),
        ({"add_funds_minimum": 20_000}, "add_funds_maximum"),
        ({"most_credit": -1}, "most_credit"),
    ],
)
def test_settings_that_cannot_be_name_their_field(db: None, values: dict[str, Any], field: str) -> None:
    with pytest.raises(BillingSettingsInvalid) as refusal:
        save(**values)
    assert list(refusal.value.errors) == [field]
    assert not BillingSettings.objects.exists()


def test_a_change_of_the_settings_is_in_the_history(db: None) -> None:
    save(number_digits=4)
    save(number_digits=4)
    event = Event.objects.get(name="billing_settings.changed")
    assert (event.actor, event.data) == ("boss", {"fields": ["number_digits"], "from": "5", "to": "4"})
