from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.documents.spelled_out import LIMIT, spell_amount, spell_number

VALUES = {
    **dict(
        zip(
            ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"],
            range(10),
            strict=True,
        )
    ),
    "одна": 1,
    "две": 2,
    **dict(
        zip(
            [
                "десять",
                "одиннадцать",
                "двенадцать",
                "тринадцать",
                "четырнадцать",
                "пятнадцать",
                "шестнадцать",
                "семнадцать",
                "восемнадцать",
                "девятнадцать",
            ],
            range(10, 20),
            strict=True,
        )
    ),
    **dict(
        zip(
            ["двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто"],
            range(20, 100, 10),
            strict=True,
        )
    ),
    **dict(
        zip(
            ["сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот"],
            range(100, 1000, 100),
            strict=True,
        )
    ),
}
GROUPS = {"тысяч": 10**3, "миллион": 10**6, "миллиард": 10**9}


def read_back(words: str) -> int:
    """The number that a reader adds up."""
    total = group = 0
    for word in words.split():
        if word in VALUES:
            group += VALUES[word]
            continue
        # The longest beginning counts: "миллиарда" does not begin with "миллион".
        total += group * next(value for stem, value in GROUPS.items() if word.startswith(stem))
        group = 0
    return total + group


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "Ноль рублей 00 копеек"),
        ("0.01", "Ноль рублей 01 копейка"),
        ("1", "Один рубль 00 копеек"),
        ("2.02", "Два рубля 02 копейки"),
        ("11.11", "Одиннадцать рублей 11 копеек"),
        ("21.21", "Двадцать один рубль 21 копейка"),
        ("112", "Сто двенадцать рублей 00 копеек"),
        ("1000", "Одна тысяча рублей 00 копеек"),
        ("2001.50", "Две тысячи один рубль 50 копеек"),
        ("14000", "Четырнадцать тысяч рублей 00 копеек"),
        ("21000", "Двадцать одна тысяча рублей 00 копеек"),
        ("1000001", "Один миллион один рубль 00 копеек"),
        ("3000000000", "Три миллиарда рублей 00 копеек"),
    ],
)
def test_rubles_in_words(amount: str, words: str) -> None:
    assert spell_amount(Decimal(amount), "RUB") == words


def test_other_currencies_have_their_own_nouns() -> None:
    assert spell_amount(Decimal("22.02"), "EUR") == "Двадцать два евро 02 евроцента"
    assert spell_amount(Decimal("1.01"), "USD") == "Один доллар США 01 цент"


@pytest.mark.parametrize(("amount", "currency"), [("1", "GBP"), ("1.005", "RUB"), ("-1", "RUB"), (str(LIMIT), "RUB")])
def test_what_has_no_words_is_left_out(amount: str, currency: str) -> None:
    assert spell_amount(Decimal(amount), currency) == ""


@given(st.integers(min_value=0, max_value=LIMIT - 1))
def test_every_number_can_be_read_back(number: int) -> None:
    assert read_back(spell_number(number)) == number
