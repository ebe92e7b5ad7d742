import pytest

from catalog.actions.positions import ArrangementMoved, arrange_catalog
from catalog.models import Product, ProductGroup
from tests.catalog.samples import make_plain_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(group: ProductGroup) -> ProductGroup:
    return ProductGroup.objects.create(name="Modules", slug="modules")


@pytest.fixture
def products(group: ProductGroup) -> list[Product]:
    return [make_plain_product(group, name=name) for name in ("A", "B", "C")]


def order() -> list[str]:
    return [str(group) for group in ProductGroup.objects.all()] + [str(product) for product in Product.objects.all()]


def test_groups_and_products_take_the_places_given(
    group: ProductGroup, second: ProductGroup, products: list[Product]
) -> None:
    wanted = [products[2].pk, products[0].pk, products[1].pk]
    moved = arrange_catalog(group_ids=[second.pk, group.pk], product_ids={group.pk: wanted, second.pk: []})
    assert moved == 5
    assert order() == ["Modules", "Licenses", "C", "A", "B"]
    assert arrange_catalog(group_ids=[second.pk, group.pk], product_ids={group.pk: wanted}) == 0


def test_only_the_place_is_written(group: ProductGroup, products: list[Product]) -> None:
    Product.objects.filter(pk=products[0].pk).update(tagline="new")
    arrange_catalog(group_ids=[group.pk], product_ids={group.pk: [product.pk for product in products]})
    assert Product.objects.get(pk=products[0].pk).tagline == "new"


@pytest.mark.parametrize("fault", ["group left out", "product left out", "twice", "stranger", "other group"])
def test_anything_but_all_of_them_where_they_are_is_refused(
    group: ProductGroup, second: ProductGroup, products: list[Product], fault: str
) -> None:
    groups, chosen = [second.pk, group.pk], [product.pk for product in products]
    named = {group.pk: chosen}
    if fault == "group left out":
        groups = [group.pk]
    elif fault == "product left out":
        named = {group.pk: chosen[1:]}
    elif fault == "twice":
        named = {group.pk: [*chosen, chosen[0]]}
    elif fault == "stranger":
        named = {group.pk: [*chosen, 999_999]}
    else:
        named = {group.pk: chosen[1:], second.pk: chosen[:1]}
    before = order()
    with pytest.raises(ArrangementMoved):
        arrange_catalog(group_ids=groups, product_ids=named)
    assert order() == before
