"""QR codes of bank transfers: worked examples of both standards, and what they never do whatever is typed."""

from dataclasses import replace
from decimal import Decimal

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from billing.documents.codes import EPC_BYTES, draw_code, epc_code, payment_code, russian_code
from billing.queries.transfers import TransferAccount
from tests.billing.documents.samples import BIK, CORRESPONDENT, IBAN, RUSSIAN_ACCOUNT, SWIFT

GERMAN = TransferAccount("EUR", "Franz Mustermänn", "DE71110220330123456789", bic="BHBLDEHHXXX")
RUSSIAN = TransferAccount("RUB", "ООО «Три кита»", RUSSIAN_ACCOUNT, 'ОАО "БАНК"', BIK, CORRESPONDENT)
AMOUNTS = st.decimals(min_value="0.01", max_value="999999999.99", places=2)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def fields_of(code: str) -> dict[str, str]:
    """What a bank's program reads: the field before the first sign of equality, its value after it."""
    head, *fields = code.split("|")
    assert head == "ST00012"
    return dict(field.split("=", 1) for field in fields)


class TestRussian:
    def test_a_worked_example(self) -> None:
        code = russian_code(
            RUSSIAN, amount=Decimal("2500.00"), purpose="Оплата членского взноса", tax_id="6200098765", kpp="620001001"
        )
        assert code == (
            'ST00012|Name=ООО «Три кита»|PersonalAcc=40702810938000012345|BankName=ОАО "БАНК"|BIC=044525225'
            "|CorrespAcc=30101810400000000225|PayeeINN=6200098765|KPP=620001001|Sum=250000"
            "|Purpose=Оплата членского взноса"
        )

    def test_what_may_be_left_out_is(self) -> None:
        code = russian_code(RUSSIAN, amount=Decimal("0.01"), purpose="")
        assert list(fields_of(code)) == ["Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc", "Sum"]
        assert fields_of(code)["Sum"] == "1"

    @pytest.mark.parametrize(
        "changes",
        [
            {"holder": " "},
            {"bank": ""},
            {"bic": ""},
            {"bic": "144525225"},
            {"number": "40702810938000012346"},  # a wrong key
            {"number": "4070281093800001234"},
            {"correspondent": ""},
            {"correspondent": "30101810400000000226"},
        ],
    )
    def test_incomplete_data_make_no_code(self, changes: dict[str, str]) -> None:
        assert russian_code(replace(RUSSIAN, **changes), amount=Decimal(1), purpose="x") == ""

    @pytest.mark.parametrize("amount", ["0", "-1", "1.001"])
    def test_an_amount_that_nobody_can_transfer_makes_no_code(self, amount: str) -> None:
        assert russian_code(RUSSIAN, amount=Decimal(amount), purpose="x") == ""

    @given(holder=TEXTS, bank=TEXTS, purpose=TEXTS, amount=AMOUNTS)
    def test_nothing_typed_breaks_out_of_its_field(self, holder: str, bank: str, purpose: str, amount: Decimal) -> None:
        code = russian_code(
            replace(RUSSIAN, holder=holder, bank=bank), amount=amount, purpose=purpose, tax_id="7707083893"
        )
        if not code:
            assert not holder.strip() or not bank.strip()
            return
        fields = fields_of(code)
        assert fields["PersonalAcc"] == RUSSIAN_ACCOUNT
        assert fields["Sum"] == f"{amount * 100:f}".split(".")[0]
        assert set(fields) <= {"Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc", "PayeeINN", "Sum", "Purpose"}
        assert len(fields["Name"]) <= 160
        assert len(fields["BankName"]) <= 45
        assert len(fields.get("Purpose", "")) <= 210
        assert "\n" not in code


class TestEpc:
    def test_a_worked_example(self) -> None:
        assert epc_code(GERMAN, amount=Decimal("12.30"), reference="RF18539007547034") == (
            "BCD\n002\n1\nSCT\nBHBLDEHHXXX\nFranz Mustermänn\nDE71110220330123456789\nEUR12.30\n\n\nRF18539007547034"
        )

    def test_within_the_eea_there_need_not_be_a_bic(self) -> None:
        code = epc_code(replace(GERMAN, bic=""), amount=Decimal(1), reference="PRO-1")
        assert code.split("\n")[4:8] == ["", "Franz Mustermänn", "DE71110220330123456789", "EUR1.00"]

    def test_nothing_follows_the_last_field(self) -> None:
        assert epc_code(GERMAN, amount=Decimal(1), reference="").endswith("\nEUR1.00")

    def test_an_iban_is_written_without_its_spaces(self) -> None:
        account = replace(GERMAN, number="DE89 3704 0044 0532 0130 00")
        assert f"\n{IBAN}\n" in epc_code(account, amount=Decimal(1), reference="PRO-1")

    def test_the_widest_letters_shorten_the_holder_and_nothing_else(self) -> None:
        code = epc_code(replace(GERMAN, holder="😀" * 70), amount=Decimal("999999999.99"), reference="Ж" * 70)
        assert len(code.encode()) <= EPC_BYTES
        fields = code.split("\n")
        assert set(fields[5]) == {"😀"}
        assert fields[6:] == ["DE71110220330123456789", "EUR999999999.99", "", "", "Ж" * 70]

    @pytest.mark.parametrize(
        "changes", [{"holder": ""}, {"number": ""}, {"number": "DE71110220330123456780"}, {"number": "12345678"}]
    )
    def test_incomplete_data_make_no_code(self, changes: dict[str, str]) -> None:
        assert epc_code(replace(GERMAN, **changes), amount=Decimal(1), reference="PRO-1") == ""

    @pytest.mark.parametrize("amount", ["0", "-5", "0.001", "1000000000"])
    def test_an_amount_that_nobody_can_transfer_makes_no_code(self, amount: str) -> None:
        assert epc_code(GERMAN, amount=Decimal(amount), reference="PRO-1") == ""

    @given(holder=TEXTS, reference=TEXTS, amount=AMOUNTS)
    def test_it_fits_and_keeps_account_amount_and_places(self, holder: str, reference: str, amount: Decimal) -> None:
        code = epc_code(replace(GERMAN, holder=holder), amount=amount, reference=reference)
        if not code:
            assert not holder.strip()
            return
        assert len(code.encode()) <= EPC_BYTES
        fields = code.split("\n")
        assert fields[:5] == ["BCD", "002", "1", "SCT", "BHBLDEHHXXX"]
        assert fields[6:8] == ["DE71110220330123456789", f"EUR{amount}"]
        assert 1 <= len(fields[5]) <= 70
        assert len(fields) in (8, 11)
        assert segno.make_qr(code, error="m", boost_error=False, encoding="utf-8").version <= 13


@pytest.mark.parametrize(
    ("account", "beginning"),
    [
        (GERMAN, "BCD\n"),
        (replace(GERMAN, currency="USD"), ""),
        (RUSSIAN, "ST00012|"),
        (replace(RUSSIAN, currency="EUR"), ""),
        (TransferAccount("RUB", "Rouble GmbH", IBAN, "Commerzbank", SWIFT), ""),  # rubles outside Russia
        (TransferAccount("KZT", "ТОО", "KZ86125KZT5004100100"), ""),
    ],
)
def test_each_currency_has_its_standard_or_none(account: TransferAccount, beginning: str) -> None:
    code = payment_code(account, amount=Decimal(1), reference="PRO-1", purpose="Оплата")
    assert code.startswith(beginning) if beginning else code == ""


def test_the_drawing_is_of_the_very_text_in_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {}

    def make_qr(content: str, **options: object) -> segno.QRCode:
        drawn.update(content=content, **options)
        return segno.make(content, micro=False, **options)

    monkeypatch.setattr("billing.documents.codes.segno.make_qr", make_qr)
    svg = draw_code("ST00012|Name=ООО «Ромашка»")
    assert drawn == {"content": "ST00012|Name=ООО «Ромашка»", "error": "m", "boost_error": False, "encoding": "utf-8"}
    assert svg.startswith("<svg ")
    assert "style=" not in svg  # the content security policy of pages would drop it


def test_the_drawing_says_nothing_that_was_typed() -> None:
    assert "script" not in draw_code('BCD\n<script>alert("x")</script>')
