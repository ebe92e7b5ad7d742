"""The sandbox's own certificate authority: keys, requests and certificates that are real but trusted by nobody.

Pure functions over PEM text; the authority itself is made once a process.
"""

import base64
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.hazmat.primitives.serialization import load_pem_private_key as load_key
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

type PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

LONGEST_NAME = 64
_SMALLEST_RSA = 2048
_SUBJECT = (
    ("C", NameOID.COUNTRY_NAME),
    ("ST", NameOID.STATE_OR_PROVINCE_NAME),
    ("L", NameOID.LOCALITY_NAME),
    ("O", NameOID.ORGANIZATION_NAME),
    ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("CN", NameOID.COMMON_NAME),
    ("emailAddress", NameOID.EMAIL_ADDRESS),
)
_BEGAN, _ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)


class BadPem(ValueError):
    """A request or a key that cannot be read, is too weak, or does not belong to the other."""


@dataclass(frozen=True, slots=True)
class _Authority:
    root: x509.Certificate
    issuer: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def new_request(subject: Mapping[str, str], names: Sequence[str], key_type: str) -> tuple[str, str]:
    """(CSR, private key) as PEM for the subject's C, ST, L, O, OU, CN, emailAddress and further domain `names`.

    Raises ValueError for a subject that no certificate can carry.
    """
    key: PrivateKey
    if key_type == "ec":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=_SMALLEST_RSA)
    parts = [x509.NameAttribute(oid, subject[name]) for name, oid in _SUBJECT if subject.get(name)]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(parts))
    if names:
        builder = builder.add_extension(_alternatives([subject["CN"], *names]), critical=False)
    request = builder.sign(key, hashes.SHA256())
    key_text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return request.public_bytes(Encoding.PEM).decode(), key_text


def subject_of(csr: str) -> dict[str, str]:
    """The subject of a CSR by short names (`CN`, `O` …). Raises BadPem for what an authority would not sign."""
    request = _read_request(csr)
    found = {}
    for name, oid in _SUBJECT:
        values = request.subject.get_attributes_for_oid(oid)
        if values:
            found[name] = str(values[0].value)
    return found


def check_pair(csr: str, key: str) -> None:
    """Raise BadPem unless the private key belongs to the CSR."""
    request = _read_request(csr)
    try:
        public = load_key(key.encode(), None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadPem("Not a private key") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != request.public_key().public_bytes(*form):
        raise BadPem("The private key belongs to another request")


def sign(csr: str, names: Sequence[str], *, begins: date, ends: date) -> str:
    """A certificate (PEM) for the CSR's key and the domain `names`, the first of them its CN."""
    authority, begins_at = _authority(), _midnight(begins)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = (
        _builder(subject, authority.issuer.subject, _read_request(csr).public_key())
        .not_valid_before(begins_at)
        .not_valid_after(max(_midnight(ends), begins_at + timedelta(days=1)))
        .add_extension(_alternatives(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    )
    return _pem(builder.sign(authority.key, hashes.SHA256()))


def chain() -> str:
    """The authority's own certificates (PEM): the one that signs, then the root."""
    return _pem(_authority().issuer) + _pem(_authority().root)


def zip_of(name: str, leaf: str, *, with_chain: str) -> bytes:
    """A ZIP of `<CN>.crt` and `<CN>.p7b`, `*` and `.` of the CN as `_`; `with_chain`: joined, apart or none."""
    stem = name.replace("*", "_").replace(".", "_")
    files = {f"{stem}.crt": (leaf + chain() if with_chain == "joined" else leaf).encode()}
    certificates = x509.load_pem_x509_certificates((leaf + chain()).encode())
    files[f"{stem}.p7b"] = serialize_certificates(certificates, Encoding.PEM)
    if with_chain == "apart":
        files[f"{stem}_ca.crt"] = chain().encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file_name, content in files.items():
            archive.writestr(file_name, content)
    return packed.getvalue()


def as_base64(content: bytes) -> str:
    """Bytes as text."""
    return base64.b64encode(content).decode()


def _read_request(csr: str) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        key = request.public_key()
        is_signed = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadPem("Not a certificate signing request") from error
    if not is_signed:
        raise BadPem("The request is not signed with its own key")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        raise BadPem("The key is too short")
    return request


def _alternatives(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in dict.fromkeys(names)])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _builder(subject: x509.Name, issuer: x509.Name, key: CertificatePublicKeyTypes) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number())


@cache
def _authority() -> _Authority:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox Root (trusted by nobody)")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox Authority (trusted by nobody)")])
    made = []
    for subject, own_key in ((root_name, root_key), (name, key)):
        builder = _builder(subject, root_name, own_key.public_key()).not_valid_before(_BEGAN).not_valid_after(_ENDS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        made.append(builder.sign(root_key, hashes.SHA256()))
    return _Authority(made[0], made[1], key)
