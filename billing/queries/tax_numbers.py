"""Tax numbers, checked by format: length, letters, check digits. Whether one is registered is not known here."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

# fmt: off
EU_COUNTRIES: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
WRONG_TAX_ID: Final = _("This is no tax number of the country: check its letters and digits.")
# Greek numbers carry the letters EL.
_PREFIXES: Final = {"GR": "EL"}


def clean_tax_id(tax_id: str, *, country: str) -> str | None:
    """The number as it is kept, EU ones with the letters of their country; None if it is none of `country`.

    Numbers of countries whose format nobody told us are kept as they are.
    """
    text = "".join(tax_id.split()).upper()
    if country in EU_COUNTRIES:
        prefix = _PREFIXES.get(country, country)
        digits = _compact(text.removeprefix(prefix), country)
        return None if digits is None else prefix + digits.removeprefix(prefix)
    return _compact(text, country)


def _compact(text: str, country: str) -> str | None:
    module = get_cc_module(country.lower(), "vat") if country else None
    if module is None:
        return text
    try:
        return str(module.validate(text))
    except ValidationError:
        return None
