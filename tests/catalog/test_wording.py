"""Texts of the catalog in more languages: what is shown, what is kept, and every way in and out."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from django.utils.translation import override

from billing.models import OrderLine
from catalog.actions.duplicates import duplicate_product
from catalog.actions.portable import import_catalog
from catalog.actions.products import ProductInvalid, update_product
from catalog.models import CustomField, Product, ProductGroup, ProductOption
from catalog.portable.writing import stored_catalog, to_yaml
from tests.builders import World, place

pytestmark = pytest.mark.django_db
RUSSIAN = {"name_ru": "Лицензия", "description_ru": "Домены: 10"}


def translate(product: Product) -> Product:
    return update_product(product=product, values={"translations": RUSSIAN})


class TestReading:
    def test_the_readers_language_else_the_own_text(self, world: World) -> None:
        product = translate(world.lite)
        with override("ru"):
            assert (product.words.name, product.words.tagline) == ("Лицензия", product.tagline)
            assert product.name == "ispmanager lite"
        with override("en-gb"):
            assert product.words.name == "ispmanager lite"

    def test_nothing_but_texts_is_a_word(self, world: World) -> None:
        with pytest.raises(AttributeError):
            world.lite.words.slug  # noqa: B018

    def test_labels_of_the_module_need_no_translation_and_reworded_ones_may_have_one(self, world: World) -> None:
        field = CustomField(label="IP address")
        option = ProductOption(label="Additional servers", translations={"label_ru": "Ещё серверы"})
        with override("ru"):
            assert (field.words.label, option.words.label) == ("IP-адрес", "Ещё серверы")
            assert CustomField(label="").words.label == ""

    def test_an_order_is_written_in_the_language_of_its_client(self, world: World) -> None:
        product = translate(world.lite)
        world.client.language = "ru"
        world.client.save()
        place(world.client, product, ip="192.0.2.10")
        assert OrderLine.objects.get().description == "Лицензия"


class TestStore:
    @pytest.mark.parametrize("address", ["/", "/store/licenses/", "/store/licenses/ispmanager-lite/"])
    def test_pages_speak_the_language_of_the_visitor(self, world: World, client: Browser, address: str) -> None:
        translate(world.lite)
        ProductGroup.objects.update(translations={"name_ru": "Лицензии у нас", "headline_ru": "Лицензии у нас"})
        with override("en"):
            russian = client.get(address, headers={"accept-language": "ru"}).content.decode()
            english = client.get(address, headers={"accept-language": "en"}).content.decode()
        assert ("Лицензии у нас" in russian, "Лицензии у нас" in english) == (True, False)


class TestKeeping:
    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"name_de": "x"}, "name_de: there is no such text."),
            ({"slug_ru": "x"}, "slug_ru: there is no such text."),
            ({"name_ru": 5}, "Russian: name: this has to be a text."),
            ({"tagline_ru": "я" * 256}, "Russian: tagline: at most 255 characters."),
            (["name_ru"], "This has to be an entry with names and values."),
        ],
    )
    def test_what_cannot_be_kept_is_told(self, said: object, message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            Product._meta.get_field("translations").clean(said, None)

    def test_spaces_and_empty_texts_are_not_kept(self) -> None:
        said = {"name_ru": " Лицензия ", "tagline_ru": "  "}
        assert Product._meta.get_field("translations").clean(said, None) == {"name_ru": "Лицензия"}

    def test_an_action_refuses_them_too(self, world: World) -> None:
        with pytest.raises(ProductInvalid, match="no such text"):
            update_product(product=world.lite, values={"translations": {"name_de": "x"}})

    def test_a_copy_has_a_name_of_its_own(self, world: World) -> None:
        copied = duplicate_product(product=translate(world.lite), name="Another")
        assert copied.translations == {"description_ru": "Домены: 10"}


class TestWays:
    def test_a_file_brings_back_what_it_took(self, world: World) -> None:
        Product.objects.filter(pk=world.lite.pk).update(translations={"name_ru": "2024"})
        world.lite.custom_fields.filter(key="ip").update(translations={"label_ru": "Адрес"})
        file = to_yaml(stored_catalog())
        Product.objects.update(translations={})
        import_catalog(text=file)
        assert Product.objects.get(pk=world.lite.pk).translations == {"name_ru": "2024"}
        assert to_yaml(stored_catalog()) == file
