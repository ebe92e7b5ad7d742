import pytest
from django.test import Client as Browser

from billing.models import BillingSettings, Event
from tests.billing.admin.pages import list_of, text_of

VALUES = {
    "number_format": "R{YEAR}-{NUMBER}",
    "credit_note_format": "G{YEAR}-{NUMBER}",
    "number_digits": "4",
    "number_reset": "YEARLY",
    "digest_from": "3",
    "has_add_funds": "on",
    "add_funds_minimum": "5",
    "add_funds_maximum": "500",
    "most_credit": "1000",
}


@pytest.fixture
def address() -> str:
    return list_of(BillingSettings)


def test_shows_the_defaults_before_anything_is_saved(boss: Browser, address: str) -> None:
    page = text_of(boss.get(address))
    assert "INV-{YEAR}-{NUMBER}" in page
    assert not BillingSettings.objects.exists()


def test_saves_and_shows(boss: Browser, address: str) -> None:
    assert boss.post(address, VALUES).status_code == 302
    settings = BillingSettings.objects.get()
    assert (settings.number_format, settings.number_digits, settings.most_credit) == ("R{YEAR}-{NUMBER}", 4, 1000)
    assert 'value="500"' in text_of(boss.get(address))
    assert Event.objects.get(name="billing_settings.changed").actor == "full_administrator@example.com"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number_format", "INV-{YEAR}", "{NUMBER}"),
        ("number_format", "INV-{NUMBER}", "{YEAR}"),
        ("number_format", "{NUMBER}{YEAR}{X}", "none of"),
        ("credit_note_format", "R{YEAR}-{NUMBER}", "credit notes"),
        ("number_digits", "0", ""),
        ("add_funds_minimum", "-1", "above zero"),
        ("add_funds_maximum", "4", "below the least"),
        ("most_credit", "x", ""),
    ],
)
def test_a_wrong_value_says_why_on_its_field(boss: Browser, address: str, field: str, value: str, words: str) -> None:
    response = boss.post(address, {**VALUES, field: value})
    errors = response.context["form"].errors
    assert list(errors) == [field]
    assert words in str(errors[field])
    assert value in text_of(response)
    assert not BillingSettings.objects.exists()


def test_is_in_the_sidebar_of_those_who_may(boss: Browser, sales: Browser, address: str) -> None:
    assert address in text_of(boss.get("/admin/"))
    assert address not in text_of(sales.get("/admin/"))
    assert sales.get(address).status_code == 403
    assert sales.post(address, VALUES).status_code == 403
