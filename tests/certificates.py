"""Orders of SSL certificates, and requests that a client could paste."""

from datetime import timedelta
from decimal import Decimal
from functools import cache
from itertools import count

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.ordering import place_order
from billing.models import Service
from billing.queries.clock import database_now
from catalog.actions.products import PriceValues, create_product
from catalog.models import Currency, Product
from noc.sandbox.server import Sandbox
from tests.builders import World, pay, run_due_operations
from tests.kept_scenes import kept_scene

POSITIVE, WILDCARD, MULTI_DOMAIN, EXTENDED = "3033", "27650", "27648", "55352"
FIELDS = {
    "CN": "example.com",
    "approver_email_1": "admin@example.com",
    "O": "Anna Berg",
    "field_country": "DE",
    "ST": "Berlin",
    "L": "Berlin",
    "adm_fname": "Anna",
    "adm_lname": "Berg",
    "adm_jtitle": "Owner",
    "adm_email": "anna@example.com",
    "adm_phone": "+49 30 1234567",
}
COMPANY = {
    "org_name": "Berg GmbH",
    "org_address": "Hauptstr. 1",
    "org_city": "Berlin",
    "org_state": "Berlin",
    "org_postcode": "10115",
    "org_phone": "+49 30 7654321",
}
_numbers = count(1)


def make_certificate_product(world: World, tariff_id: str = POSITIVE, *, cycle: str = "ANNUALLY") -> Product:
    values = {
        "group": world.group,
        "name": f"SSL {tariff_id}",
        "module": "ispmanager_noc",
        "tariff_id": tariff_id,
        "payment_type": "RECURRING",
        "auto_setup": "PAYMENT",
    }
    price = PriceValues(Currency.objects.get(code="EUR"), cycle, Decimal(20))
    return create_product(values=values, prices=[price])


@kept_scene
def order_certificate(world: World, product: Product, **fields: str) -> Service:
    """Ordered for a year and paid: the service waits for a worker to buy it."""
    order = place_order(
        checkout=Checkout(
            client=world.client,
            items=[ItemRequest(product, "ANNUALLY", 1, {**FIELDS, **fields})],
            payment_method="bank_transfer",
            key=f"certificate-{next(_numbers)}",
        ),
        actor="test",
        now=database_now(),
    )
    pay(order.invoice)
    return Service.objects.get(order_line__order=order)


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def make_csr(
    name: str | None = "example.com", key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None
) -> str:
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Anna Berg")]
    if name is not None:
        subject.append(x509.NameAttribute(NameOID.COMMON_NAME, name))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    return to_pem(builder.sign(key or ec_key(), hashes.SHA256()))


def to_pem(thing: x509.CertificateSigningRequest | x509.Certificate) -> str:
    return thing.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@kept_scene
def make_issued_certificate(world: World, sandbox: Sandbox, **fields: str) -> Service:
    """Ordered, paid, bought, issued by the authority and read back; the certificate of `world.client`."""
    httpx.post(f"{sandbox.url}/admin/options", json={"certificate_key_type": "ec"}).raise_for_status()
    service = order_certificate(world, make_certificate_product(world), **fields)
    run_due_operations()
    service.refresh_from_db()
    if service.status == "PENDING":
        httpx.post(f"{sandbox.url}/admin/certificates", json={"id": int(service.remote_id)}).raise_for_status()
        run_due_operations(ahead=timedelta(minutes=2))
        service.refresh_from_db()
    return service
