"""The fields of a service: what people may type into them, by the partner's rules."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

import idna
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_LENGTH: Final = 255  # partner-api.md §6.7: Russian and Latin letters count alike
MAX_EMAIL: Final = 254
MAX_DOMAIN: Final = 253
MAX_LOCAL_PART: Final = 64
MAX_PHONE_DIGITS: Final = 15  # E.164
LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
PHONE: Final = re.compile(r"\+?[0-9][0-9 ().-]{4,28}[0-9]")
STAR: Final = "*."
ID: Final = re.compile(r"0*[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of a service: `key` is what the module reads, `label` what people see.

    `type` is text, textarea (of several lines), password, ip, email, domain, wildcard, domains (several, spaces
    between them), phone or id (a number). `reserved` are values, without case, that mean something else at the partner.
    `choices` are (value, label); where there are any, nothing else is accepted.
    """

    key: str
    label: str | Promise
    type: str = "text"
    is_required: bool = False
    on_order_form: bool = False
    is_admin_only: bool = False
    is_secret: bool = False
    filled_by_partner: bool = False
    description: str | Promise = ""
    max_length: int = MAX_LENGTH
    reserved: frozenset[str] = frozenset()
    choices: tuple[tuple[str, str | Promise], ...] = ()

    def find_fault(self, value: str) -> str | Promise:
        """Why the partner would refuse this value, "" if nothing speaks against it."""
        value = value.strip()
        if not value:
            return _("Fill in this field.") if self.is_required else ""
        if has_controls(value, allowed="\r\n\t" if self.type == "textarea" else ""):
            return _("Remove the characters that cannot be printed.")
        if self.type in FORMS:
            is_right, words = FORMS[self.type]
            if not is_right(value):
                return words
        if len(value) > self.max_length:
            return _("Enter at most %(limit)s characters.") % {"limit": self.max_length}
        if value.casefold() in self.reserved:
            return _("This name is kept for licenses without an owner. Enter another one.")
        if self.choices and value not in dict(self.choices):
            return _("Choose one of the options.")
        return ""


def has_controls(text: str, *, allowed: str = "") -> bool:
    """Does it hold characters that cannot be printed?"""
    return any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text if letter not in allowed)


def normalize_value(text: str) -> str:
    """Case, spaces and the two spellings of a domain name, with a star before it or not, do not tell services apart."""
    text = " ".join(text.split()).casefold()
    if text.isascii() or " " in text:
        return text
    star, text = (STAR, text.removeprefix(STAR)) if text.startswith(STAR) else ("", text)
    try:
        return star + idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError:
        return star + text


def is_server_address(text: str) -> bool:
    """An IPv4 address that a server can have; private ones too."""
    try:
        address = IPv4Address(text)
    except ValueError:
        return False
    is_elsewhere = address.is_loopback or address.is_link_local or address.is_multicast
    return not (is_elsewhere or address.is_unspecified or address.is_reserved)


def is_domain(text: str) -> bool:
    """A domain name, in either spelling, of two labels or more; never an address."""
    name = normalize_value(text).removesuffix(".")
    labels = name.split(".")
    is_name = len(labels) > 1 and not labels[-1].isdecimal() and len(name) <= MAX_DOMAIN
    return is_name and all(DOMAIN_LABEL.fullmatch(label) for label in labels)


def is_wildcard(text: str) -> bool:
    """All names below a domain."""
    return text.startswith(STAR) and is_domain(text.removeprefix(STAR))


def are_domains(text: str) -> bool:
    """One domain name or more, each with a star before it or not."""
    return all(is_domain(name) or is_wildcard(name) for name in text.split())


def is_email(text: str) -> bool:
    """One address, as mail programs and the partner take it."""
    local, _at, host = text.rpartition("@")
    is_short = len(text) <= MAX_EMAIL and len(local) <= MAX_LOCAL_PART
    return is_short and bool(LOCAL_PART.fullmatch(local)) and not host.endswith(".") and is_domain(host)


def is_phone(text: str) -> bool:
    """A telephone number as people write it."""
    return bool(PHONE.fullmatch(text)) and sum(letter.isdigit() for letter in text) <= MAX_PHONE_DIGITS


def is_id(text: str) -> bool:
    """The number of something at the partner."""
    return bool(ID.fullmatch(text))


# Type of a field → what its value must be, and what to say otherwise. Other types take any text.
FORMS: Final[Mapping[str, tuple[Callable[[str], bool], Promise]]] = {
    "ip": (is_server_address, _("Enter an IPv4 address, such as 192.0.2.10.")),
    "email": (is_email, _("Enter an e-mail address.")),
    "domain": (is_domain, _("Enter a domain name, such as example.com.")),
    "wildcard": (is_wildcard, _("Enter a domain name with a star before it, such as *.example.com.")),
    "domains": (are_domains, _("Enter domain names with spaces between them, such as example.org shop.example.com.")),
    "phone": (is_phone, _("Enter a telephone number with its country code, such as +49 30 1234567.")),
    "id": (is_id, _("Enter the number of the license.")),
}
