"""The words of documents, whole in each language.

They are no translations of each other: each follows the custom and the legal terms of its readers, down to whether
prices are written with their tax. That is why they stand here side by side and not among the texts of pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from billing.models import InvoiceStatus, RefundWay
from catalog.taxes import TaxGround


@dataclass(frozen=True, slots=True)
class Words:
    """All that a document says by itself. `{…}` is filled in."""

    # Headings
    proforma: str
    invoice: str
    credit_note: str
    status: Mapping[str, str]
    # Parties
    seller: str
    buyer: str
    inn: str
    kpp: str
    vat_number: str
    tax_number: str
    registration: str
    russian_registration: str
    phone: str
    # Dates and other facts
    issued: str
    due: str
    paid_on: str
    of_invoice: str
    reason: str
    # Lines
    position: str
    description: str
    period: str
    amount: str
    # Sums. `tax_within`: amounts hold their tax and say so; else taxes are added to a subtotal.
    tax_within: bool
    subtotal: str
    tax: str
    vat: str
    tax_row: str
    no_tax: str
    no_tax_amount: str
    no_tax_mark: str
    total: str
    to_be_paid: str
    credited: str
    credit_applied: str
    paid: str
    balance: str
    written_off: str
    refunded: str
    total_credited: str
    off_balance: str
    to_credit: str
    to_refund: str
    summary: str
    grounds: Mapping[str, str]
    # Tables of money
    payments: str
    refunds: str
    day: str
    way: str
    reference: str
    reversed: str
    ways: Mapping[str, str]
    # Bank transfer
    transfer: str
    holder: str
    account: str
    bank: str
    bic: str
    bik: str
    correspondent: str
    purpose: str
    scan: str
    # The foot of each page of a PDF
    page: str
    of: str


ENGLISH: Final = Words(
    proforma="Proforma invoice {number}",
    invoice="Invoice {number}",
    credit_note="Credit note {number}",
    status={
        InvoiceStatus.DRAFT: "Draft",
        InvoiceStatus.UNPAID: "Unpaid",
        InvoiceStatus.PAYMENT_PENDING: "Payment pending",
        InvoiceStatus.PAID: "Paid",
        InvoiceStatus.CANCELLED: "Cancelled",
        InvoiceStatus.REFUNDED: "Refunded",
        InvoiceStatus.COLLECTIONS: "In collection",
    },
    seller="From",
    buyer="Billed to",
    inn="Tax number (INN) {number}",
    kpp="KPP {number}",
    vat_number="VAT number {number}",
    tax_number="Tax number {number}",
    registration="Registration number {number}",
    russian_registration="Registration number (OGRN) {number}",
    phone="Phone {number}",
    issued="Issued",
    due="Due",
    paid_on="Paid",
    of_invoice="For invoice",
    reason="Reason",
    position="#",
    description="Description",
    period="Period",
    amount="Amount",
    tax_within=False,
    subtotal="Subtotal",
    tax="Tax",
    vat="VAT",
    tax_row="{tax}",
    no_tax="",
    no_tax_amount="",
    no_tax_mark="—",
    total="Total",
    to_be_paid="Total due",
    credited="Credit notes",
    credit_applied="Credit applied",
    paid="Paid",
    balance="Balance due",
    written_off="Written off",
    refunded="Refunded",
    total_credited="Total credited",
    off_balance="Taken off the balance of the invoice",
    to_credit="Added to your credit",
    to_refund="To be refunded",
    summary="",
    grounds={
        TaxGround.EXEMPT_CLIENT: "The customer is exempt from tax.",
        TaxGround.REVERSE_CHARGE: (
            "Reverse charge: VAT is to be accounted for by the recipient of the service "
            "(Articles 44 and 196 of Council Directive 2006/112/EC)."
        ),
    },
    payments="Payments",
    refunds="Refunds",
    day="Date",
    way="Method",
    reference="Reference",
    reversed="taken back on {day}",
    ways={
        "credit": "Client credit",
        "bank_transfer": "Bank transfer",
        "manual": "Recorded by hand",
        RefundWay.GATEWAY: "Back the way it was paid",
        RefundWay.RECORDED: "Paid back",
        RefundWay.CREDIT: "To client credit",
    },
    transfer="Pay by bank transfer",
    holder="Account holder",
    account="Account number",
    bank="Bank",
    bic="BIC",
    bik="BIC (БИК)",
    correspondent="Correspondent account",
    purpose="Reference",
    scan="Scan in your banking app",
    page="Page",
    of="of",
)

RUSSIAN: Final = Words(
    proforma="Счёт на оплату № {number} от {day}",
    invoice="Счёт № {number} от {day}",
    credit_note="Кредит-нота № {number} от {day}",
    status={
        InvoiceStatus.DRAFT: "Черновик",
        InvoiceStatus.UNPAID: "Не оплачен",
        InvoiceStatus.PAYMENT_PENDING: "Ожидает зачисления",
        InvoiceStatus.PAID: "Оплачен",
        InvoiceStatus.CANCELLED: "Аннулирован",
        InvoiceStatus.REFUNDED: "Деньги возвращены",
        InvoiceStatus.COLLECTIONS: "Просрочен",
    },
    seller="Поставщик (исполнитель)",
    buyer="Покупатель (заказчик)",
    inn="ИНН {number}",
    kpp="КПП {number}",
    vat_number="Номер плательщика НДС {number}",
    tax_number="Налоговый номер {number}",
    registration="Регистрационный номер {number}",
    russian_registration="ОГРН {number}",
    phone="Тел. {number}",
    issued="",  # the heading says it
    due="Оплатить до",
    paid_on="Оплачен",
    of_invoice="К счёту",
    reason="Основание",
    position="№",
    description="Товары (работы, услуги)",
    period="Период",
    amount="Сумма",
    tax_within=True,
    subtotal="Итого",
    tax="Налог",
    vat="НДС",
    tax_row="В том числе {tax}",
    no_tax="Без налога (НДС)",
    no_tax_amount="—",
    no_tax_mark="без НДС",
    total="Всего",
    to_be_paid="Всего к оплате",
    credited="Зачтено по кредит-нотам",
    credit_applied="Зачтено с баланса",
    paid="Оплачено",
    balance="Осталось оплатить",
    written_off="Списано",
    refunded="Возвращено",
    total_credited="Всего к зачёту или возврату",
    off_balance="Уменьшена задолженность по счёту",
    to_credit="Зачислено на баланс",
    to_refund="К возврату",
    summary="Всего наименований {count}, на сумму {amount}",
    grounds={
        TaxGround.EXEMPT_CLIENT: "Покупатель освобождён от налога.",
        TaxGround.REVERSE_CHARGE: (
            "Обратное начисление (reverse charge): НДС исчисляет и уплачивает получатель услуги "
            "(ст. 44 и 196 Директивы Совета ЕС 2006/112/EC)."
        ),
    },
    payments="Оплата",
    refunds="Возвраты",
    day="Дата",
    way="Способ",
    reference="Номер операции",
    reversed="отозван {day}",
    ways={
        "credit": "С баланса клиента",
        "bank_transfer": "Банковский перевод",
        "manual": "Внесено вручную",
        RefundWay.GATEWAY: "Тем же способом, что и оплата",
        RefundWay.RECORDED: "Выплачено",
        RefundWay.CREDIT: "На баланс клиента",
    },
    transfer="Реквизиты для оплаты",
    holder="Получатель",
    account="Счёт №",
    bank="Банк получателя",
    bic="BIC (SWIFT)",
    bik="БИК",
    correspondent="Корр. счёт",
    purpose="Назначение платежа",
    scan="Отсканируйте в приложении банка",
    page="Стр.",
    of="из",
)

_WORDS: Final = {"en": ENGLISH, "ru": RUSSIAN}
# What operators call the value added tax in their rules, whatever the language of the document.
VAT_NAMES: Final = frozenset({"vat", "ндс", "nds", "mwst", "ust", "tva", "iva"})


def known_language(*languages: str) -> str:
    """The first of `languages` that documents can be written in, else the portal's own."""
    return next((code for code in (*languages, settings.LANGUAGE_CODE) if code in _WORDS), "en")


def words_of(language: str) -> Words:
    """The words of a known language."""
    return _WORDS[language]
