from typing import Any

import pytest
from django.test import Client as Browser
from django.utils.html import escape

from billing.actions.store_settings import save_store_settings
from billing.models import Event, StoreSettings
from billing.queries.clock import database_now
from billing.queries.store_settings import read_store_settings
from tests.billing.admin.pages import list_of, text_of

pytestmark = pytest.mark.django_db


def sent(**changes: str) -> dict[str, str]:
    days = {f"on_demand_days_{cycle}": "0" for cycle in ("MONTHLY", "QUARTERLY", "SEMIANNUALLY", "ANNUALLY")}
    return {"order_form": "STANDARD", "has_cross_sells": "on", **days, "terms_url": "", **changes}


def save(browser: Browser, **changes: str) -> Any:
    return browser.post(list_of(StoreSettings), sent(**changes))


def test_the_page_opens_before_anything_was_saved(sales: Browser) -> None:
    words = text_of(sales.get(list_of(StoreSettings)))
    assert "Default order form template" in words
    assert not StoreSettings.objects.exists()


def test_it_stands_in_the_sidebar(sales: Browser) -> None:
    assert f'href="{list_of(StoreSettings)}"' in text_of(sales.get("/admin/"))


def test_settings_are_saved(sales: Browser) -> None:
    changes = {"order_form": "SINGLE_PAGE", "on_demand_days_MONTHLY": "10", "terms_url": "example.com/terms"}
    response = save(sales, **changes)
    assert response.status_code == 302
    settings = read_store_settings()
    assert (settings.order_form, settings.on_demand_days) == ("SINGLE_PAGE", {"MONTHLY": 10})
    assert settings.terms_url == "https://example.com/terms"
    assert settings.has_cross_sells
    assert Event.objects.get(name="store.settings_changed").actor == "sales_operator@example.com"
    assert 'name="on_demand_days_MONTHLY" value="10"' in text_of(sales.get(list_of(StoreSettings)))


def test_cross_sells_are_switched_off(sales: Browser) -> None:
    values = sent()
    del values["has_cross_sells"]
    sales.post(list_of(StoreSettings), values)
    assert not read_store_settings().has_cross_sells


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"order_form": "NEXUS"}, "Select a valid choice"),
        ({"on_demand_days_MONTHLY": "ten"}, "Monthly: enter whole days from 0 to 366."),
        ({"on_demand_days_ANNUALLY": "367"}, "Annually: enter whole days from 0 to 366."),
        ({"terms_url": "no address"}, "Enter a valid URL."),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_lost(sales: Browser, changes: dict[str, str], words: str) -> None:
    response = save(sales, **{"on_demand_days_QUARTERLY": "25", **changes})
    page = text_of(response)
    assert escape(words) in page
    assert 'value="25"' in page
    assert not StoreSettings.objects.exists()


def test_what_somebody_else_changed_meanwhile_stays(sales: Browser) -> None:
    save_store_settings(values={"order_form": "COMPARISON"}, actor="other", now=database_now())
    save(sales, order_form="COMPARISON", terms_url="https://example.com/")
    assert read_store_settings().order_form == "COMPARISON"


def test_support_looks_and_does_not_touch(support: Browser) -> None:
    words = text_of(support.get(list_of(StoreSettings)))
    assert "Your role may look at these settings" in words
    assert "Save settings" not in words
    assert save(support).status_code == 403
