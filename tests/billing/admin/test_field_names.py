"""Renaming custom fields to the keys of their module, in the back office."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from billing.models import Event, ServiceField
from billing.queries.services import field_values
from catalog.models import CustomField
from tests.billing.admin.pages import page_of, text_of
from tests.billing.views.pages import count_queries
from tests.builders import World, make_active_service


def page_for(world: World) -> str:
    return reverse("admin:catalog_customfield_names", args=[world.lite.pk])


@pytest.fixture
def foreign(world: World) -> CustomField:
    """`License name` under a key of its own, where the module's is missing."""
    world.lite.custom_fields.filter(key="licname").delete()
    return CustomField.objects.create(product=world.lite, key="license_name", label="License name")


def test_the_page_of_the_product_leads_to_what_can_be_renamed(
    world: World, foreign: CustomField, sales: Browser
) -> None:
    assert page_for(world) in text_of(sales.get(page_of(world.lite)))
    assert page_for(world) not in text_of(sales.get(page_of(world.business)))


def test_it_is_shown_before_anything_is_done(world: World, foreign: CustomField, sales: Browser) -> None:
    words = text_of(sales.get(page_for(world)))
    assert "license_name" in words
    assert "licname" in words
    foreign.refresh_from_db()
    assert foreign.key == "license_name"


def test_renaming_keeps_label_and_values_and_is_recorded(world: World, foreign: CustomField, sales: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")
    ServiceField.objects.create(service=service, field=foreign, plain_value="web1")
    assert "1 service has a value" in text_of(sales.get(page_for(world)))
    response = sales.post(page_for(world), {"marks": f"{foreign.pk}:licname"})
    assert response.headers["Location"] == page_of(world.lite)
    foreign.refresh_from_db()
    assert (foreign.key, foreign.label) == ("licname", "License name")
    assert field_values(service)["licname"] == "web1"
    assert Event.objects.get(name="product.field_renamed").actor == "sales_operator@example.com"


def test_two_different_values_are_named_without_being_shown(world: World, sales: Browser) -> None:
    twin = CustomField.objects.create(product=world.lite, key="license_name", label="License name")
    service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web1")
    ServiceField.objects.create(service=service, field=twin, plain_value="other-value")
    words = text_of(sales.get(page_for(world)))
    assert page_of(service) in words
    assert "other-value" not in words
    response = sales.post(page_for(world), {"marks": f"{twin.pk}:licname"}, follow=True)
    assert f"Two different values: #{service.pk}" in text_of(response)
    assert CustomField.objects.filter(pk=twin.pk).exists()


@pytest.mark.parametrize("marks", [[], ["1:ip"], ["x"]])
def test_what_is_not_proposed_is_not_renamed(
    world: World, foreign: CustomField, sales: Browser, marks: list[str]
) -> None:
    response = sales.post(page_for(world), {"marks": marks}, follow=True)
    assert "Look again" in text_of(response)
    assert not Event.objects.filter(name="product.field_renamed").exists()


def test_only_those_who_manage_the_catalog(world: World, foreign: CustomField, support: Browser) -> None:
    assert support.get(page_for(world)).status_code == 403
    assert support.post(page_for(world), {"marks": f"{foreign.pk}:licname"}).status_code == 403


def test_nothing_to_rename_is_said(world: World, sales: Browser) -> None:
    assert "nothing to rename" in text_of(sales.get(page_for(world)))
    assert sales.get(reverse("admin:catalog_customfield_names", args=[0])).status_code == 404


def test_more_fields_take_no_more_queries(world: World, foreign: CustomField, sales: Any) -> None:
    CustomField.objects.create(product=world.lite, key="ip_address_", label="IP address")
    before = count_queries(sales, page_for(world))
    CustomField.objects.create(product=world.lite, key="order-number", label="Order ID")
    CustomField.objects.create(product=world.lite, key="key2", label="License key")
    assert len(sales.get(page_for(world)).context["rows"]) == 4
    assert count_queries(sales, page_for(world)) == before
