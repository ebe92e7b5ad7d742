from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.fields import FieldsInvalid, clean_field_values, order_form_fields
from catalog.models import CustomField, Product, ProductGroup
from noc.models import PriceListEntry, Server
from tests.catalog.samples import BITNINJA, DDOS_GUARD, make_plain_product, make_product
from tests.examples import examples


@pytest.fixture
def lite(group: ProductGroup) -> Product:
    return make_product(group)


@pytest.fixture
def consulting(group: ProductGroup) -> Product:
    return make_plain_product(group)


def add_field(product: Product, **changes: Any) -> CustomField:
    return CustomField.objects.create(
        product=product, **{"key": "note", "label": "Note", "is_on_order_form": True, **changes}
    )


def faults(product: Product, values: dict[str, str]) -> dict[str, list[str]]:
    with pytest.raises(FieldsInvalid) as raised:
        clean_field_values(product, values)
    return raised.value.errors


class TestOrderForm:
    def test_asks_for_what_clients_fill_in(self, lite: Product) -> None:
        assert [field.key for field in order_form_fields(lite)] == ["licname", "ip"]

    def test_leaves_out_admin_fields_and_those_the_partner_fills(self, lite: Product) -> None:
        lite.custom_fields.update(is_on_order_form=True)
        lite.custom_fields.filter(key="licname").update(is_admin_only=True)
        assert [field.key for field in order_form_fields(lite)] == ["ip"]

    def test_keeps_display_order(self, consulting: Product) -> None:
        add_field(consulting, key="second", position=2)
        add_field(consulting, key="first", position=1)
        assert [field.key for field in order_form_fields(consulting)] == ["first", "second"]


class TestLicenseFields:
    def test_keeps_a_trimmed_name_and_address(self, lite: Product) -> None:
        given = {"licname": "  Сайт Анны ", "ip": " 192.0.2.10 "}
        assert clean_field_values(lite, given) == {"licname": "Сайт Анны", "ip": "192.0.2.10"}

    def test_leaves_out_what_was_left_empty(self, lite: Product) -> None:
        assert clean_field_values(lite, {"licname": " ", "ip": "192.0.2.10"}) == {"ip": "192.0.2.10"}

    @pytest.mark.parametrize("values", [{}, {"ip": ""}, {"ip": "  "}])
    def test_an_address_is_required(self, lite: Product, values: dict[str, str]) -> None:
        assert faults(lite, values) == {"ip": ["Fill in this field."]}

    @pytest.mark.parametrize(
        "address", ["256.1.1.1", "1.2.3", "::1", "example.com", "192.0.2.10/24", "192.0.2.010", "١.2.3.4", "1.2.3.4\n5"]
    )
    def test_an_address_is_ipv4(self, lite: Product, address: str) -> None:
        assert list(faults(lite, {"ip": address})) == ["ip"]

    def test_a_name_has_255_characters_at_most(self, lite: Product) -> None:
        ip = "192.0.2.10"
        assert clean_field_values(lite, {"ip": ip, "licname": "я" * 255})["licname"] == "я" * 255
        assert list(faults(lite, {"ip": ip, "licname": "я" * 256})) == ["licname"]

    @pytest.mark.parametrize("key", ["lickey", "order_id"])
    def test_what_the_partner_fills_is_not_set_by_an_order(self, lite: Product, key: str) -> None:
        errors = faults(lite, {"ip": "192.0.2.10", key: "700001"})
        assert errors == {key: ["This field cannot be set with an order."]}

    def test_nor_is_what_only_operators_see(self, lite: Product) -> None:
        add_field(lite, is_admin_only=True, is_required=True)
        assert list(faults(lite, {"ip": "192.0.2.10", "note": "x"})) == ["note"]
        assert clean_field_values(lite, {"ip": "192.0.2.10"}) == {"ip": "192.0.2.10"}

    def test_unknown_keys_are_refused(self, lite: Product) -> None:
        errors = faults(lite, {"ip": "192.0.2.10", "root": "1"})
        assert errors == {"root": ["This product has no such field."]}

    def test_every_fault_is_told_at_once(self, lite: Product) -> None:
        assert set(faults(lite, {"ip": "x", "root": "1", "licname": "a\x00b"})) == {"ip", "root", "licname"}

    @pytest.mark.parametrize("value", ["a\x00b", "a\nb", "a\x1bb", "\ud800"])
    def test_characters_that_cannot_be_kept_are_refused(self, lite: Product, value: str) -> None:
        assert list(faults(lite, {"ip": "192.0.2.10", "licname": value})) == ["licname"]


class TestModuleFields:
    def test_bitninja_needs_the_number_of_a_license(self, group: ProductGroup) -> None:
        product = make_product(group, tariff_id=BITNINJA)
        assert clean_field_values(product, {"item": "700001"}) == {"item": "700001"}
        assert list(faults(product, {"item": "my license"})) == ["item"]
        assert list(faults(product, {"item": "7", "bitninja_email": "nobody"})) == ["bitninja_email"]

    def test_ddos_guard_needs_domain_and_address(self, group: ProductGroup) -> None:
        product = make_product(group, tariff_id=DDOS_GUARD)
        assert set(faults(product, {})) == {"item", "domain", "target_ip"}
        assert set(faults(product, {"item": "7", "domain": "no domain", "target_ip": "::1"})) == {"domain", "target_ip"}
        asked = {"item": "7", "domain": "пример.рф", "target_ip": "192.0.2.1"}
        assert clean_field_values(product, asked) == asked

    def test_the_live_name_tells_which_fields_an_unknown_module_needs(
        self, group: ProductGroup, server: Server
    ) -> None:
        PriceListEntry.objects.create(
            server=server, kind="addition", tariff_id="424242", name="BitNinja 2", prices={"1": "9"},
            read_at=datetime(2026, 3, 1, tzinfo=UTC),
        )  # fmt: skip
        product = make_product(group, tariff_id="424242")
        assert [field.key for field in order_form_fields(product)] == ["item", "bitninja_email"]

    def test_reading_the_fields_costs_one_query(self, lite: Product, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            clean_field_values(lite, {"ip": "192.0.2.10"})


class TestOwnFields:
    @pytest.mark.parametrize(("value", "kept"), [("Gold", "Gold"), (" Silver ", "Silver")])
    def test_a_drop_down_takes_its_options(self, consulting: Product, value: str, kept: str) -> None:
        add_field(consulting, type="DROPDOWN", options="Gold, Silver ,")
        assert clean_field_values(consulting, {"note": value}) == {"note": kept}

    @pytest.mark.parametrize("value", ["Bronze", "gold", "Gold, Silver", ","])
    def test_a_drop_down_takes_nothing_else(self, consulting: Product, value: str) -> None:
        add_field(consulting, type="DROPDOWN", options="Gold, Silver ,")
        assert faults(consulting, {"note": value}) == {"note": ["Choose one of the options."]}

    @pytest.mark.parametrize(("value", "kept"), [("1", "on"), ("on", "on"), ("true", "on"), ("0", None), ("", None)])
    def test_a_checkbox_is_on_or_absent(self, consulting: Product, value: str, kept: str | None) -> None:
        add_field(consulting, type="CHECKBOX")
        assert clean_field_values(consulting, {"note": value}).get("note") == kept

    def test_a_required_checkbox_has_to_be_ticked(self, consulting: Product) -> None:
        add_field(consulting, type="CHECKBOX", is_required=True)
        assert list(faults(consulting, {"note": "off"})) == ["note"]

    def test_a_link_gets_its_scheme(self, consulting: Product) -> None:
        add_field(consulting, type="LINK")
        assert clean_field_values(consulting, {"note": "example.com/a"}) == {"note": "http://example.com/a"}
        for value in ("javascript://alert(1)", "not a link", "ftp://example.com"):
            assert list(faults(consulting, {"note": value})) == ["note"]

    def test_a_text_area_keeps_its_lines(self, consulting: Product) -> None:
        add_field(consulting, type="TEXTAREA")
        assert clean_field_values(consulting, {"note": "one\r\ntwo\tx"}) == {"note": "one\ntwo\tx"}
        assert list(faults(consulting, {"note": "a\x00"})) == ["note"]

    def test_a_pattern_has_to_match_as_a_whole(self, consulting: Product) -> None:
        add_field(consulting, validation=r"[A-Z]{2}\d+")
        assert clean_field_values(consulting, {"note": "AB12"}) == {"note": "AB12"}
        assert list(faults(consulting, {"note": "AB12x"})) == ["note"]

    def test_a_value_has_1000_characters_at_most(self, consulting: Product) -> None:
        add_field(consulting, type="TEXTAREA", validation="(a|b)*")
        assert clean_field_values(consulting, {"note": "a" * 1000})
        assert "1000" in faults(consulting, {"note": "a" * 1001})["note"][0]

    def test_a_required_field_off_the_order_form_is_not_asked(self, consulting: Product) -> None:
        add_field(consulting, is_required=True, is_on_order_form=False)
        assert clean_field_values(consulting, {}) == {}
        assert clean_field_values(consulting, {"note": "x"}) == {"note": "x"}

    def test_a_broken_pattern_is_refused_when_the_field_is_saved(self, consulting: Product) -> None:
        with pytest.raises(ValidationError) as raised:
            CustomField(product=consulting, key="x", label="X", validation="(").full_clean()
        assert list(raised.value.message_dict) == ["validation"]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["ip", "licname", "lickey", "root"]), st.text(max_size=300)))
def test_any_text_is_accepted_or_refused_in_words(lite: Product, values: dict[str, str]) -> None:
    kept, messages = {}, ["none"]
    try:
        kept = clean_field_values(lite, values)
    except FieldsInvalid as error:
        messages = [message for found in error.errors.values() for message in found]
    assert messages
    assert all(messages)
    assert set(kept) <= set(values)
    assert "\x00" not in "".join(kept.values())
