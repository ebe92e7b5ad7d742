import httpx
import pytest

from noc.call_records import CallRecord
from noc.client import PartnerClient
from noc.errors import AuthFailed, PartnerError
from noc.hosts import Endpoint
from noc.models import Server
from noc.sso import client_area, make_ticket
from tests.noc.partner import CREDENTIALS, Partner, form_of

AREA = Endpoint("https://eu.ispmanager.com")
OK = b'{"doc":{"ok":{"$":""}}}'
NO_ACCESS = b'{"doc":{"error":{"$type":"access","$object":"session.newkey","msg":{"$":"Insufficient privileges"}}}}'


def test_the_key_is_64_hex_digits_and_new_each_time() -> None:
    partner = Partner(OK, OK)
    one, two = make_ticket(partner.client, AREA), make_ticket(partner.client, AREA)
    assert one.key != two.key
    assert len(one.key) == 64
    assert int(one.key, 16) >= 0
    assert [form["key"] for form in partner.forms] == [one.key, two.key]
    assert partner.forms[0]["username"] == one.username == partner.client.credentials.username


def test_the_key_is_not_in_the_ticket_as_it_is_printed() -> None:
    ticket = make_ticket(Partner(OK).client, AREA)
    assert ticket.key not in repr(ticket)


class EchoingPartner:
    """Refuses the key and repeats it in every corner of its answer."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []
        self.key = ""
        self.client = PartnerClient(
            CREDENTIALS, record=self.records.append, transport=httpx.MockTransport(self.answer), sleep=lambda _: None
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.key = form_of(request)["key"]
        words = {"$": f"The value {self.key} cannot be used"}
        params = [{"$name": "value", "$": self.key}, {"$name": "note", "$": f"<{self.key}>"}]
        fault = {"$type": "value", "$object": "name", "msg": words, "param": params}
        return httpx.Response(200, json={"doc": {"error": fault, "hint": {"$": self.key}}})


def test_a_partner_who_repeats_the_key_does_not_get_it_into_records_or_words() -> None:
    partner = EchoingPartner()
    with pytest.raises(PartnerError) as refusal:
        make_ticket(partner.client, AREA)
    assert len(partner.key) == 64
    assert partner.key not in str(refusal.value) + repr(vars(refusal.value)) + repr(partner.records)
    assert "cannot be used" in repr(partner.records)


def test_a_key_is_asked_for_once() -> None:
    partner = Partner(NO_ACCESS)
    with pytest.raises(AuthFailed) as refusal:
        make_ticket(partner.client, AREA)
    assert refusal.value.type == "access"
    assert len(partner.requests) == 1


@pytest.mark.parametrize(
    ("hostname", "area"),
    [
        ("api-eu.ispmanager.com", "https://eu.ispmanager.com/billmgr"),
        ("api-eu.ispmanager.com/manager/billmgr", "https://eu.ispmanager.com/billmgr"),
        ("api.ispmanager.ru", "https://my.ispmanager.ru/billmgr"),
        ("my.ispmanager.ru", "https://my.ispmanager.ru/billmgr"),
        ("http://eu.ispmanager.com", "https://eu.ispmanager.com/billmgr"),
        ("billing.example.com/manager/billmgr", "https://billing.example.com/manager/billmgr"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081/billmgr"),
    ],
)
def test_people_log_in_at_the_client_area_not_at_the_host_of_programs(hostname: str, area: str) -> None:
    assert client_area(Server(hostname=hostname)).url == area
