"""The domain that a service is for (P3): one way of writing it is kept, another one shown."""

import re
from typing import Final

import idna
from django.utils.translation import gettext as _

from noc.kinds.fields import MAX_DOMAIN, is_domain, normalize_value

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class DomainInvalid(Exception):
    """This is no domain name; the text says so in words."""


def clean_domain(text: str) -> str:
    """A name as it is kept: in ASCII letters, small ones, without a dot behind it. Raises DomainInvalid."""
    typed = text.strip()
    if _SCHEME.match(typed) or "/" in typed:
        raise DomainInvalid(_("Enter the domain name alone, such as example.com, without https:// and path."))
    name = normalize_value(typed[: MAX_DOMAIN + 1]).removesuffix(".")
    if len(typed) > MAX_DOMAIN + 1 or not is_domain(name) or not _decode(name):
        raise DomainInvalid(_("Enter a domain name, such as example.com."))
    return name


def domain_words(name: str) -> str:
    """A name that is kept, in its own letters: `xn--e1afmkfd.xn--p1ai` → `пример.рф`."""
    return _decode(name) or name


def _decode(name: str) -> str:
    """ "" for what only looks like a name in other letters."""
    try:
        return idna.decode(name) if "xn--" in name else name
    except idna.IDNAError:
        return ""
