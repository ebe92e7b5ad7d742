import pytest

from catalog.actions.field_names import FieldKeyTaken, FieldKeyUnknown, propose_renames, rename_field
from catalog.models import CustomField, Product, ProductGroup
from tests.catalog.samples import make_plain_product, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(group: ProductGroup) -> Product:
    return make_product(group)


def add(product: Product, key: str, label: str) -> CustomField:
    return CustomField.objects.create(product=product, key=key, label=label, position=9)


def test_fields_that_mean_a_key_of_the_module_are_proposed(product: Product) -> None:
    CustomField.objects.filter(key="licname").delete()
    old, twin = add(product, "license-name", "License name"), add(product, "old-ip", "IP address")
    add(product, "shoe-size", "Shoe size")
    found = {rename.field: (rename.key, rename.target) for rename in propose_renames(product)}
    assert found == {old: ("licname", None), twin: ("ip", CustomField.objects.get(key="ip"))}


def test_nothing_is_proposed_where_all_is_well_or_nothing_is_known(product: Product, group: ProductGroup) -> None:
    assert propose_renames(product) == []
    plain = make_plain_product(group)
    add(plain, "license-name", "License name")
    assert propose_renames(plain) == []


def test_the_second_field_of_one_meaning_is_to_be_merged_into_the_first(product: Product) -> None:
    CustomField.objects.filter(key="licname").delete()
    first, second = add(product, "name1", "License name"), add(product, "name2", "Имя лицензии")
    assert [(rename.field, rename.target) for rename in propose_renames(product)] == [(first, None), (second, first)]


def test_a_renamed_field_keeps_its_label_and_becomes_as_secret_as_the_module_wants(product: Product) -> None:
    CustomField.objects.filter(key="lickey").delete()
    field = rename_field(field=add(product, "key1", "Your key"), key="lickey")
    field.refresh_from_db()
    assert (field.key, field.label, field.is_secret) == ("lickey", "Your key", True)


def test_a_key_that_is_taken_or_unknown_is_refused(product: Product) -> None:
    field = add(product, "name1", "License name")
    with pytest.raises(FieldKeyTaken):
        rename_field(field=field, key="licname")
    with pytest.raises(FieldKeyUnknown):
        rename_field(field=field, key="domain")
