import json
from collections.abc import Mapping

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from noc.errors import OutcomeUnknown, Rejected
from noc.kinds import Command, OrderRequest, get_kind, kind_for_tariff
from noc.kinds.certificate import CertificateKind, IssueState
from noc.kinds.certificate_fields import Traits, traits_of
from noc.schemas import ItemStatus, Tariff
from tests.certificates import COMPANY, EXTENDED, FIELDS, MULTI_DOMAIN, POSITIVE, WILDCARD, ec_key, key_pem, make_csr
from tests.noc.partner import Partner

CERTIFICATE = get_kind("certificate")
assert isinstance(CERTIFICATE, CertificateKind)
KEY = ec_key()
CSR, PRIVATE_KEY = make_csr("example.com", KEY), key_pem(KEY)
ORDERED = {**FIELDS, "field_country": "182", "csr": CSR, "key": PRIVATE_KEY}


def reply(**values: object) -> bytes:
    return json.dumps({"doc": {name: {"$": str(value)} for name, value in values.items()}}).encode()


def model(**values: str) -> bytes:
    return json.dumps({"model": values}).encode()


def request(**fields: str) -> OrderRequest:
    return OrderRequest(POSITIVE, 12, "77", {**ORDERED, **fields})


def keys(tariff_id: str, name: str = "") -> list[str]:
    return [spec.key for spec in CERTIFICATE.fields_for(tariff_id, name)]


class TestKind:
    @pytest.mark.parametrize("tariff_id", [POSITIVE, WILDCARD, MULTI_DOMAIN, EXTENDED, "55352"])
    def test_sells_the_certificates_of_the_price_list(self, tariff_id: str) -> None:
        assert kind_for_tariff(tariff_id) is CERTIFICATE

    def test_owners_download_and_cannot_change(self) -> None:
        downloads = {Command.DOWNLOAD_CERTIFICATE, Command.DOWNLOAD_CSR, Command.DOWNLOAD_KEY}
        assert CERTIFICATE.client_commands == {Command.RENEW, Command.TERMINATE, *downloads}
        assert Command.CHANGE not in CERTIFICATE.commands
        assert Command.REISSUE in CERTIFICATE.commands

    @pytest.mark.parametrize(
        ("name", "traits"),
        [
            ("GlobalSign Domain", Traits(False, False, False, False)),
            ("GlobalSign Domain Wildcard", Traits(True, False, False, False)),
            ("Something Multi-Domain OV", Traits(False, True, True, False)),
            ("Sectigo EV SAN", Traits(False, True, True, True)),
            ("Extended Validation SSL", Traits(False, False, True, True)),
            ("Evident DV", Traits(False, False, False, False)),
        ],
    )
    def test_a_name_tells_what_is_asked(self, name: str, traits: Traits) -> None:
        assert traits_of("990001", name) == traits

    def test_fields_have_the_partners_names(self) -> None:
        assert {*FIELDS, "OU", "emailAddress", "tech_fname", "order_id"} <= set(keys(POSITIVE))
        assert "altname" in keys(MULTI_DOMAIN)
        assert "altname" not in keys(POSITIVE)
        assert set(COMPANY) <= set(keys(EXTENDED))
        assert not set(COMPANY) & set(keys(POSITIVE))

    def test_a_request_of_the_clients_own_is_asked_only_once_the_partners_word_is_known(
        self, settings: LazySettings
    ) -> None:
        assert "csr" not in keys(POSITIVE)
        settings.NOC_CERTIFICATE_FUNCTIONS = {"own_request": "exist"}
        assert "csr" in keys(POSITIVE)


BAD = [
    ("CN", ""),
    ("CN", "localhost"),
    ("CN", "*.example.com"),
    ("CN", "http://example.com"),
    ("CN", "192.0.2.10"),
    ("CN", f"{'a' * 60}.example.com"),
    ("CN", "exa mple.com"),
    ("approver_email_1", ""),
    ("approver_email_1", "nonsense"),
    ("approver_email_1", "anna@example.com"),
    ("approver_email_1", "admin@example.org"),
    ("approver_email_1", "admin@com"),
    ("approver_email_1", "admin@other.example.com"),
    ("field_country", ""),
    ("field_country", "Germany"),
    ("field_country", "de"),
    ("O", ""),
    ("O", "x" * 65),
    ("OU", "x" * 65),
    ("ST", ""),
    ("ST", "x" * 129),
    ("L", ""),
    ("L", "Ber\x07lin"),
    ("emailAddress", "nonsense"),
    *((f"adm_{what}", "") for what in ("fname", "lname", "jtitle", "email", "phone")),
    ("adm_email", "nonsense"),
    ("adm_phone", "call me"),
    ("adm_phone", "12"),
    ("adm_phone", "+12345678901234567890"),
    ("tech_email", "nonsense"),
    ("tech_phone", "call me"),
    ("csr", "nonsense"),
    ("csr", PRIVATE_KEY),
    ("csr", make_csr("example.org")),
]


class TestFaults:
    @pytest.fixture(autouse=True)
    def _own_requests(self, settings: LazySettings) -> None:
        settings.NOC_CERTIFICATE_FUNCTIONS = {"own_request": "exist"}

    def test_good_values_have_none(self) -> None:
        assert CERTIFICATE.find_faults(POSITIVE, {**FIELDS, "csr": CSR}) == {}
        assert CERTIFICATE.find_faults(EXTENDED, {**FIELDS, **COMPANY}) == {}
        assert CERTIFICATE.find_faults(WILDCARD, {**FIELDS, "CN": "*.example.com"}) == {}
        names = {"CN": "пример.рф", "approver_email_1": "admin@пример.рф"}
        assert CERTIFICATE.find_faults(POSITIVE, {**FIELDS, **names}) == {}

    @pytest.mark.parametrize(("key", "value"), BAD)
    def test_each_bad_value_is_named_at_its_field_alone(self, key: str, value: str) -> None:
        faults = CERTIFICATE.find_faults(POSITIVE, {**FIELDS, key: value})
        assert list(faults) == [key]
        assert str(faults[key])

    @pytest.mark.parametrize("key", COMPANY)
    def test_a_checked_company_is_asked_for_everything(self, key: str) -> None:
        assert list(CERTIFICATE.find_faults(EXTENDED, {**FIELDS, **COMPANY, key: ""})) == [key]

    def test_a_wildcard_needs_its_star(self) -> None:
        assert list(CERTIFICATE.find_faults(WILDCARD, FIELDS)) == ["CN"]

    @pytest.mark.parametrize("names", ["nonsense", "a.example.com, b.example.com", "a.example.com -b-.com"])
    def test_more_names_are_domains_too(self, names: str) -> None:
        assert list(CERTIFICATE.find_faults(MULTI_DOMAIN, {**FIELDS, "altname": names})) == ["altname"]

    @pytest.mark.parametrize("mailbox", ["admin@example.com", "Hostmaster@shop.example.com", "webmaster@EXAMPLE.com"])
    def test_mailboxes_at_the_domain_or_above_it_are_fine(self, mailbox: str) -> None:
        values = {**FIELDS, "CN": "shop.example.com", "approver_email_1": mailbox}
        assert CERTIFICATE.find_faults(POSITIVE, values) == {}

    def test_a_wrong_mailbox_is_told_the_right_ones(self) -> None:
        faults = CERTIFICATE.find_faults(POSITIVE, {**FIELDS, "approver_email_1": "anna@example.com"})
        assert "postmaster@example.com" in str(faults["approver_email_1"])

    def test_a_request_for_another_name_is_told_both(self) -> None:
        words = str(CERTIFICATE.find_faults(POSITIVE, {**FIELDS, "csr": make_csr("example.org")})["csr"])
        assert "example.org" in words
        assert "example.com" in words


class TestRequest:
    def test_the_first_step_is_spelled_out_and_pays_nothing(self) -> None:
        partner = Partner(model(csr=CSR, key=PRIVATE_KEY))
        made = CERTIFICATE.make_request(partner.client, request())
        form = partner.forms[0]
        wanted = {
            "func": "certificate.order.csr",
            "sok": "ok",
            "snext": "ok",
            "out": "bjson",
            "crt_type": "generate",
            "field_country": "182",
            "period": "12",
            "pricelist": POSITIVE,
            "CN": "example.com",
            "ST": "Berlin",
            "L": "Berlin",
            "O": "Anna Berg",
        }
        assert {name: form[name] for name in wanted} == wanted
        assert not {"skipbasket", "key", "csr", "adm_fname"} & set(form)
        assert (made.csr, made.private_key) == (CSR.strip(), PRIVATE_KEY.strip())

    def test_the_key_is_in_no_record(self) -> None:
        partner = Partner(model(csr=CSR, key=PRIVATE_KEY))
        made = CERTIFICATE.make_request(partner.client, request())
        assert PRIVATE_KEY.splitlines()[1] not in partner.records[0].response
        assert "PRIVATE" not in repr(made)

    @pytest.mark.parametrize(
        "answer",
        [
            model(),
            model(csr="nonsense", key="nonsense"),
            model(csr=make_csr("example.org", KEY), key=PRIVATE_KEY),
            model(csr=CSR, key=key_pem(ec_key())),
            model(csr=CSR),
        ],
        ids=["empty", "nonsense", "other name", "other key", "no key"],
    )
    def test_an_answer_that_cannot_be_used_is_refused(self, answer: bytes) -> None:
        with pytest.raises(Rejected):
            CERTIFICATE.make_request(Partner(answer).client, request())

    def test_a_lost_answer_is_unknown(self) -> None:
        with pytest.raises(OutcomeUnknown):
            CERTIFICATE.make_request(Partner(b"<html>").client, request())


COUNTRY_FORM = json.dumps(
    {
        "doc": {
            "slist": [
                {
                    "$name": "field_country",
                    "val": [
                        {"$key": "182", "$": "Russian Federation"},
                        {"$key": "57", "$": "Germany"},
                        {"$key": "115", "$": "Korea, Republic of"},
                        {"$key": "114", "$": "Korea (the Democratic People's Republic of)"},
                    ],
                }
            ]
        }
    }
).encode()
CLOSED_FORM = b'{"doc":{"error":{"$type":"access","$object":"certificate.order.csr"}}}'


class TestCountry:
    @pytest.mark.parametrize(
        ("country", "number"), [("RU", "182"), ("DE", "57"), ("KR", "115"), ("KP", "114"), ("643", "643")]
    )
    def test_the_partners_own_list_gives_its_number(self, country: str, number: str) -> None:
        assert CERTIFICATE.find_country(Partner(COUNTRY_FORM).client, POSITIVE, 12, country) == number

    def test_without_the_list_only_the_documented_one_is_known(self) -> None:
        assert CERTIFICATE.find_country(Partner(CLOSED_FORM).client, POSITIVE, 12, "RU") == "182"
        with pytest.raises(Rejected, match="DE"):
            CERTIFICATE.find_country(Partner(CLOSED_FORM).client, POSITIVE, 12, "DE")


class TestOrder:
    def order(self, **fields: str) -> Mapping[str, str]:
        partner = Partner(reply(id=1234567, ok=""))
        assert CERTIFICATE.order(partner.client, request(**fields)).remote_id == "1234567"
        return partner.forms[0]

    def test_the_second_step_repeats_the_subject_and_brings_the_same_request(self) -> None:
        form = self.order()
        wanted = {
            "func": "certificate.order.param",
            "skipbasket": "on",
            "crt_type": "generate",
            "CN": "example.com",
            "adm_fname": "Anna",
            "tech_fname": "Anna",
            "tech_phone": "+49 30 1234567",
            "approver_email_1": "admin@example.com",
            "remoteid": "77",
            "autoprolong": "null",
            "csr": CSR.strip(),
            "key": PRIVATE_KEY.strip(),
        }
        assert {name: form[name] for name in wanted} == wanted

    def test_a_technical_contact_of_its_own_is_kept(self) -> None:
        assert self.order(tech_fname="Boris")["tech_fname"] == "Boris"

    def test_several_names_go_twice(self) -> None:
        form = self.order(altname="Example.org  shop.example.com")
        assert form["altname"] == form["altname_input"] == "example.org shop.example.com"

    def test_a_name_in_another_script_goes_in_ascii(self) -> None:
        assert self.order(CN="*.Пример.рф.")["CN"] == "*.xn--e1afmkfd.xn--p1ai"

    def test_the_clients_own_request_goes_without_a_key(self, settings: LazySettings) -> None:
        settings.NOC_CERTIFICATE_FUNCTIONS = {"own_request": "exist"}
        form = self.order(key="")
        assert (form["crt_type"], "key" in form) == ("exist", False)

    def test_a_request_of_the_clients_own_is_refused_while_the_word_is_unknown(self) -> None:
        partner = Partner()
        with pytest.raises(Rejected):
            CERTIFICATE.order(partner.client, request(key=""))
        assert partner.requests == []


class TestReading:
    @pytest.mark.parametrize(
        ("shown", "state", "status"),
        [
            ({"status": 2, "service_status": 3}, IssueState.AWAITED, ItemStatus.PROCESSING),
            ({"status": 2, "service_status": 4}, IssueState.AWAITED, ItemStatus.PROCESSING),
            ({"status": 2, "service_status": 5}, IssueState.ISSUED, ItemStatus.ACTIVE),
            ({"status": 2, "service_status": 6}, IssueState.REFUSED, ItemStatus.PROCESSING),
            ({"status": 5, "service_status": 5}, IssueState.ISSUED, ItemStatus.PROCESSING),
            ({"status": 3, "service_status": 4}, IssueState.AWAITED, ItemStatus.SUSPENDED),
            ({"status": 2, "crt": ""}, IssueState.AWAITED, ItemStatus.PROCESSING),
            ({"status": 2, "crt": "x"}, IssueState.ISSUED, ItemStatus.ACTIVE),
            ({"status": 2}, IssueState.PRESUMED, ItemStatus.ACTIVE),
            ({"status": 5}, IssueState.AWAITED, ItemStatus.PROCESSING),
        ],
    )
    def test_active_is_only_what_is_issued(
        self, shown: Mapping[str, object], state: IssueState, status: ItemStatus
    ) -> None:
        read = CERTIFICATE.read(Partner(reply(id=7, CN="example.com", **shown)).client, "7")
        assert (read.extra["issue_state"], read.status) == (state, status)

    def test_a_row_that_does_not_tell_keeps_its_status(self) -> None:
        row = {"id": {"$": "7"}, "CN": {"$": "Example.com"}, "item_status": {"$orig": "2", "$": "Active"}}
        answer = json.dumps({"doc": {"elem": [row], "p_elems": {"$": "1"}}}).encode()
        (read,) = CERTIFICATE.list_all(Partner(answer).client)
        assert (read.status, read.extra) == (ItemStatus.ACTIVE, {"CN": "example.com"})

    def test_a_private_key_in_the_form_is_taken_for_nothing_else(self) -> None:
        read = CERTIFICATE.read(Partner(reply(id=7, status=2, key=PRIVATE_KEY)).client, "7")
        assert "PRIVATE" not in str(dict(read.extra))

    @pytest.mark.parametrize(
        ("shown", "ordered", "is_same"),
        [
            ("example.com", "EXAMPLE.com", True),
            ("xn--e1afmkfd.xn--p1ai", "пример.рф", True),
            ("*.xn--e1afmkfd.xn--p1ai", "*.пример.рф", True),
            ("example.com", "*.example.com", False),
            ("", "example.com", True),
        ],
    )
    def test_a_purchase_is_recognized_by_its_name(self, shown: str, ordered: str, is_same: bool) -> None:
        read = CERTIFICATE.read(Partner(reply(id=7, CN=shown, pricelist=POSITIVE)).client, "7")
        assert CERTIFICATE.matches(read, POSITIVE, {"CN": ordered}) is is_same


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_judged(name: str, mailbox: str) -> None:
    CERTIFICATE.find_faults(POSITIVE, {**FIELDS, "CN": name, "approver_email_1": mailbox, "csr": mailbox})


def test_a_live_price_list_names_unknown_tariffs() -> None:
    live = Tariff("990001", "certificate", "Fancy Wildcard", {}, "EUR", frozenset({12}), "live")
    assert kind_for_tariff("990001", [live]) is CERTIFICATE
    assert CERTIFICATE.find_faults("990001", {**FIELDS, "CN": "*.example.com"}, "Fancy Wildcard") == {}
