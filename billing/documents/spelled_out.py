"""Amounts in Russian words, as they close a Russian document: Одна тысяча двести рублей 00 копеек."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

type Gender = Literal["masculine", "feminine"]


@dataclass(frozen=True, slots=True)
class Noun:
    """What is counted: один рубль, два рубля, пять рублей."""

    one: str
    few: str
    many: str
    gender: Gender = "masculine"

    def counted(self, number: int) -> str:
        """The form that stands after `number`."""
        if number % 100 in range(11, 15):
            return self.many
        return {1: self.one, 2: self.few, 3: self.few, 4: self.few}.get(number % 10, self.many)


_ONES: Final[dict[Gender, tuple[str, ...]]] = {
    "masculine": ("", "один", "два"),
    "feminine": ("", "одна", "две"),
}
# fmt: off
_FROM_THREE: Final = (
    "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать", "двенадцать", "тринадцать",
    "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать", "восемнадцать", "девятнадцать",
)
_TENS: Final = (
    "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто",
)
_HUNDREDS: Final = (
    "", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот",
)
# fmt: on
_GROUPS: Final = (
    Noun("миллиард", "миллиарда", "миллиардов"),
    Noun("миллион", "миллиона", "миллионов"),
    Noun("тысяча", "тысячи", "тысяч", "feminine"),
)
_CURRENCIES: Final[dict[str, tuple[Noun, Noun]]] = {
    "RUB": (Noun("рубль", "рубля", "рублей"), Noun("копейка", "копейки", "копеек")),
    "EUR": (Noun("евро", "евро", "евро"), Noun("евроцент", "евроцента", "евроцентов")),
    "USD": (Noun("доллар США", "доллара США", "долларов США"), Noun("цент", "цента", "центов")),
}
LIMIT: Final = 10**12


def spell_amount(amount: Decimal, currency: str) -> str:
    """`amount` in words with its hundredths in digits; "" for a currency, a size or decimals without words here."""
    hundredths = amount * 100
    if currency not in _CURRENCIES or hundredths != int(hundredths) or not 0 <= amount < LIMIT:
        return ""
    whole, rest = divmod(int(hundredths), 100)
    unit, part = _CURRENCIES[currency]
    words = f"{spell_number(whole, gender=unit.gender)} {unit.counted(whole)} {rest:02d} {part.counted(rest)}"
    return words[0].upper() + words[1:]


def spell_number(number: int, *, gender: Gender = "masculine") -> str:
    """A whole number from 0 up to LIMIT (excluded) in words."""
    if number == 0:
        return "ноль"
    words: list[str] = []
    for place, noun in enumerate(_GROUPS):
        group = number // 1000 ** (len(_GROUPS) - place) % 1000
        if group:
            words += [*_spell_group(group, noun.gender), noun.counted(group)]
    return " ".join([*words, *_spell_group(number % 1000, gender)])


def _spell_group(number: int, gender: Gender) -> list[str]:
    hundreds, rest = divmod(number, 100)
    tens, ones = (rest // 10, rest % 10) if rest >= 20 else (0, rest)
    below_twenty = (*_ONES[gender], *_FROM_THREE)
    words = (_HUNDREDS[hundreds], _TENS[tens - 2] if tens else "", below_twenty[ones])
    return [word for word in words if word]
