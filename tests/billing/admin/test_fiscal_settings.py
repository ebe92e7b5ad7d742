from typing import Any

import pytest
from django.test import Client as Browser

from billing.models import Event, FiscalSettings
from tests.billing.admin.pages import list_of, text_of

VALUES = {
    "sends_receipts": "on",
    "tax_system_code": "2",
    "payment_subject": "service",
    "payment_mode": "full_payment",
    "measure": "piece",
    "no_vat_code": "1",
    "advance_vat_code": "1",
    "vat_codes": "22: 11, 12\n5 %: 7,9",
}


@pytest.fixture
def address() -> str:
    return list_of(FiscalSettings)


def test_shows_the_defaults_and_saves(boss: Browser, address: str) -> None:
    assert "22: 11, 12" in text_of(boss.get(address))
    assert not FiscalSettings.objects.exists()
    assert boss.post(address, VALUES).status_code == 302
    stored = FiscalSettings.objects.get()
    assert (stored.sends_receipts, stored.tax_system_code, stored.has_estimated_rates) == (True, 2, False)
    assert stored.vat_codes == {"22": [11, 12], "5": [7, 9]}
    assert "5: 7, 9" in text_of(boss.get(address))
    assert Event.objects.get(name="fiscal_settings.changed").actor == "full_administrator@example.com"


@pytest.mark.parametrize(
    ("field", "value"),
    [("vat_codes", "22: x"), ("vat_codes", "22: 1"), ("vat_codes", "abc: 1, 2"), ("no_vat_code", "0")],
)
def test_a_wrong_value_says_why_on_its_field(boss: Browser, address: str, field: str, value: str) -> None:
    response: Any = boss.post(address, {**VALUES, field: value})
    assert list(response.context["form"].errors) == [field]
    assert not FiscalSettings.objects.exists()


def test_is_for_those_who_may_change_settings(sales: Browser, address: str) -> None:
    assert address not in text_of(sales.get("/admin/"))
    assert sales.get(address).status_code == 403
    assert sales.post(address, VALUES).status_code == 403
