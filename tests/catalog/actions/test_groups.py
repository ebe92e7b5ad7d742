import pytest

from catalog.actions.groups import GroupInvalid, save_group
from catalog.models import ProductGroup

pytestmark = pytest.mark.django_db


def test_makes_the_url_from_the_name() -> None:
    first = save_group(group=ProductGroup(), values={"name": "Модули"})
    second = save_group(group=ProductGroup(), values={"name": "Модули"})
    assert (first.slug, second.slug) == ("moduli", "moduli-2")


def test_keeps_the_url_when_the_name_changes(group: ProductGroup) -> None:
    save_group(group=group, values={"name": "Modules"})
    group.refresh_from_db()
    assert (group.name, group.slug) == ("Modules", "licenses")


def test_a_taken_url_is_refused_on_its_field(group: ProductGroup) -> None:
    with pytest.raises(GroupInvalid) as raised:
        save_group(group=ProductGroup(), values={"name": "Twin", "slug": "licenses"})
    assert list(raised.value.errors) == ["slug"]


def test_a_field_that_is_not_to_be_written_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        save_group(group=ProductGroup(), values={"id": 7})
