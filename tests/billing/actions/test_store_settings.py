from datetime import UTC, datetime
from typing import Any

import pytest

from billing.actions.store_settings import StoreSettingsInvalid, save_store_settings
from billing.models import Event, StoreSettings
from billing.queries.store_settings import read_store_settings

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def save(**values: Any) -> StoreSettings:
    return save_store_settings(values=values, actor="boss", now=NOW)


def test_what_is_given_is_written_with_an_event() -> None:
    save(order_form="COMPARISON", on_demand_days={"MONTHLY": 10}, terms_url="https://example.com/terms")
    settings = read_store_settings()
    assert (settings.order_form, settings.on_demand_days) == ("COMPARISON", {"MONTHLY": 10})
    event = Event.objects.get()
    assert (event.name, event.actor, event.at) == ("store.settings_changed", "boss", NOW)
    assert event.data == {"changed": ["on_demand_days", "order_form", "terms_url"]}


def test_what_is_not_given_stays() -> None:
    save(order_form="COMPARISON")
    save(has_cross_sells=False)
    settings = read_store_settings()
    assert (settings.order_form, settings.has_cross_sells) == ("COMPARISON", False)


def test_the_same_again_is_no_event() -> None:
    save(order_form="COMPARISON")
    save(order_form="COMPARISON")
    assert Event.objects.count() == 1
    assert StoreSettings.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"order_form": "NEXUS"}, "order_form"),
        ({"on_demand_days": {"MONTHLY": 999}}, "on_demand_days"),
        ({"on_demand_days": {"WEEKLY": 1}}, "on_demand_days"),
        ({"on_demand_days": [1]}, "on_demand_days"),
        ({"terms_url": "terms"}, "terms_url"),
        ({"terms_url": "javascript:alert(1)"}, "terms_url"),
    ],
)
def test_what_makes_no_sense_is_refused_on_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(StoreSettingsInvalid) as raised:
        save(**values)
    assert list(raised.value.errors) == [field]
    assert not Event.objects.exists()
    assert read_store_settings().order_form == "STANDARD"


def test_what_is_no_setting_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        save(id=2)
