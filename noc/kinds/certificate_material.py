"""The certificate as the partner hands it over: PEM, a ZIP, or base64 of either (partner-api.md §6.9).

Whatever it looks like, only what parses as a certificate counts; the leaf is the one made for our request.
"""

import base64
import binascii
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from noc.kinds.certificate_request import WRONG, parse_request, public_bytes

MAX_INPUT: Final = 4 * 1024 * 1024
MAX_MEMBER: Final = 256 * 1024
MAX_MEMBERS: Final = 64
MAX_CERTIFICATES: Final = 64
MAX_CHAIN: Final = 10
PEM_BLOCK: Final = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*(?:CERTIFICATE|PKCS7|CMS)-----(.*?)-----END ", re.DOTALL)
BASE64: Final = re.compile(rb"[A-Za-z0-9+/\s]+=*\s*")
ZIP_MARK: Final = b"PK\x03\x04"
BROKEN_ZIP: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class MaterialUnreadable(ValueError):
    """There is no certificate in it."""


class MaterialForeign(MaterialUnreadable):
    """There are certificates in it, and none was made for our request."""


@dataclass(frozen=True, slots=True)
class Material:
    """An issued certificate in PEM; `chain` holds the intermediate ones, the nearest first, "" if none came along."""

    certificate: str
    chain: str
    expires_on: date


def read_material(content: bytes, *, csr: str) -> Material:
    """The certificate for `csr` and its chain. Raises MaterialUnreadable, MaterialForeign."""
    found = list(dict.fromkeys(find_certificates(content)))
    if not found:
        raise MaterialUnreadable("It holds no certificate.")
    wanted = key_of_request(csr)
    leaves = [certificate for certificate in found if key_of_certificate(certificate) == wanted]
    if not leaves:
        raise MaterialForeign("It holds no certificate for this request.")
    try:
        leaf = max(leaves, key=lambda certificate: certificate.not_valid_before_utc)  # a reissue may bring the old one
        chain = "".join(map(to_pem, build_chain(leaf, found)))
        return Material(certificate=to_pem(leaf), chain=chain, expires_on=leaf.not_valid_after_utc.date())
    except WRONG as error:  # its parts are parsed when they are asked for
        raise MaterialUnreadable("It holds a broken certificate.") from error


def find_certificates(content: bytes, *, depth: int = 0) -> Iterator[x509.Certificate]:
    """Every certificate in it, at most MAX_CERTIFICATES; what cannot be read is passed over."""
    if len(content) > MAX_INPUT or depth > 2:
        return
    count = 0
    for document in unwrap(content, depth):
        for certificate in parse_certificates(document):
            count += 1
            if count > MAX_CERTIFICATES:
                return
            yield certificate


def unwrap(content: bytes, depth: int) -> Iterator[bytes]:
    """DER documents in a text, an archive or their base64."""
    stripped = content.strip()
    if b"-----BEGIN " in content:
        for block in PEM_BLOCK.finditer(content):
            yield decode_base64(block[1])
    elif content.startswith(ZIP_MARK):
        for member in read_archive(content):
            if depth < 2:
                yield from unwrap(member, depth + 1)
    elif stripped and BASE64.fullmatch(stripped):
        if depth < 2:
            yield from unwrap(decode_base64(stripped), depth + 1)
    else:
        yield content


def decode_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def read_archive(content: bytes) -> Iterator[bytes]:
    """Members of a ZIP, small ones only: no archive makes us unpack more than MAX_MEMBERS × MAX_MEMBER bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist()[:MAX_MEMBERS]:
                if info.is_dir() or info.file_size > MAX_MEMBER:
                    continue
                with archive.open(info) as member:
                    unpacked = member.read(MAX_MEMBER + 1)  # the size in the directory may lie
                if len(unpacked) <= MAX_MEMBER:
                    yield unpacked
    except BROKEN_ZIP:
        return


def parse_certificates(document: bytes) -> list[x509.Certificate]:
    """One certificate, or those of a PKCS #7 bundle; [] for anything else."""
    if not document.startswith(b"\x30"):
        return []
    try:
        return [x509.load_der_x509_certificate(document)]
    except WRONG:
        pass
    try:
        return load_der_pkcs7_certificates(document)
    except WRONG:
        return []


def build_chain(leaf: x509.Certificate, found: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The issuers of `leaf` among `found`, each signed by the next; a root is left out, every browser has it."""
    chain: list[x509.Certificate] = []
    current = leaf
    while len(chain) < MAX_CHAIN:
        issuer = next((other for other in found if other not in (leaf, *chain) and is_issued_by(current, other)), None)
        if issuer is None or issuer.subject == issuer.issuer:
            return chain
        chain.append(issuer)
        current = issuer
    return chain


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*WRONG, InvalidSignature):
        return False
    return True


def key_of_request(csr: str) -> bytes:
    """Raises MaterialUnreadable where there is no request to compare with."""
    try:
        return public_bytes(parse_request(csr).public_key())
    except WRONG as error:
        raise MaterialUnreadable("There is no request to compare it with.") from error


def key_of_certificate(certificate: x509.Certificate) -> bytes:
    try:
        return public_bytes(certificate.public_key())
    except WRONG:
        return b""


def to_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
