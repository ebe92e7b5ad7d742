"""Certificate requests (CSR) and the mailboxes that may confirm them: what can be judged before anything is bought."""

from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from noc.kinds.certificate_fields import APPROVERS
from noc.kinds.fields import STAR, normalize_value

MIN_RSA_BITS: Final = 2048
CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
WRONG: Final = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)

type Words = str | Promise


def common_name_of(text: str) -> str:
    """A common name as it is compared and sent: ASCII, small letters, no dot at the end."""
    return normalize_value(text).removesuffix(".")


def parse_request(csr: str) -> x509.CertificateSigningRequest:
    """The CSR in PEM. Raises one of `WRONG`."""
    return x509.load_pem_x509_csr(csr.strip().encode())


def name_in_request(csr: str) -> str:
    """The common name that a CSR asks for; "" where there is none or it cannot be read."""
    try:
        names = parse_request(csr).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except WRONG:
        return ""
    return common_name_of(str(names[0].value)) if names else ""


def find_request_fault(csr: str, common_name: str) -> Words:
    """What the authority would refuse in a CSR for `common_name`, "" if nothing speaks against it."""
    if "PRIVATE KEY" in csr:
        return _("This holds a private key. Never give it away: paste only the request (CSR), and make a new key.")
    try:
        request = parse_request(csr)
        fault = "" if request.is_signature_valid else _("The signature of this request is not valid: copy it again.")
        return fault or find_key_fault(request) or find_name_fault(csr, common_name)
    except WRONG:
        return _("This is not a certificate request. It begins with -----BEGIN CERTIFICATE REQUEST-----.")


def find_key_fault(request: x509.CertificateSigningRequest) -> Words:
    key = request.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size >= MIN_RSA_BITS:
            return ""
        words = {"size": key.key_size, "least": MIN_RSA_BITS}
        return _("The key of this request has %(size)s bits: authorities take %(least)s or more.") % words
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES):
        return ""
    return _("Authorities do not take this kind of key. Make an RSA key, or one on the curve P-256, P-384 or P-521.")


def find_name_fault(csr: str, common_name: str) -> Words:
    shown, wanted = name_in_request(csr), common_name_of(common_name)
    if not shown:
        return _("This request names no domain (CN).")
    if wanted and shown != wanted:
        return _("This request is for %(shown)s, the order is for %(wanted)s.") % {"shown": shown, "wanted": wanted}
    return ""


def belongs_to_request(private_key: str, csr: str) -> bool:
    """Whether this key made this CSR; both in PEM."""
    try:
        key = load_pem_private_key(private_key.strip().encode(), password=None)
        return public_bytes(key.public_key()) == public_bytes(parse_request(csr).public_key())
    except WRONG:
        return False


def public_bytes(key: object) -> bytes:
    """A public key in the one form in which two can be compared."""
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return found


def domains_of_approver(common_name: str) -> list[str]:
    """The domain of a certificate and those above it, where a confirming mailbox may be."""
    labels = common_name_of(common_name).removeprefix(STAR).split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def find_approver_fault(email: str, common_name: str) -> Words:
    """Whether the authority writes to this mailbox; says which ones it takes."""
    local, _at, host = email.strip().rpartition("@")
    domains = domains_of_approver(common_name)
    if local.casefold() in APPROVERS and common_name_of(host) in domains:
        return ""
    mailboxes = ", ".join(f"{name}@{domains[-1] if domains else '…'}" for name in APPROVERS)
    return _("The authority writes to one of these only: %(mailboxes)s.") % {"mailboxes": mailboxes}
