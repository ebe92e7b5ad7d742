"""What an order of a certificate asks for, checked field by field. Everything here raises Refusal on its field."""

import re

from noc.sandbox import authority
from noc.sandbox.calls import Call
from noc.sandbox.countries import COUNTRIES
from noc.sandbox.kinds.base import looks_like_email
from noc.sandbox.refusals import empty, invalid
from noc.sandbox.tariffs import Tariff

_REQUIRED_SUBJECT = ("field_country", "CN", "ST", "L", "O")
SUBJECT = (*_REQUIRED_SUBJECT, "OU", "emailAddress")
_PERSON = ("fname", "lname", "jtitle", "email", "phone")
CONTACT = tuple(f"{who}_{what}" for who in ("adm", "tech") for what in _PERSON)
ORGANIZATION = ("org_name", "org_address", "org_city", "org_state", "org_postcode", "org_phone")
OPTIONAL_ORGANIZATION = ("org_duns", "org_division", "org_incorporating_agency", "org_registration_number")
APPROVER = ("approver_method", "approver_email_1", "auth_dnstxt_value")
_MAILBOXES = frozenset({"admin", "administrator", "hostmaster", "postmaster", "webmaster"})
_DOMAIN = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_LONGEST = 64


def made_by_partner(call: Call) -> bool:
    """`crt_type`: whether the partner makes CSR and key (`generate`), or the CSR exists already."""
    crt_type = call.param("crt_type")
    if not crt_type:
        raise empty("crt_type")
    if crt_type not in ("generate", call.options.certificate_exist_type):
        raise invalid("crt_type", crt_type)
    return crt_type == "generate"


def subject(call: Call) -> dict[str, str]:
    """Who the certificate is for: `field_country` (the partner's number), CN, ST, L, O; OU, emailAddress if sent."""
    fields = {name: _required(call, name) for name in _REQUIRED_SUBJECT}
    fields |= {name: call.param(name) for name in SUBJECT if call.param(name)}
    if fields["field_country"] not in COUNTRIES:
        raise invalid("field_country", fields["field_country"])
    _check_domain("CN", fields["CN"])
    for name, value in fields.items():
        if len(value) > (128 if name in ("ST", "L") else _LONGEST):
            raise invalid(name, value)
    if "emailAddress" in fields and not (looks_like_email(fields["emailAddress"]) and fields["emailAddress"].isascii()):
        raise invalid("emailAddress", fields["emailAddress"])
    return fields


def csr_subject(call: Call, csr: str) -> dict[str, str]:
    """What the CSR says of its owner, always with a CN."""
    if not csr:
        raise empty("csr")
    try:
        stated = authority.subject_of(csr)
    except authority.BadPem as error:
        raise invalid("csr") from error
    if not _DOMAIN.fullmatch(stated.get("CN", "")):
        raise invalid("csr")
    return stated


def chosen_names(call: Call, tariff: Tariff, name: str) -> list[str]:
    """The domains besides the CN: `altname` and `altname_input`, both the same, where the tariff sells several."""
    _check_domain("CN", name)
    if name.startswith("*.") is not tariff.is_wildcard:
        raise invalid("CN", name)
    if tariff.most_names == 1:
        return []
    text = call.param("altname")
    if call.param("altname_input").split() != text.split():
        raise invalid("altname_input", call.param("altname_input"))
    names = text.split()
    if len(names) >= tariff.most_names:
        raise invalid("altname", text)
    for one in names:
        _check_domain("altname", one)
    return names


def contacts(call: Call) -> dict[str, str]:
    """The administrative and the technical contact."""
    found = {name: _required(call, name) for name in CONTACT}
    for name in ("adm_email", "tech_email"):
        if not looks_like_email(found[name]):
            raise invalid(name, found[name])
    return found


def organization(call: Call, tariff: Tariff) -> dict[str, str]:
    """The organization's data, required where the tariff has it checked."""
    if not tariff.names_organization:
        return {}
    found = {name: _required(call, name) for name in ORGANIZATION}
    return found | {name: call.param(name) for name in OPTIONAL_ORGANIZATION if call.param(name)}


def chosen_approver(call: Call, name: str) -> dict[str, str]:
    """How the domain's owner is asked: a mailbox at the domain that authorities accept, or a DNS record."""
    method = call.param("approver_method") or "auth_email"
    if method == "auth_dnstxt":
        return {"approver_method": method}
    if method != "auth_email":
        raise invalid("approver_method", method)
    address = call.param("approver_email_1") or call.param("approver_email")
    if not address:
        raise empty("approver_email_1")
    user, _, host = address.lower().partition("@")
    domain = name.removeprefix("*.").lower()
    if user not in _MAILBOXES or "." not in host or not f".{domain}".endswith(f".{host}"):
        raise invalid("approver_email_1", address)
    return {"approver_method": method, "approver_email_1": address}


def _required(call: Call, name: str) -> str:
    value = call.param(name)
    if not value:
        raise empty(name)
    return value


def _check_domain(field: str, name: str) -> None:
    if len(name) > authority.LONGEST_NAME or not _DOMAIN.fullmatch(name):
        raise invalid(field, name)
