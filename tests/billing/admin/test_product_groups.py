from typing import Any

import pytest
from django.test import Client as Browser

from billing.models import Event
from catalog.models import ProductGroup, SlugHistory
from tests.billing.admin.pages import add_page, list_of, page_of, rows_of, text_of
from tests.builders import World
from tests.catalog.samples import make_plain_product

METHODS = ["bank_transfer", "credit", "manual", "stripe", "yookassa"]


@pytest.fixture
def group(db: None) -> ProductGroup:
    return ProductGroup.objects.create(name="Licenses", slug="licenses")


def sent(**changes: Any) -> dict[str, Any]:
    return {"name": "Modules", "slug": "modules", "position": "0", "open_payment_methods": METHODS, **changes}


def errors_of(response: Any) -> dict[str, Any]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def test_a_group_is_added_with_every_field(sales: Browser) -> None:
    everything = {
        "headline": "Extras",
        "tagline": "For servers",
        "features": "One\nTwo",
        "order_form": "COMPARISON",
        "open_payment_methods": ["bank_transfer"],
        "is_hidden": "on",
        "position": "3",
    }
    assert sales.post(add_page(ProductGroup), sent(**everything)).status_code == 302
    group = ProductGroup.objects.get()
    assert (group.slug, group.headline, group.tagline) == ("modules", "Extras", "For servers")
    assert (group.features.splitlines(), group.order_form) == (["One", "Two"], "COMPARISON")
    assert (group.closed_payment_methods, group.is_hidden, group.position) == (METHODS[1:], True, 3)
    assert Event.objects.get(name="product_group.added").data["group"] == "Modules"


def test_without_a_url_it_follows_from_the_name(sales: Browser) -> None:
    sales.post(add_page(ProductGroup), sent(name="Модули ispmanager", slug=""))
    assert ProductGroup.objects.get().slug == "moduli-ispmanager"


def test_a_new_url_keeps_the_old_one(sales: Browser, group: ProductGroup) -> None:
    assert sales.post(page_of(group), sent(name="Licenses", slug="panels")).status_code == 302
    assert SlugHistory.objects.get().slug == "licenses"
    assert Event.objects.get(name="product_group.changed").data["changed"] == ["slug"]


def test_the_page_ticks_what_is_taken(sales: Browser, group: ProductGroup) -> None:
    ProductGroup.objects.update(closed_payment_methods=["credit"])
    form = sales.get(page_of(group)).context["adminform"].form
    assert form["open_payment_methods"].value() == [method for method in METHODS if method != "credit"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "licenses"}, "slug"),
        ({"order_form": "NEXUS"}, "order_form"),
        ({"open_payment_methods": []}, "open_payment_methods"),
        ({"open_payment_methods": ["gold"]}, "open_payment_methods"),
        ({"position": "-1"}, "position"),
    ],
)
def test_each_fault_is_on_its_field_and_nothing_is_saved(
    sales: Browser, group: ProductGroup, changes: dict[str, Any], field: str
) -> None:
    other = ProductGroup.objects.create(name="Modules", slug="modules", closed_payment_methods=["credit"])
    assert list(errors_of(sales.post(page_of(other), sent(**changes)))) == [field]
    before = other.closed_payment_methods
    other.refresh_from_db()
    assert (other.slug, other.closed_payment_methods) == ("modules", before)


def test_a_group_with_products_is_not_deleted(sales: Browser, group: ProductGroup) -> None:
    make_plain_product(group)
    sales.post(f"/admin/catalog/productgroup/{group.pk}/delete/", {"post": "yes"})
    assert ProductGroup.objects.exists()


def test_an_empty_group_is_deleted_with_an_event(sales: Browser, group: ProductGroup) -> None:
    sales.post(f"/admin/catalog/productgroup/{group.pk}/delete/", {"post": "yes"})
    assert not ProductGroup.objects.exists()
    assert Event.objects.get(name="product_group.deleted").data["group"] == "Licenses"


def test_the_list_counts_products_and_names_templates(sales: Browser, world: World) -> None:
    (row,) = rows_of(sales.get(list_of(ProductGroup)))
    assert row.product_count == 3
    assert "As the store settings say" in text_of(sales.get(list_of(ProductGroup)))


def test_support_looks_and_does_not_touch(support: Browser, group: ProductGroup) -> None:
    assert "Bank transfer, Client credit, Manual" in text_of(support.get(page_of(group)))
    assert support.post(page_of(group), sent()).status_code == 403
    assert support.post(add_page(ProductGroup), sent()).status_code == 403
