"""Numbers of bank accounts and banks, checked by format and check digits. Whether one exists is not known here."""

import re
from itertools import cycle
from typing import Final

from stdnum import bic as swift
from stdnum import iban
from stdnum.exceptions import ValidationError
from stdnum.ru import inn

RUSSIAN_CURRENCY: Final = "RUB"
_ACCOUNT: Final = re.compile(r"[0-9]{20}")
_BIK: Final = re.compile(r"04[0-9]{7}")
_KPP: Final = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
_COMPANY_DIGITS: Final = 10


def compact(number: str) -> str:
    """`number` without the spaces and hyphens that people write for the eye, in capitals."""
    return re.sub(r"[\s-]", "", number).upper()


def is_iban(number: str) -> bool:
    """Whether it is an IBAN of a known country with right check digits; written compactly."""
    try:
        return bool(iban.validate(number) == number)
    except ValidationError:
        return False


def is_swift(code: str) -> bool:
    """Whether it is a BIC (SWIFT code) of 8 or 11 letters and digits."""
    try:
        return bool(swift.validate(code) == code)
    except ValidationError:
        return False


def is_bik(code: str) -> bool:
    """Whether it is a Russian bank's БИК: nine digits, the country's first."""
    return _BIK.fullmatch(code) is not None


def is_russian_account(number: str, *, bik: str) -> bool:
    """Whether it is a client's account of 20 digits whose key fits the bank of `bik`."""
    return _ACCOUNT.fullmatch(number) is not None and is_bik(bik) and _has_right_key(bik[-3:] + number)


def is_russian_correspondent(number: str, *, bik: str) -> bool:
    """Whether it is that bank's own account at the Bank of Russia, by which it is reached."""
    is_number = _ACCOUNT.fullmatch(number) is not None and number.startswith("301")
    return is_number and is_bik(bik) and _has_right_key(f"0{bik[4:6]}{number}")


def is_inn(number: str) -> bool:
    """Whether it is an ИНН: ten digits of a company or twelve of a person."""
    return bool(inn.is_valid(number))


def is_kpp(number: str) -> bool:
    """Whether it is a КПП: nine characters, letters at most in the middle."""
    return _KPP.fullmatch(number) is not None


def is_company_inn(number: str) -> bool:
    """Whether an ИНН is a company's; only companies have a КПП."""
    return len(number) == _COMPANY_DIGITS


def _has_right_key(digits: str) -> bool:
    """The rule of the Bank of Russia: weights 7, 1, 3 over bank and account; the last digits add up to nothing."""
    return sum(int(digit) * weight for digit, weight in zip(digits, cycle((7, 1, 3)), strict=False)) % 10 == 0
