import base64
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from noc.kinds.certificate_material import (
    MAX_MEMBER,
    MaterialForeign,
    MaterialUnreadable,
    read_material,
)
from tests.certificates import ec_key, key_pem, make_csr, to_pem

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LEAF_KEY, MIDDLE_KEY, ROOT_KEY = ec_key(), ec_key(), ec_key()
CSR = make_csr("example.com", LEAF_KEY)


def sign(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, begins: datetime = NOW
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365))
        .sign(by, hashes.SHA256())
    )


LEAF = sign("example.com", LEAF_KEY, "Middle", MIDDLE_KEY)
MIDDLE = sign("Middle", MIDDLE_KEY, "Root", ROOT_KEY)
ROOT = sign("Root", ROOT_KEY, "Root", ROOT_KEY)
STRANGER = sign("example.com", ec_key(), "Root", ROOT_KEY)
LEAF_PEM, MIDDLE_PEM, ROOT_PEM = to_pem(LEAF), to_pem(MIDDLE), to_pem(ROOT)


def archive(**members: bytes | str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        for name, member in members.items():
            written.writestr(name, member)
    return content.getvalue()


def pkcs7(encoding: Encoding) -> bytes:
    return serialize_certificates([ROOT, MIDDLE, LEAF], encoding)


FORMS = {
    "pem": (LEAF_PEM + MIDDLE_PEM + ROOT_PEM).encode(),
    "any order": (ROOT_PEM + MIDDLE_PEM + LEAF_PEM).encode(),
    "windows lines": (LEAF_PEM + MIDDLE_PEM).replace("\n", "\r\n").encode(),
    "words around": f"Your certificate:\n{LEAF_PEM}\nand its chain\n{MIDDLE_PEM}".encode(),
    "with a key": (key_pem(LEAF_KEY) + LEAF_PEM + MIDDLE_PEM).encode(),
    "zip": archive(leaf=LEAF_PEM, chain=MIDDLE_PEM, readme="hello", key=key_pem(LEAF_KEY)),
    "zip of der": archive(leaf=LEAF.public_bytes(Encoding.DER), chain=MIDDLE.public_bytes(Encoding.DER)),
    "zip of pkcs7": archive(all=pkcs7(Encoding.PEM)),
    "base64 zip": base64.b64encode(archive(leaf=LEAF_PEM, chain=MIDDLE_PEM)),
    "base64 zip in lines": base64.encodebytes(archive(leaf=LEAF_PEM, chain=MIDDLE_PEM)),
    "base64 pem": base64.b64encode((LEAF_PEM + MIDDLE_PEM).encode()),
    "pkcs7 pem": pkcs7(Encoding.PEM),
    "pkcs7 der": pkcs7(Encoding.DER),
    "a stranger too": (to_pem(STRANGER) + LEAF_PEM + MIDDLE_PEM).encode(),
    "twice": (LEAF_PEM + MIDDLE_PEM + LEAF_PEM + MIDDLE_PEM).encode(),
    "a broken block too": (
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" + LEAF_PEM + MIDDLE_PEM
    ).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_leaf_and_chain_are_found_in_every_form(form: str) -> None:
    material = read_material(FORMS[form], csr=CSR)
    assert material.certificate == LEAF_PEM
    assert material.chain == MIDDLE_PEM
    assert material.expires_on == LEAF.not_valid_after_utc.date()


def test_a_chain_that_does_not_belong_to_it_is_left_out() -> None:
    assert read_material((LEAF_PEM + to_pem(STRANGER)).encode(), csr=CSR).chain == ""


def test_of_two_certificates_for_the_request_the_newer_one_counts() -> None:
    newer = sign("example.com", LEAF_KEY, "Middle", MIDDLE_KEY, begins=NOW + timedelta(days=300))
    assert read_material((to_pem(newer) + LEAF_PEM).encode(), csr=CSR).certificate == to_pem(newer)


def test_another_key_is_foreign() -> None:
    with pytest.raises(MaterialForeign):
        read_material((to_pem(STRANGER) + MIDDLE_PEM).encode(), csr=CSR)


@pytest.mark.parametrize("csr", ["", "nonsense"])
def test_without_a_request_nothing_is_taken(csr: str) -> None:
    with pytest.raises(MaterialUnreadable):
        read_material(LEAF_PEM.encode(), csr=csr)


def test_an_archive_that_grows_is_not_unpacked() -> None:
    bomb = archive(bomb=LEAF_PEM.encode() + b"\n" * (50 * MAX_MEMBER))
    assert len(bomb) < MAX_MEMBER
    with pytest.raises(MaterialUnreadable):
        read_material(bomb, csr=CSR)


def test_an_archive_of_too_many_members_is_read_only_in_part() -> None:
    members = {f"member{number}": b"nothing" for number in range(200)}
    with pytest.raises(MaterialUnreadable):
        read_material(archive(**members, leaf=LEAF_PEM), csr=CSR)


def test_archives_in_archives_end() -> None:
    nested = archive(leaf=LEAF_PEM)
    for _level in range(5):
        nested = archive(inner=nested)
    with pytest.raises(MaterialUnreadable):
        read_material(nested, csr=CSR)


@given(st.binary(max_size=400))
@example(b"")
@example(b"PK\x03\x04")
@example(b"-----BEGIN CERTIFICATE-----")
@example(b"-----BEGIN CERTIFICATE----------END CERTIFICATE-----")
@example(b"0\x82\x01\x00")
def test_any_bytes_are_unreadable_and_nothing_worse(content: bytes) -> None:
    with pytest.raises(MaterialUnreadable):
        read_material(content, csr=CSR)


@given(st.sampled_from(sorted(FORMS)), st.data())
def test_damage_never_yields_another_certificate(form: str, data: st.DataObject) -> None:
    content = bytearray(FORMS[form])
    for _damage in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        material = read_material(bytes(content), csr=CSR)
    except MaterialUnreadable:
        return
    found = x509.load_pem_x509_certificate(material.certificate.encode())
    assert found.public_key() == LEAF_KEY.public_key()
