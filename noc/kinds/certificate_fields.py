"""The fields of an SSL certificate, under the partner's names (partner-api.md §6.9)."""

import re
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from noc.kinds.base import FieldSpec, tariff_letters
from noc.kinds.certificate_countries import COUNTRY_CHOICES
from noc.tariffs import built_in

# The authorities write to these mailboxes only, at the domain itself or at one above it.
APPROVERS: Final = ("admin", "administrator", "hostmaster", "postmaster", "webmaster")
MAX_REQUEST: Final = 8000  # letters of a CSR: an RSA key of 8192 bits and a long subject
MAX_COMMON_NAME: Final = 64  # X.509's own limit
MAX_DOMAINS: Final = 1000
CONTACT: Final = ("fname", "lname", "jtitle", "email", "phone")
ORGANIZATION_MARKS: Final = (
    "organization",
    "organisation",
    "businessid",
    "securesite",
    "webserver",
    "premium",
    "instant",
)

ORDER_ID: Final = FieldSpec("order_id", _("Order ID"), filled_by_partner=True)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a tariff's certificates cover and prove, as its name tells.

    `names_organization`: the authority checks a company (OV, EV); `is_extended`: it checks it thoroughly (EV).
    """

    is_wildcard: bool
    is_multi_domain: bool
    names_organization: bool
    is_extended: bool


def traits_of(tariff_id: str, tariff_name: str = "") -> Traits:
    """By the built-in name, else by the live one."""
    letters = tariff_letters(tariff_id, tariff_name)
    known = built_in(tariff_id)
    words = set(re.findall(r"[a-z0-9]+", (known.name if known else tariff_name).casefold()))
    is_extended = "ev" in words or "extendedvalidation" in letters
    return Traits(
        is_wildcard="wildcard" in letters,
        is_multi_domain="multidomain" in letters or bool(words & {"san", "ucc"}),
        names_organization=is_extended or "ov" in words or any(mark in letters for mark in ORGANIZATION_MARKS),
        is_extended=is_extended,
    )


def asked(key: str, label: Promise, type: str = "text", *, required: bool = True, **more: object) -> FieldSpec:
    """A field that people fill while ordering."""
    return FieldSpec(key, label, type=type, is_required=required, on_order_form=True, **more)  # type: ignore[arg-type]


DOMAIN: Final = asked("CN", _("Domain name (CN)"), "domain", max_length=MAX_COMMON_NAME)
WILDCARD: Final = asked(
    "CN",
    _("Domain name (CN)"),
    "wildcard",
    max_length=MAX_COMMON_NAME,
    description=_("With a star for all names below the domain, such as *.example.com."),
)
MORE_DOMAINS: Final = asked(
    "altname",
    _("More domain names"),
    "domains",
    required=False,
    max_length=MAX_DOMAINS,
    description=_("Names that the certificate covers too, with spaces between them."),
)
OWN_REQUEST: Final = asked(
    "csr",
    _("Your own certificate request (CSR)"),
    "textarea",
    required=False,
    max_length=MAX_REQUEST,
    description=_("Leave it empty and the request is made for you, with its private key."),
)
SUBJECT: Final = (
    asked("O", _("Organization (O)"), max_length=64, description=_("A private person enters the full name.")),
    asked("OU", _("Department (OU)"), required=False, max_length=64),
    asked("field_country", _("Country (C)"), choices=COUNTRY_CHOICES),
    asked("ST", _("State or region (ST)"), max_length=128),
    asked("L", _("City (L)"), max_length=128),
    asked("emailAddress", _("E-mail in the certificate request"), "email", required=False),
)
APPROVER: Final = asked(
    "approver_email_1",
    _("E-mail for the confirmation"),
    "email",
    description=_(
        "The authority writes to it: admin@, administrator@, hostmaster@, postmaster@ or webmaster@ your domain."
    ),
)
ADMINISTRATOR: Final = (
    asked("adm_fname", _("Administrative contact: first name"), max_length=64),
    asked("adm_lname", _("Administrative contact: last name"), max_length=64),
    asked("adm_jtitle", _("Administrative contact: position"), max_length=64),
    asked("adm_email", _("Administrative contact: e-mail"), "email"),
    asked("adm_phone", _("Administrative contact: phone"), "phone"),
)
SAME: Final = _("Empty: the same as the administrative contact.")
TECHNICIAN: Final = (
    asked("tech_fname", _("Technical contact: first name"), required=False, max_length=64, description=SAME),
    asked("tech_lname", _("Technical contact: last name"), required=False, max_length=64, description=SAME),
    asked("tech_jtitle", _("Technical contact: position"), required=False, max_length=64, description=SAME),
    asked("tech_email", _("Technical contact: e-mail"), "email", required=False, description=SAME),
    asked("tech_phone", _("Technical contact: phone"), "phone", required=False, description=SAME),
)
ORGANIZATION: Final = (
    asked("org_name", _("Organization: registered name")),
    asked("org_division", _("Organization: department"), required=False),
    asked("org_duns", _("Organization: D-U-N-S number"), required=False, max_length=20),
    asked("org_address", _("Organization: street and house")),
    asked("org_city", _("Organization: city")),
    asked("org_state", _("Organization: state or region")),
    asked("org_postcode", _("Organization: postcode"), max_length=20),
    asked("org_phone", _("Organization: phone"), "phone"),
)
REGISTRATION: Final = (
    asked("org_incorporating_agency", _("Organization: registering authority"), required=False),
    asked("org_registration_number", _("Organization: registration number"), required=False, max_length=64),
)


def specs_of(traits: Traits, *, takes_own_request: bool) -> tuple[FieldSpec, ...]:
    """The fields for certificates with these traits; a CSR is asked only where the partner's word for it is known."""
    return (
        WILDCARD if traits.is_wildcard else DOMAIN,
        *((MORE_DOMAINS,) if traits.is_multi_domain else ()),
        APPROVER,
        *((OWN_REQUEST,) if takes_own_request else ()),
        *SUBJECT,
        *ADMINISTRATOR,
        *TECHNICIAN,
        *(ORGANIZATION if traits.names_organization else ()),
        *(REGISTRATION if traits.is_extended else ()),
        ORDER_ID,
    )
