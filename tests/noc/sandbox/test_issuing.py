import base64
import io
import zipfile
from datetime import UTC, date, datetime, time

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import load_pem_pkcs7_certificates

from tests.noc.sandbox.caller import Partner
from tests.noc.sandbox.test_certificates import bought, made

_PUBLIC = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(autouse=True)
def _quick_keys(partner: Partner) -> None:
    partner.admin("options", certificate_key_type="ec")


@pytest.fixture
def elid(partner: Partner) -> str:
    return bought(partner)


def stage(partner: Partner, elid: str) -> tuple[str, str]:
    form = partner.form("certificate.edit", elid)
    return form["status"], form["service_status"]


def issued(partner: Partner, elid: str) -> dict[str, str]:
    partner.admin("certificates", id=int(elid), act="issue")
    return partner.form("certificate.edit", elid)


def serial(pem: str) -> int:
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def test_issue_comes_after_some_reads_of_forms_and_lists(partner: Partner, elid: str) -> None:
    stages = [stage(partner, elid)[1], stage(partner, elid)[1]]
    partner.rows("certificate")
    stages.append(stage(partner, elid)[1])

    assert stages == ["3", "4", "5"]


def test_status_can_be_processing_until_the_decision(partner: Partner) -> None:
    partner.admin("options", certificate_status="processing", certificate_auto_issue_reads=2)
    elid = bought(partner)

    assert [stage(partner, elid) for _ in range(3)] == [("5", "3"), ("5", "4"), ("2", "5")]


def test_zero_reads_leave_the_decision_to_people(partner: Partner) -> None:
    partner.admin("options", certificate_auto_issue_reads=0)
    elid = bought(partner)
    assert {stage(partner, elid)[1] for _ in range(9)} == {"3", "4"}
    partner.admin("clock", advance_days=2)
    assert stage(partner, elid)[1] == "4"

    assert issued(partner, elid)["service_status"] == "5"


def test_a_night_is_long_enough_to_issue(partner: Partner, elid: str) -> None:
    partner.admin("clock", advance_days=1)

    assert stage(partner, elid)[1] == "5"


def test_authority_can_refuse_with_a_reason(partner: Partner, elid: str) -> None:
    item = partner.admin("certificates", id=int(elid), act="refuse", reason="CAA forbids it")["item"]

    assert (item["service_status"], item["status_msg"]) == (6, "CAA forbids it")
    assert stage(partner, elid) == ("2", "6")
    assert partner.rows("certificate")[0]["status_msg"]["$"] == "CAA forbids it"
    assert partner.form("certificate.edit", elid)["crt"] == ""


def test_waiting_can_be_made_endless(partner: Partner, elid: str) -> None:
    partner.admin("certificates", id=int(elid), act="await")

    assert {stage(partner, elid)[1] for _ in range(9)} == {"4"}


@pytest.mark.parametrize("body", [{"act": "bless"}, {"id": 1}, {"id": "x"}])
def test_senseless_decisions_are_refused(partner: Partner, elid: str, body: dict[str, object]) -> None:
    reply = partner.http.post("/admin/certificates", json={"id": int(elid), **body})

    assert reply.status_code == 400
    assert partner.item(elid)["service_status"] == 3


def test_only_paid_certificates_are_decided_on(partner: Partner) -> None:
    reply = partner.http.post("/admin/certificates", json={"id": int(partner.buy()), "act": "issue"})

    assert reply.status_code == 400


def test_certificate_is_real_and_signed_by_the_chain(partner: Partner) -> None:
    altname = "a.example.com b.example.com"
    pair = made(partner, pricelist="27648", altname=altname, altname_input=altname)
    elid = bought(partner, pricelist="27648", altname=altname, altname_input=altname, csr=pair["csr"], key=pair["key"])

    form = issued(partner, elid)

    leaf, issuer, root = x509.load_pem_x509_certificates(form["crt"].encode())
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)
    csr = x509.load_pem_x509_csr(pair["csr"].encode())
    assert leaf.public_key().public_bytes(*_PUBLIC) == csr.public_key().public_bytes(*_PUBLIC)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["shop.example.com", "a.example.com", "b.example.com"]
    ends = datetime.combine(date.fromisoformat(form["expiredate"]), time(), UTC)
    assert leaf.not_valid_after_utc == ends


def test_two_reads_show_one_certificate(partner: Partner, elid: str) -> None:
    first = issued(partner, elid)["crt"]

    assert partner.form("certificate.edit", elid)["crt"] == first


def test_chain_can_stand_apart_or_be_left_out(partner: Partner, elid: str) -> None:
    partner.admin("options", certificate_chain="apart")
    form = issued(partner, elid)
    assert (form["crt"].count("BEGIN CERT"), form["ca"].count("BEGIN CERT")) == (1, 2)

    partner.admin("options", certificate_chain="none")

    form = partner.form("certificate.edit", elid)
    assert (form["crt"].count("BEGIN CERT"), "ca" in form) == (1, False)


def test_form_can_show_a_zip(partner: Partner) -> None:
    partner.admin("options", certificate_form="zip")
    elid = bought(partner, pricelist="27650", CN="*.example.com")
    assert partner.form("certificate.edit", elid)["crt"] == ""

    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(issued(partner, elid)["crt"])))

    assert sorted(archive.namelist()) == ["__example_com.crt", "__example_com.p7b"]
    assert len(load_pem_pkcs7_certificates(archive.read("__example_com.p7b"))) == 3
    assert archive.read("__example_com.crt").startswith(b"-----BEGIN CERTIFICATE-----")


def test_form_shows_what_it_is_told_to(partner: Partner, elid: str) -> None:
    form = issued(partner, elid)
    assert ("csr" in form, "key" in form) == (True, False)
    names = {"certificate_key_in_form": True, "certificate_key_name": "pkey"}
    partner.admin("options", certificate_form="none", certificate_csr_in_form=False, **names)

    form = partner.form("certificate.edit", elid)

    assert ("csr" in form, "crt" in form) == (False, False)
    assert form["pkey"].startswith("-----BEGIN PRIVATE KEY-----")


def test_lists_can_show_the_stage(partner: Partner, elid: str) -> None:
    partner.admin("options", service_status_in_lists=True)

    assert partner.rows("certificate")[0]["service_status"]["$"] == "3"


def test_there_is_no_download_unless_switched_on(partner: Partner, elid: str) -> None:
    issued(partner, elid)

    assert partner.error("certificate.file", elid=elid) == ("missed", "func")
    assert partner.error("certificate.fetch", elid=elid) == ("missed", "func")


def download(partner: Partner, elid: str, file: str) -> httpx.Response:
    partner.admin("options", certificate_file_function="certificate.fetch", certificate_file=file)
    return partner.ask("certificate.fetch", elid=elid)


def test_download_has_the_name_and_form_switched_to(partner: Partner, elid: str) -> None:
    pem = issued(partner, elid)["crt"]

    assert download(partner, elid, "pem").json()["doc"]["crt"]["$"] == pem
    packed = base64.b64decode(download(partner, elid, "zip").json()["doc"]["crt"]["$"])
    raw = download(partner, elid, "raw_zip")

    assert raw.headers["content-type"] == "application/zip"
    for content in (packed, raw.content):
        assert zipfile.ZipFile(io.BytesIO(content)).read("shop_example_com.crt").decode() == pem


def test_nothing_is_downloaded_before_the_issue(partner: Partner, elid: str) -> None:
    for file in ("pem", "zip", "raw_zip"):
        error = download(partner, elid, file).json()["doc"]["error"]
        assert (error["$type"], error["$object"]) == ("value", "service_status")


def test_download_is_for_the_owner(partner: Partner, elid: str) -> None:
    issued(partner, elid)
    partner.login = "reseller-ru:sandbox-password"

    assert download(partner, elid, "raw_zip").json()["doc"]["error"]["$type"] == "missed"


def test_reissue_takes_another_csr_and_keeps_the_old_certificate_meanwhile(partner: Partner, elid: str) -> None:
    old = issued(partner, elid)["crt"]
    pair = made(partner)

    assert "ok" in partner.doc("certificate.reissue", elid=elid, sok="ok", csr=pair["csr"])

    form = partner.form("certificate.edit", elid)
    assert (form["service_status"], form["crt"]) == ("3", old)
    new = issued(partner, elid)["crt"]
    csr = x509.load_pem_x509_csr(pair["csr"].encode())
    leaf = x509.load_pem_x509_certificates(new.encode())[0]
    assert leaf.public_key().public_bytes(*_PUBLIC) == csr.public_key().public_bytes(*_PUBLIC)
    assert partner.balance() == "9970.00"


def test_reissue_without_a_csr_keeps_the_key(partner: Partner, elid: str) -> None:
    old = issued(partner, elid)["crt"]

    partner.ask("certificate.reissue", elid=elid, sok="ok")

    assert serial(issued(partner, elid)["crt"]) != serial(old)
    assert partner.state()["acts"]["reissue"] == 1


def test_reissue_is_for_the_issued_and_for_the_same_name(partner: Partner, elid: str) -> None:
    assert partner.error("certificate.reissue", elid=elid, sok="ok") == ("value", "service_status")
    issued(partner, elid)
    other = made(partner, CN="other.example.com")["csr"]

    assert partner.error("certificate.reissue", elid=elid, sok="ok", csr=other) == ("value", "csr")
    assert partner.doc("certificate.reissue", elid=elid)["CN"]["$"] == "shop.example.com"
    assert stage(partner, elid)[1] == "5"


def test_failed_certificate_can_be_tried_again(partner: Partner, elid: str) -> None:
    partner.admin("certificates", id=int(elid), act="refuse")

    partner.ask("certificate.reissue", elid=elid, sok="ok")

    assert partner.rows("certificate")[0]["status_msg"]["$"] == ""
    assert issued(partner, elid)["crt"]


def test_way_of_approval_changes_only_while_awaited(partner: Partner, elid: str) -> None:
    changed = {"elid": elid, "sok": "ok", "approver_email_1": "webmaster@shop.example.com"}

    partner.ask("certificate.edit", **changed)
    assert partner.form("certificate.edit", elid)["approver_email_1"] == "webmaster@shop.example.com"
    issued(partner, elid)

    assert partner.error("certificate.edit", **changed) == ("value", "service_status")
    assert "ok" in partner.doc("certificate.edit", elid=elid, sok="ok", remoteid="c1")


@pytest.mark.parametrize("reissues", [True, False])
def test_renewal_brings_a_new_certificate_or_not(partner: Partner, elid: str, reissues: bool) -> None:
    partner.admin("options", certificate_renewal_reissues=reissues)
    old = issued(partner, elid)
    assert partner.error("service.prolong", elid=elid, period="1", sok="ok") == ("value", "period")

    partner.ask("service.prolong", elid=elid, period="12", sok="ok")

    form = partner.form("certificate.edit", elid)
    assert form["expiredate"] > old["expiredate"]
    assert (form["service_status"], form["crt"]) == ("3" if reissues else "5", old["crt"])
    leaf = x509.load_pem_x509_certificates(issued(partner, elid)["crt"].encode())[0]
    assert leaf.not_valid_after_utc.date().isoformat() == form["expiredate"]


def test_certificate_is_deleted_and_never_suspended(partner: Partner, elid: str) -> None:
    assert partner.error("certificate.suspend", elid=elid) == ("access", "certificate.suspend")

    partner.ask("certificate.delete", elid=elid)

    assert partner.form("certificate.edit", elid)["status"] == "4"


def test_seeded_certificate_is_issued_and_whole(partner: Partner) -> None:
    first, second = partner.admin("items", pricelist=27650, count=2)["ids"]
    waiting = partner.admin("items", pricelist=3033, CN="wait.example.com", service_status=4)["ids"][0]

    form = partner.form("certificate.edit", str(first))

    leaf = x509.load_pem_x509_certificates(form["crt"].encode())[0]
    assert leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == form["CN"]
    assert form["CN"] != partner.form("certificate.edit", str(second))["CN"]
    assert (stage(partner, str(waiting))[1], partner.item(str(waiting))["CN"]) == ("4", "wait.example.com")


@pytest.mark.parametrize(("lang", "button"), [("en", "Issue"), ("ru", "Выпустить")])
def test_page_offers_the_decision_while_it_is_open(partner: Partner, elid: str, lang: str, button: str) -> None:
    page = partner.http.get("/sandbox", params={"lang": lang}).text
    assert f">{button}</button>" in page
    assert "shop.example.com" in page

    issued(partner, elid)

    assert f">{button}</button>" not in partner.http.get("/sandbox", params={"lang": lang}).text
