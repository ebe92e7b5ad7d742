import pytest

from billing.queries.bank_numbers import (
    compact,
    is_bik,
    is_company_inn,
    is_iban,
    is_inn,
    is_kpp,
    is_russian_account,
    is_russian_correspondent,
    is_swift,
)


def test_spaces_and_hyphens_do_not_count() -> None:
    assert compact(" de89 3704-0044\N{NO-BREAK SPACE}0532 ") == "DE89370400440532"


@pytest.mark.parametrize(
    ("number", "is_right"),
    [
        ("DE89370400440532013000", True),
        ("GB29NWBK60161331926819", True),
        ("DE89370400440532013001", False),
        ("DE8937040044053201300", False),
        ("XX89370400440532013000", False),
        ("de89370400440532013000", False),  # compact() comes first
        ("", False),
    ],
)
def test_an_iban_has_a_country_and_check_digits(number: str, is_right: bool) -> None:
    assert is_iban(number) == is_right


@pytest.mark.parametrize(
    ("code", "is_right"), [("COBADEFF", True), ("COBADEFFXXX", True), ("COBADEF", False), ("", False)]
)
def test_a_bic_has_eight_or_eleven_signs(code: str, is_right: bool) -> None:
    assert is_swift(code) == is_right


@pytest.mark.parametrize(
    ("code", "is_right"), [("044525225", True), ("144525225", False), ("04452522", False), ("", False)]
)
def test_a_bik_begins_with_the_country(code: str, is_right: bool) -> None:
    assert is_bik(code) == is_right


@pytest.mark.parametrize(
    ("number", "bik", "is_right"),
    [
        ("03100643000000018500", "024501901", False),  # of the treasury, which sells nothing
        ("40702810938000012345", "044525225", True),
        ("40702810938000012345", "044525974", False),  # the account of another bank
        ("40702810838000012345", "044525225", False),  # a wrong key
        ("4070281093800001234", "044525225", False),
        ("4070281093800001234X", "044525225", False),
    ],
)
def test_a_russian_account_fits_its_bank(number: str, bik: str, is_right: bool) -> None:
    assert is_russian_account(number, bik=bik) == is_right


@pytest.mark.parametrize(
    ("number", "bik", "is_right"),
    [
        ("30101810400000000225", "044525225", True),  # Sberbank
        ("30101810145250000974", "044525974", True),  # T-Bank
        ("30101810500000000653", "044030653", True),  # Sberbank, Saint Petersburg
        ("30101810400000000226", "044525225", False),
        ("40702810938000012345", "044525225", False),  # a client's account
        ("", "044525225", False),
    ],
)
def test_a_correspondent_account_fits_its_bank(number: str, bik: str, is_right: bool) -> None:
    assert is_russian_correspondent(number, bik=bik) == is_right


def test_russian_tax_numbers() -> None:
    assert is_inn("7707083893")
    assert is_inn("500100732259")
    assert not is_inn("7707083894")
    assert is_company_inn("7707083893")
    assert not is_company_inn("500100732259")
    assert is_kpp("770701001")
    assert is_kpp("7707AZ001")
    assert not is_kpp("77070100")
    assert not is_kpp("770701abc")
