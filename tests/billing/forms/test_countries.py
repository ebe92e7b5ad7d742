"""Countries stand where readers of each language look for them."""

from itertools import pairwise

import pytest
from django.test import Client as Browser
from django.utils.translation import override

from billing.forms.countries import country_choices
from billing.models import Client, TaxRule, User
from tests.billing.admin.pages import add_page

RUSSIAN_LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"


def test_russian_names_stand_in_the_order_of_the_alphabet() -> None:
    with override("ru"):
        none, *named = country_choices()
    assert none == ("", "—")
    assert len(named) > 240
    first_letters = [RUSSIAN_LETTERS.index(name[0].lower().replace("ё", "е")) for _code, name in named]
    assert all(before <= after for before, after in pairwise(first_letters))
    codes = [code for code, _name in named]
    assert codes.index("AU") < codes.index("AT") < codes.index("AZ") < codes.index("RU") < codes.index("JP")


def test_what_stands_over_a_letter_does_not_move_it() -> None:
    with override("en"):
        codes = [code for code, _name in country_choices()]
    assert codes.index("AF") < codes.index("AX") < codes.index("AL")


@pytest.mark.parametrize(
    "page", [add_page(Client), "/admin/billing/seller/1/do/change/", add_page(TaxRule), "/account/register/"]
)
def test_every_form_with_a_country_offers_them_so(page: str, db: None) -> None:
    browser = Browser()
    if page.startswith("/admin"):
        staff = User.objects.create_superuser("boss@example.com")
        browser.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    browser.cookies["django_language"] = "ru"
    text = browser.get(page, follow=True).content.decode()
    assert text.index('<option value="AU"') < text.index('<option value="AF"') < text.index('<option value="RU"')
