"""Names that people gave to fields → the keys that modules read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.field_names import guess_key, split_name
from noc.kinds import get_kind
from noc.kinds.base import FieldSpec


def specs(tariff_id: str, kind: str) -> tuple[FieldSpec, ...]:
    return get_kind(kind).fields_for(tariff_id)


LICENSE, BITNINJA = specs("55227", "license"), specs("55371", "addition")
DDOS_GUARD, OTHER = specs("23221", "addition"), specs("55361", "addition")


@pytest.mark.parametrize(
    ("name", "fields", "key"),
    [
        ("licname", LICENSE, "licname"),
        ("licname|Anything", LICENSE, "licname"),
        ("License name", LICENSE, "licname"),
        ("Licence Name", LICENSE, "licname"),
        ("Имя лицензии", LICENSE, "licname"),
        ("license-name|License name", LICENSE, "licname"),
        ("IP", LICENSE, "ip"),
        ("IP-адрес", LICENSE, "ip"),
        ("IP address", LICENSE, "ip"),
        ("IP address", DDOS_GUARD, "target_ip"),
        ("Resource IP address", DDOS_GUARD, "target_ip"),
        ("Ключ лицензии", LICENSE, "lickey"),
        ("License key", BITNINJA, "bitninjakey"),
        ("Order ID", LICENSE, "order_id"),
        ("Номер заказа", OTHER, "order_id"),
        ("License ID", LICENSE, "order_id"),
        ("License ID", OTHER, "item"),
        ("ID of the ispmanager license for which the module is purchased", OTHER, "item"),
        ("ID лицензии ispmanager, для которой заказывается модуль", OTHER, "item"),
        ("BitNinja E-mail", BITNINJA, "bitninja_email"),
        ("Почта", BITNINJA, "bitninja_email"),
        ("Пароль", BITNINJA, "bitninja_password"),
        ("Домен", DDOS_GUARD, "domain"),
        ("Domain name", LICENSE, ""),
        ("Shoe size", LICENSE, ""),
        ("", LICENSE, ""),
        ("|", LICENSE, ""),
    ],
)
def test_a_name_means_the_key_that_the_product_has(name: str, fields: tuple[FieldSpec, ...], key: str) -> None:
    assert guess_key(name, fields) == key


def test_the_part_before_the_bar_is_the_key_and_the_rest_the_label() -> None:
    assert split_name("ip|IP | address") == ("ip", "IP | address")
    assert split_name(" IP ") == ("IP", "IP")
    assert split_name("ip|") == ("ip", "ip")


@given(st.text(max_size=40))
def test_any_name_means_a_key_of_the_product_or_none(name: str) -> None:
    assert guess_key(name, BITNINJA) in {"", *(spec.key for spec in BITNINJA)}
