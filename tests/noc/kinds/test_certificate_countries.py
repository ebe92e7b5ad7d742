import re

import pytest
from django.utils import translation

from noc.kinds.certificate_countries import COUNTRY_CHOICES


def test_every_country_has_a_name_in_russian() -> None:
    with translation.override("ru"):
        names = {code: str(name) for code, name in COUNTRY_CHOICES}
    assert {code: name for code, name in names.items() if re.search("[A-Za-z]", name)} == {}
    assert names["NL"] == "Нидерланды"


@pytest.mark.parametrize(("code", "name"), [("RU", "Russia"), ("DE", "Germany")])
def test_countries_go_by_their_usual_names(code: str, name: str) -> None:
    with translation.override("en"):
        assert str(dict(COUNTRY_CHOICES)[code]) == name
