from datetime import UTC, datetime

import pytest

from catalog.actions.duplicates import duplicate_product
from catalog.actions.products import WRITABLE, ProductInvalid, update_product
from catalog.models import CustomField, Product, ProductGroup, TariffCost
from noc.models import Server
from tests.catalog.samples import DRWEB, make_business, make_plain_product, make_product, price
from tests.kept_scenes import kept_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
@kept_scene
def source(group: ProductGroup) -> Product:
    """A product with one of everything."""
    product = make_business(group, price("MONTHLY", "5"), prices=[price("MONTHLY", "15", setup_fee="3")])
    product.custom_fields.create(key="note", label="Note", validation="[a-z]+", position=9)
    addon = make_product(group, name="Dr.Web", tariff_id=DRWEB, is_addon=True)
    changes = {
        "color": "#0a7d78",
        "recurring_limit": 6,
        "fixed_term_days": 90,
        "term_letter": "service.term_ended",
        "on_demand": "OWN",
        "on_demand_days": {"MONTHLY": 10},
        "affiliate_pay": "FIXED",
        "affiliate_amount": 2,
    }
    product.whmcs_id = 77
    product.save()
    TariffCost.objects.create(
        product=product,
        currency_id="EUR",
        cycle="MONTHLY",
        cost=10,
        cost_currency="EUR",
        percent=50,
        accepted_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    return update_product(product=product, values=changes, addons=[addon], cross_sells=[make_plain_product(group)])


def test_everything_is_copied_but_name_url_and_number(source: Product) -> None:
    copied = duplicate_product(product=source, name="Business, second")
    copied.refresh_from_db()
    assert (copied.name, copied.slug, copied.is_hidden, copied.whmcs_id) == (
        "Business, second",
        "business-second",
        True,
        None,
    )
    for name in WRITABLE - {"name", "slug", "is_hidden"}:
        assert getattr(copied, name) == getattr(source, name), name
    assert [*copied.addons.all()] == [*source.addons.all()]
    assert [*copied.cross_sells.all()] == [*source.cross_sells.all()]
    assert [(row.cycle, row.price, row.setup_fee) for row in copied.prices.all()] == [("MONTHLY", 15, 3)]
    assert copied.tariff_costs.get().percent == 50
    assert copied.options.get().prices.get().price == 5
    assert copied.options.get().addon_id == "55236"


def test_fields_are_copied_as_they_are(source: Product) -> None:
    source.custom_fields.filter(key="ip").update(label="Адрес")
    copied = duplicate_product(product=source, name="Second")
    columns = [field.name for field in CustomField._meta.fields if field.name not in ("id", "product")]
    assert [*copied.custom_fields.values(*columns)] == [*source.custom_fields.values(*columns)]


def test_the_source_keeps_what_it_has(source: Product) -> None:
    before = [*source.prices.values()], [*source.custom_fields.values()], [*source.options.values()]
    duplicate_product(product=source, name="Second")
    assert ([*source.prices.values()], [*source.custom_fields.values()], [*source.options.values()]) == before


def test_a_copy_may_stand_in_another_group_under_its_own_url(source: Product) -> None:
    other = ProductGroup.objects.create(name="Servers", slug="servers")
    copied = duplicate_product(product=source, name=source.name, slug="second", group=other)
    assert (copied.group, copied.slug) == (other, "second")


def test_a_namesake_gets_a_url_of_its_own(source: Product) -> None:
    assert duplicate_product(product=source, name=source.name).slug == f"{source.slug}-2"


@pytest.mark.parametrize(("name", "slug", "field"), [("", "", "name"), ("Second", "ispmanager-business", "slug")])
def test_a_fault_is_told_on_its_field_and_nothing_is_written(source: Product, name: str, slug: str, field: str) -> None:
    count = Product.objects.count()
    with pytest.raises(ProductInvalid) as raised:
        duplicate_product(product=source, name=name, slug=slug)
    assert list(raised.value.errors) == [field]
    assert Product.objects.count() == count


def test_a_copy_is_judged_as_a_new_product(source: Product, server: Server) -> None:
    Server.objects.update(is_enabled=False)
    with pytest.raises(ProductInvalid) as raised:
        duplicate_product(product=source, name="Second")
    assert list(raised.value.errors) == ["server_group"]
