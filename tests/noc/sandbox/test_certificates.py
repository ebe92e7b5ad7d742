import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from tests.noc.sandbox.caller import Partner

SUBJECT = {
    "pricelist": "3033",
    "period": "12",
    "crt_type": "generate",
    "field_country": "182",
    "CN": "shop.example.com",
    "ST": "Moscow",
    "L": "Москва",
    "O": "Shop LLC",
}
_PERSON = {"fname": "Anna", "lname": "Lee", "jtitle": "Owner", "email": "anna@example.com", "phone": "+7 495 000"}
CONTACTS = {f"{who}_{name}": value for who in ("adm", "tech") for name, value in _PERSON.items()}
APPROVER = {"approver_email_1": "admin@example.com"}
ORGANIZATION = {
    "org_name": "Shop LLC",
    "org_address": "1 Main st",
    "org_city": "Moscow",
    "org_state": "Moscow",
    "org_postcode": "101000",
    "org_phone": "+7 495 000",
}


@pytest.fixture(autouse=True)
def _quick_keys(partner: Partner) -> None:
    partner.admin("options", certificate_key_type="ec")


def made(partner: Partner, **params: str) -> dict[str, str]:
    """CSR and key of step 1."""
    sent = {**SUBJECT, **params, "sok": "ok", "snext": "ok"}
    model: dict[str, str] = partner.ask("certificate.order.csr", out="bjson", **sent).json()["model"]
    return model


def order(partner: Partner, **params: str) -> dict[str, object]:
    """Step 2, after step 1 unless a CSR is given."""
    model = {} if "csr" in params else made(partner, **params)
    pair = {name: model[name] for name in ("csr", "key") if name in model}
    sent = {**SUBJECT, **CONTACTS, **APPROVER, **pair, **params, "skipbasket": "on", "sok": "ok"}
    return partner.doc("certificate.order.param", **sent)


def bought(partner: Partner, **params: str) -> str:
    document: dict[str, dict[str, str]] = order(partner, **params)  # type: ignore[assignment]
    assert "error" not in document, document
    return document["id"]["$"]


def refusal(partner: Partner, **params: str) -> tuple[object, object]:
    error: dict[str, object] = order(partner, **params)["error"]  # type: ignore[assignment]
    return error["$type"], error["$object"]


def csr_refusal(partner: Partner, **params: str) -> tuple[str, str]:
    return partner.error("certificate.order.csr", **{**SUBJECT, "sok": "ok", "snext": "ok", **params})


@pytest.mark.parametrize("key_type", ["rsa", "ec"])
def test_csr_is_real_and_its_key_fits(partner: Partner, key_type: str) -> None:
    partner.admin("options", certificate_key_type=key_type)

    model = made(partner, OU="Web", emailAddress="anna@example.com")

    csr = x509.load_pem_x509_csr(model["csr"].encode())
    key = load_pem_private_key(model["key"].encode(), None)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert csr.is_signature_valid
    assert csr.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)
    assert [one.value for one in csr.subject] == [
        "RU",
        "Moscow",
        "Москва",
        "Shop LLC",
        "Web",
        "shop.example.com",
        "anna@example.com",
    ]


def test_csr_comes_in_json_too(partner: Partner) -> None:
    document = partner.doc("certificate.order.csr", **SUBJECT, sok="ok", snext="ok")

    assert document["csr"]["$"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    assert document["key"]["$"].startswith("-----BEGIN PRIVATE KEY-----")


def test_making_a_csr_costs_nothing(partner: Partner) -> None:
    made(partner)

    assert (partner.balance(), partner.rows("certificate")) == ("10000.00", [])


@pytest.mark.parametrize("sent", [{}, {"sok": "ok"}, {"snext": "ok"}])
def test_csr_needs_both_steps_confirmed(partner: Partner, sent: dict[str, str]) -> None:
    document = partner.doc("certificate.order.csr", **SUBJECT, **sent)

    assert "csr" not in document
    countries = {one["$key"]: one["$"] for one in document["slist"][0]["val"]}
    assert countries["182"] == "Russia"


def test_countries_are_listed_with_their_numbers(partner: Partner) -> None:
    rows = partner.rows("country", p_cnt="1000", lang="ru")

    found = {row["iso2"]["$"]: (row["id"]["$"], row["name"]["$"]) for row in rows}
    assert (len(found), found["RU"]) == (249, ("182", "Россия"))


@pytest.mark.parametrize("name", ["field_country", "CN", "ST", "L", "O", "period", "pricelist", "crt_type"])
def test_csr_names_the_field_that_is_missing(partner: Partner, name: str) -> None:
    assert csr_refusal(partner, **{name: ""}) == ("value", name)


@pytest.mark.parametrize(
    "params",
    [
        {"field_country": "RU"},
        {"field_country": "999"},
        {"CN": "shop"},
        {"CN": "shop_1.example.com"},
        {"CN": "a" * 60 + ".example.com"},
        {"CN": "*.example.com"},
        {"O": "x" * 65},
        {"period": "1"},
        {"period": "36"},
        {"crt_type": "import"},
        {"pricelist": "55227"},
        {"emailAddress": "nobody"},
    ],
)
def test_csr_refuses_a_bad_field(partner: Partner, params: dict[str, str]) -> None:
    assert csr_refusal(partner, **params) == ("value", next(iter(params)))


def test_wildcard_is_sold_for_starred_names_only(partner: Partner) -> None:
    assert csr_refusal(partner, pricelist="27650") == ("value", "CN")

    assert made(partner, pricelist="27650", CN="*.example.com")["CN"] == "*.example.com"


def test_certificate_is_bought(partner: Partner) -> None:
    elid = bought(partner)

    form = partner.form("certificate.edit", elid)
    assert (form["CN"], form["status"], form["service_status"], form["crt"]) == ("shop.example.com", "2", "3", "")
    assert (form["adm_email"], form["approver_email_1"]) == ("anna@example.com", "admin@example.com")
    row = partner.rows("certificate")[0]
    assert (row["CN"]["$"], row["pricelist"]["$"], row["pricelist_id"]["$"]) == (
        "shop.example.com",
        "Positive SSL",
        "3033",
    )
    assert "service_status" not in row
    assert partner.balance() == "9970.00"


def test_two_years_cost_twice(partner: Partner) -> None:
    bought(partner, period="24")

    assert partner.balance() == "9940.00"


@pytest.mark.parametrize("name", [*CONTACTS, *APPROVER, "CN", "ST", "field_country", "csr", "key"])
def test_order_names_the_field_that_is_missing(partner: Partner, name: str) -> None:
    pair = made(partner)
    params = {"csr": pair["csr"], "key": pair["key"], name: ""}

    assert refusal(partner, **params) == ("value", name)
    assert partner.bought() == 0


@pytest.mark.parametrize(
    "address",
    ["anna@example.com", "admin@example.org", "admin@com", "admin", "admin@xample.com", "admin@www.shop.example.com"],
)
def test_approver_has_to_be_an_accepted_mailbox_of_the_domain(partner: Partner, address: str) -> None:
    assert refusal(partner, approver_email_1=address) == ("value", "approver_email_1")


def test_domain_can_be_proved_by_a_dns_record(partner: Partner) -> None:
    elid = bought(partner, approver_method="auth_dnstxt", approver_email_1="")

    form = partner.form("certificate.edit", elid)

    assert form["approver_method"] == "auth_dnstxt"
    assert form["auth_dnstxt_value"].startswith("sandbox-verification=")
    assert refusal(partner, approver_method="telepathy") == ("value", "approver_method")


def test_key_has_to_fit_the_csr(partner: Partner) -> None:
    one, other = made(partner), made(partner)

    assert refusal(partner, csr=one["csr"], key=other["key"]) == ("value", "key")
    assert refusal(partner, csr=one["csr"], key="nonsense") == ("value", "key")


@pytest.mark.parametrize(
    "csr", ["nonsense", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
)
def test_csr_has_to_be_one(partner: Partner, csr: str) -> None:
    assert refusal(partner, csr=csr, key="x") == ("value", "csr")


def test_name_has_to_be_that_of_the_csr(partner: Partner) -> None:
    pair = made(partner)

    assert refusal(partner, csr=pair["csr"], key=pair["key"], CN="other.example.com") == ("value", "CN")


def test_own_csr_is_ordered_without_a_key(partner: Partner) -> None:
    own = {"crt_type": "exist", "csr": made(partner)["csr"], "CN": "", "ST": "", "L": "", "O": "", "field_country": ""}

    elid = bought(partner, **own)

    form = partner.form("certificate.edit", elid)
    assert (form["CN"], form["csr"]) == ("shop.example.com", own["csr"].strip())


def test_own_csr_has_the_type_switched_to(partner: Partner) -> None:
    partner.admin("options", certificate_exist_type="own")
    csr = made(partner)["csr"]

    assert refusal(partner, crt_type="exist", csr=csr) == ("value", "crt_type")
    assert bought(partner, crt_type="own", csr=csr)


@pytest.mark.parametrize("pricelist", ["55153", "55350", "2021", "1032", "2012"])
def test_checked_organizations_need_their_data(partner: Partner, pricelist: str) -> None:
    assert refusal(partner, pricelist=pricelist) == ("value", "org_name")

    elid = bought(partner, pricelist=pricelist, org_duns="123456789", **ORGANIZATION)

    form = partner.form("certificate.edit", elid)
    assert (form["org_name"], form["org_duns"]) == ("Shop LLC", "123456789")


def test_several_domains_are_sent_twice_and_counted(partner: Partner) -> None:
    several = {"pricelist": "27648", "altname": "a.example.com b.example.com"}
    several["altname_input"] = several["altname"]

    csr = x509.load_pem_x509_csr(made(partner, **several)["csr"].encode())
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["shop.example.com", "a.example.com", "b.example.com"]

    assert csr_refusal(partner, **(several | {"altname_input": "a.example.com"})) == ("value", "altname_input")
    four = "a.example.com b.example.com c.example.com"
    assert csr_refusal(partner, pricelist="27648", altname=four, altname_input=four) == ("value", "altname")
    assert csr_refusal(partner, pricelist="27648", altname="a b", altname_input="a b") == ("value", "altname")
    assert partner.form("certificate.edit", bought(partner, **several))["altname"] == several["altname"]


def test_order_without_skipbasket_waits_unpaid_and_unrequested(partner: Partner) -> None:
    pair = made(partner)
    sent = {**SUBJECT, **CONTACTS, **APPROVER, "csr": pair["csr"], "key": pair["key"], "sok": "ok"}

    document = partner.doc("certificate.order.param", **sent)

    assert "billorder" in document
    elid = document["id"]["$"]
    assert [partner.form("certificate.edit", elid)["crt"] for _ in range(6)] == [""] * 6
    assert partner.form("certificate.edit", elid)["status"] == "1"


def test_secrets_of_an_order_stay_out_of_log_and_state(partner: Partner) -> None:
    pair = made(partner)
    bought(partner, csr=pair["csr"], key=pair["key"])

    for text in (partner.http.get("/admin/log").text, partner.http.get("/admin/state").text):
        assert "PRIVATE KEY" not in text
        assert "CERTIFICATE REQUEST" not in text
