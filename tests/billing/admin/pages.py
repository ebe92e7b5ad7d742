"""Walking through the back office."""

from datetime import date, timedelta
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from billing.queries.clock import business_date, database_now


def days_away(days: int) -> date:
    """A business day so many days from today."""
    return business_date(database_now()) + timedelta(days=days)


def list_of(model: type[models.Model], query: str = "") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + query


def page_of(subject: models.Model) -> str:
    return reverse(f"admin:{subject._meta.app_label}_{subject._meta.model_name}_change", args=[subject.pk])


def add_page(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def dialog_of(subject: models.Model, code: str) -> str:
    return reverse(f"admin:{subject._meta.app_label}_{subject._meta.model_name}_do", args=[subject.pk, code])


def live_of(subject: models.Model) -> str:
    return reverse(f"admin:{subject._meta.app_label}_{subject._meta.model_name}_live", args=[subject.pk])


def ask(browser: Browser, subject: models.Model, code: str) -> str:
    """What the dialog of a button says."""
    return text_of(browser.get(dialog_of(subject, code), HTTP_HX_REQUEST="true"))


def press(browser: Browser, subject: models.Model, code: str, **values: Any) -> Any:
    """Confirms the dialog of a button."""
    return browser.post(dialog_of(subject, code), values, HTTP_HX_REQUEST="true")


def succeeded(response: Any) -> bool:
    """A dialog that did it sends the page on; one that refused comes back."""
    return "HX-Redirect" in response.headers


def buttons_on(browser: Browser, subject: models.Model) -> list[str]:
    """Codes of the buttons on the object's page."""
    return [button.code for button in browser.get(page_of(subject)).context["buttons"]]


def text_of(response: HttpResponse | Any) -> str:
    assert response.status_code == 200, response.status_code
    if hasattr(response, "render"):
        response.render()
    return str(response.content.decode())


def rows_of(response: Any) -> list[Any]:
    """The objects in a list."""
    assert response.status_code == 200
    return list(response.context["cl"].result_list)
