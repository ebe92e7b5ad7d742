from decimal import Decimal

import pytest

from catalog.actions.products import PriceValues, ProductInvalid, create_product
from catalog.fields import FieldsInvalid, clean_field_values, order_form_fields
from catalog.models import Currency, FieldType, Product, ProductGroup

MULTI_DOMAIN = "27648"
FIELDS = {
    "CN": "example.com",
    "approver_email_1": "admin@example.com",
    "O": "Anna Berg",
    "field_country": "DE",
    "ST": "Berlin",
    "L": "Berlin",
    "adm_fname": "Anna",
    "adm_lname": "Berg",
    "adm_jtitle": "Owner",
    "adm_email": "anna@example.com",
    "adm_phone": "+49 30 1234567",
}


def make(group: ProductGroup, *cycles: str, tariff_id: str = "3033") -> Product:
    values = {"group": group, "name": "SSL", "module": "ispmanager_noc", "tariff_id": tariff_id}
    currency = Currency.objects.get(code="EUR")
    prices = [PriceValues(currency, cycle, Decimal(20)) for cycle in cycles]
    return create_product(values={**values, "payment_type": "RECURRING"}, prices=prices)


@pytest.mark.parametrize("cycle", ["MONTHLY", "QUARTERLY", "SEMIANNUALLY"])
def test_a_certificate_is_sold_by_the_year_only(group: ProductGroup, cycle: str) -> None:
    with pytest.raises(ProductInvalid) as raised:
        make(group, cycle)
    assert list(raised.value.errors) == ["prices"]
    assert make(group, "ANNUALLY").kind == "certificate"


def test_saving_creates_the_fields_with_their_inputs(group: ProductGroup) -> None:
    product = make(group, "ANNUALLY", tariff_id=MULTI_DOMAIN)
    fields = {field.key: field for field in product.custom_fields.all()}
    assert {*FIELDS, "altname", "tech_email", "order_id"} <= set(fields)
    assert fields["field_country"].type == FieldType.DROPDOWN
    assert "DE" in fields["field_country"].options
    assert {field.key for field in order_form_fields(product)} == set(fields) - {"order_id"}


def test_a_request_of_the_clients_own_is_a_text_of_many_lines(
    group: ProductGroup, settings: pytest.FixtureRequest
) -> None:
    settings.NOC_CERTIFICATE_FUNCTIONS = {"own_request": "exist"}  # type: ignore[attr-defined]
    product = make(group, "ANNUALLY")
    assert product.custom_fields.get(key="csr").type == FieldType.TEXTAREA
    with pytest.raises(FieldsInvalid) as raised:
        clean_field_values(product, {**FIELDS, "csr": "-----BEGIN CERTIFICATE REQUEST-----\n" + "A" * 2000})
    assert "not a certificate request" in raised.value.errors["csr"][0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CN", ""),
        ("CN", "*.example.com"),
        ("approver_email_1", "anna@example.com"),
        ("field_country", "Germany"),
        ("adm_phone", "call me"),
        ("tech_email", "nonsense"),
        ("order_id", "5"),
        ("csr", "nonsense"),
    ],
)
def test_each_bad_value_is_named_at_its_field(group: ProductGroup, key: str, value: str) -> None:
    with pytest.raises(FieldsInvalid) as raised:
        clean_field_values(make(group, "ANNUALLY"), {**FIELDS, key: value})
    assert list(raised.value.errors) == [key]


def test_good_values_are_kept_as_they_were_typed(group: ProductGroup) -> None:
    assert clean_field_values(make(group, "ANNUALLY"), FIELDS) == FIELDS
