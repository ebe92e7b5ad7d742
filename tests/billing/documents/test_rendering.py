"""Documents as HTML and as PDF."""

import builtins
import re
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from billing.documents import rendering
from billing.documents.content import read_paper
from billing.documents.rendering import PdfUnavailable, digest_of, make_pdf, render_source
from billing.models import Client, Invoice
from tests.billing.documents.samples import (
    Charge,
    make_credit_note,
    make_french_client,
    make_german_seller,
    make_invoice,
    make_russian_client,
    make_russian_seller,
    pay_up,
)

pytestmark = pytest.mark.django_db

RUSSIAN_LICENSE = Charge("ispmanager host, лицензия на 1 месяц", "1000.00", [("НДС", "22", "220.00")])


def source_of(subject: Any) -> str:
    return render_source(read_paper(subject))


def read_pdf(pdf: bytes) -> list[str]:
    """The text of each page, spaces of every kind made one."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


@pytest.fixture
def russian_bill(db: None) -> Invoice:
    make_russian_seller()
    return make_invoice(make_russian_client(), [RUSSIAN_LICENSE])


@pytest.fixture
def dupont(db: None) -> Client:
    make_german_seller()
    return make_french_client()


class TestSource:
    def test_what_was_typed_stays_text(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge('<img src="file:///etc/passwd">', "1.00")])
        html = source_of(invoice)
        assert "<img" not in html
        assert "&lt;img src=&quot;file:///etc/passwd&quot;&gt;" in html
        assert "Dupont &amp; Fils SARL" in html

    def test_it_names_no_address_of_anything(self, russian_bill: Invoice) -> None:
        assert re.findall(r"(?:src|href|url)\s*[=(]", source_of(russian_bill)) == []

    def test_an_awaited_transfer_has_its_code(self, russian_bill: Invoice) -> None:
        assert '<svg viewBox="' in source_of(russian_bill)
        pay_up(russian_bill)
        assert "<svg" not in source_of(russian_bill)

    def test_the_digest_changes_with_any_word_and_with_nothing_else(self, russian_bill: Invoice) -> None:
        first = digest_of(source_of(russian_bill))
        assert digest_of(source_of(russian_bill)) == first
        pay_up(russian_bill)
        assert digest_of(source_of(russian_bill)) != first

    def test_the_digest_changes_with_the_style(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = digest_of("<p>")
        monkeypatch.setattr(rendering, "_fingerprint", lambda: "another style")
        assert digest_of("<p>") != first


@pytest.mark.pdf
class TestPdf:
    def test_a_russian_bill_can_be_read_in_it(self, russian_bill: Invoice) -> None:
        (text,) = read_pdf(make_pdf(source_of(russian_bill)))
        for words in (
            f"Счёт на оплату № PRO-{russian_bill.pk} от 1 марта 2026 г.",
            "НЕ ОПЛАЧЕН",
            "ООО «Ромашка Хостинг»",
            "ИНН 7707083893, КПП 770701001",
            "АО «Вектор»",
            "ispmanager host, лицензия на 1 месяц",
            "В том числе НДС 22 % 220,00 ₽",
            "Всего к оплате 1 220,00 ₽",
            "Одна тысяча двести двадцать рублей 00 копеек",
            "БИК 044525225",
            "40702810938000012345",
            "Стр. 1 из 1",
        ):
            assert words in text

    def test_an_english_proforma_can_be_read_in_it(self, dupont: Client) -> None:
        invoice = make_invoice(dupont, [Charge("ispmanager business", "1150.00", ground="REVERSE_CHARGE")])
        (text,) = read_pdf(make_pdf(source_of(invoice)))
        for words in (
            f"Proforma invoice PRO-{invoice.pk}",
            "UNPAID",
            "Hauptstraße 1",
            "€1,150.00",
            "Reverse charge: VAT is to be accounted for by the recipient",
            "DE89 3704 0044 0532 0130 00",
            "Page 1 of 1",
        ):
            assert words in text

    def test_a_credit_note_can_be_read_in_it(self, russian_bill: Invoice) -> None:
        pay_up(russian_bill)
        note = make_credit_note(russian_bill, amount="100.00", taxes=[("НДС", "22", "22.00")], reason="Ошибка в заказе")
        (text,) = read_pdf(make_pdf(source_of(note)))
        assert f"Кредит-нота № {note.number} от 20 марта 2026 г." in text
        assert "Ошибка в заказе" in text
        assert "122,00 ₽" in text

    def test_its_title_and_author_are_the_documents(self, russian_bill: Invoice) -> None:
        metadata = PdfReader(BytesIO(make_pdf(source_of(russian_bill)))).metadata
        assert metadata is not None
        assert (metadata.title, metadata.author) == (read_paper(russian_bill).heading, "ООО «Ромашка Хостинг»")

    def test_the_head_of_the_table_and_page_numbers_come_on_every_page(self, dupont: Client) -> None:
        charges = [
            Charge(f"License for host{number}.example.com", "5.00", [("VAT", "19", "0.95")]) for number in range(60)
        ]
        invoice = make_invoice(dupont, charges)
        pay_up(invoice, number="INV-2026-00777")
        pages = read_pdf(make_pdf(source_of(invoice)))
        assert len(pages) >= 2
        for number, text in enumerate(pages, start=1):
            assert f"Page {number} of {len(pages)}" in text
            assert "INV-2026-00777" in text
        assert all("# Description Period VAT Amount" in text for text in pages if "License for" in text)
        assert sum(text.count("License for host") for text in pages) == 60
        assert "€357.00" in pages[-1]

    def test_the_longest_words_stay_on_the_page(self, dupont: Client) -> None:
        """The table keeps to its width: what does not fit goes on in the next line."""
        invoice = make_invoice(dupont, [Charge("x" * 255, "999999999.99"), Charge("short", "1.00")])
        (text,) = read_pdf(make_pdf(source_of(invoice)))
        assert text.count("x") >= 255
        assert "€999,999,999.99" in text

    def test_the_fonts_are_in_the_file(self, russian_bill: Invoice) -> None:
        fonts = PdfReader(BytesIO(make_pdf(source_of(russian_bill)))).pages[0]["/Resources"]["/Font"]
        assert {font.get_object()["/BaseFont"].split("+")[1] for font in fonts.values()} == {
            "Inter-Document",
            "Inter-Document-Semi-Bold",
        }

    def test_the_same_words_make_the_same_bytes(self, russian_bill: Invoice) -> None:
        source = source_of(russian_bill)
        first = make_pdf(source)
        make_pdf(source_of(make_invoice(make_french_client(), [Charge("Something else", "1.00")])))
        assert make_pdf(source) == first

    @pytest.mark.parametrize(
        "address",
        [
            "file:///etc/hostname",
            "http://127.0.0.1:1/x.png",
            "https://static.invalid/../../../../etc/hostname",
            "https://static.invalid/css/none.css",
        ],
    )
    def test_nothing_outside_is_ever_fetched(
        self, address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Should a template ever name an address, what it leads to is missing from the document."""
        opened: list[str] = []
        monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *arguments, **options: opened.append(address))
        make_pdf(f'<img src="{address}">')
        assert opened == []
        assert "Failed to load image" in caplog.text


def test_a_machine_without_the_libraries_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def load_all_but_pango(name: str, *arguments: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return load(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", load_all_but_pango)
    with pytest.raises(PdfUnavailable, match="libpango"):
        make_pdf("<p>")


def test_amounts_may_be_large(dupont: Client) -> None:
    assert "€1,000,000.00" in source_of(make_invoice(dupont, [Charge("License", str(Decimal(10**6)))]))
