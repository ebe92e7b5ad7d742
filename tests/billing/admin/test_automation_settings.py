"""The page of the automation settings."""

from decimal import Decimal
from typing import Any

from django.test import Client as Browser

from billing.models import AutomationSettings, Event
from billing.queries.billing_settings import read_automation_settings
from tests.billing.admin.pages import list_of, text_of

PAGE = list_of(AutomationSettings)


def filled(browser: Browser, **changes: Any) -> dict[str, Any]:
    """What the form sends as it stands, with these changes."""
    form = browser.get(PAGE).context["form"]
    values: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, bool):
            values |= {bound.html_name: "on"} if value else {}
        elif not isinstance(value, dict):
            values[bound.html_name] = value
    return values | changes


def test_saves_what_was_changed_with_an_event(boss: Browser) -> None:
    boss.post(PAGE, filled(boss, terminate_days=45, brake_factor="2.5", invoice_days_by_cycle_ANNUALLY="30"))
    saved = read_automation_settings()
    assert (saved.terminate_days, saved.brake_factor) == (45, Decimal("2.5"))
    assert saved.invoice_days_by_cycle == {"ANNUALLY": 30}
    event = Event.objects.get(name="automation_settings.changed")
    assert set(event.data["fields"]) == {"terminate_days", "brake_factor", "invoice_days_by_cycle"}


def test_every_setting_stands_under_a_heading_once(boss: Browser) -> None:
    form = boss.get(PAGE).context["form"]
    named = [field.name for heading, fields in form.sections() for field in fields if heading]
    assert named == list(form.fields)
    assert text_of(boss.get(PAGE)).count("<legend") == len(form.headings)


def test_a_notice_before_the_one_before_it_is_told_on_its_field(boss: Browser) -> None:
    page = text_of(boss.post(PAGE, filled(boss, third_overdue_days=2)))
    assert "Each notice comes later" in page
    assert not AutomationSettings.objects.exclude(third_overdue_days=5).exists()


def test_who_may_not_change_settings_sees_none(sales: Browser) -> None:
    assert sales.get(PAGE).status_code == 403
