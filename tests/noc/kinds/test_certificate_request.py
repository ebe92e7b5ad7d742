import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from noc.kinds.certificate_request import belongs_to_request, find_request_fault, name_in_request
from tests.certificates import ec_key, key_pem, make_csr, rsa_key


@pytest.mark.parametrize("key", [rsa_key(), ec_key(), ec_key(ec.SECP384R1()), ec_key(ec.SECP521R1())])
def test_keys_that_authorities_take_are_fine(key: object) -> None:
    assert find_request_fault(make_csr("example.com", key), "example.com") == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("csr", "words"),
    [
        ("", "not a certificate request"),
        ("nonsense", "not a certificate request"),
        (make_csr()[:-60], "not a certificate request"),
        (key_pem(ec_key()), "private key"),
        (make_csr() + key_pem(ec_key()), "private key"),
        (make_csr(key=rsa_key(1024)), "1024"),
        (make_csr(key=ec_key(ec.SECP192R1())), "kind of key"),
        (make_csr(None), "no domain"),
        (make_csr("example.org"), "example.org"),
        (make_csr("*.example.com"), "*.example.com"),
    ],
)
def test_what_an_authority_would_refuse_is_named(csr: str, words: str) -> None:
    assert words in str(find_request_fault(csr, "example.com"))


def test_a_request_with_a_forged_signature_is_refused() -> None:
    lines = make_csr().splitlines()
    body = "".join(lines[1:-1])
    forged = body[:-12] + ("A" if body[-12] != "A" else "B") + body[-11:]
    assert find_request_fault("\n".join([lines[0], forged, lines[-1]]), "example.com")


def test_the_name_is_compared_in_ascii_without_case() -> None:
    assert find_request_fault(make_csr("*.XN--e1afmkfd.xn--p1ai"), "*.пример.рф") == ""
    assert name_in_request(make_csr("Example.COM")) == "example.com"


def test_the_older_heading_is_read_too() -> None:
    csr = make_csr().replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
    assert find_request_fault(csr, "example.com") == ""


def test_a_key_belongs_to_its_own_request_alone() -> None:
    key = rsa_key()
    old_form = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    assert belongs_to_request(old_form, make_csr(key=key))
    assert not belongs_to_request(old_form, make_csr())
    assert not belongs_to_request("nonsense", make_csr())


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert find_request_fault(text, text)
