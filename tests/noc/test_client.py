"""One call, and what each kind of trouble means for it."""

import logging
from collections.abc import Callable
from datetime import date

import httpx
import pytest

from noc.call_records import CallRecord
from noc.client import PartnerClient
from noc.errors import (
    AuthFailed,
    InsufficientFunds,
    NotFound,
    NotReady,
    OutcomeUnknown,
    PartnerError,
    ProtocolError,
    Rejected,
    TooEarly,
    Unavailable,
)
from tests.noc.partner import CREDENTIALS, PASSWORD, Answer, Partner, saved

ORDER = {"pricelist": "55227", "period": "1", "ip": "192.0.2.10"}


def fault(kind: str, target: str = "", words: str = "No.") -> bytes:
    return f'{{"doc":{{"error":{{"$type":"{kind}","$object":"{target}","msg":{{"$":"{words}"}}}}}}}}'.encode()


def pay(partner: Partner) -> None:
    partner.client.pay("soft.order.param", **ORDER)


def write(partner: Partner) -> None:
    partner.client.write("soft.edit", elid="7", licname="a", ip="192.0.2.1")


def read(partner: Partner) -> None:
    partner.client.read("soft.edit", elid="7")


def test_a_call_is_a_form_with_the_login_in_its_body() -> None:
    partner = Partner("order.json")
    pay(partner)
    (request,) = partner.requests
    assert request.method == "POST"
    assert str(request.url) == "https://partner.example/billmgr"
    assert request.headers["user-agent"].startswith("Nocdesk")
    assert partner.forms == [
        {
            **ORDER,
            "func": "soft.order.param",
            "sok": "ok",
            "out": "json",
            "lang": "en",
            "authinfo": f"reseller@example.com:{PASSWORD}",
        }
    ]


def test_a_read_submits_nothing() -> None:
    partner = Partner("soft_form.json")
    read(partner)
    assert "sok" not in partner.forms[0]


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy")], ids=repr
)
@pytest.mark.parametrize("call", [pay, write])
def test_without_a_connection_nothing_was_sent(call: Callable[[Partner], None], trouble: Exception) -> None:
    partner = Partner(trouble)
    with pytest.raises(Unavailable):
        call(partner)
    assert len(partner.requests) == 1


UNKNOWN: dict[str, Answer] = {
    "read time-out": httpx.ReadTimeout("slow"),
    "write time-out": httpx.WriteTimeout("slow"),
    "reset": httpx.ReadError("reset"),
    "broken pipe": httpx.WriteError("reset"),
    "cut by the server": httpx.RemoteProtocolError("peer closed connection"),
    "broken compression": httpx.DecodingError("bad gzip"),
    "moved": httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
    "permanently moved": httpx.Response(308, headers={"location": "https://elsewhere.example/"}),
    "forbidden by a filter": httpx.Response(403, content=saved("captcha.html")),
    "no access from here": httpx.Response(460, content=b""),
    "too many requests": httpx.Response(429, content=b"slow down"),
    "server error": httpx.Response(500, content=saved("captcha.html")),
    "bad gateway with a good body": httpx.Response(502, content=saved("order.json")),
    "captcha": "captcha.html",
    "long request": "long_request.html",
    "in process": "in_process.txt",
    "empty": b"",
    "cut JSON": saved("order.json")[:-9],
    "cut XML": saved("order.xml")[:-9],
    "somebody else's JSON": b'{"message":"ok"}',
    "running operation": fault("value", "runningoperation"),
    "in process as an error": fault("msg", "", "Request in process, please wait"),
    "unknown error type": fault("sql", "item"),
    "error without a type": b'{"error":"internal"}',
}


@pytest.mark.parametrize("answer", UNKNOWN.values(), ids=UNKNOWN.keys())
@pytest.mark.parametrize("call", [pay, write])
def test_after_sending_anything_unclear_is_unknown(call: Callable[[Partner], None], answer: Answer) -> None:
    partner = Partner(answer)
    with pytest.raises(OutcomeUnknown):
        call(partner)
    assert len(partner.requests) == 1, "a call with effects is sent once"
    assert partner.records[0].outcome == "unknown"


CLEAR: list[tuple[Answer, type[PartnerError]]] = [
    ("error_value.json", Rejected),
    ("error_value.bjson", Rejected),
    ("error_value.xml", Rejected),
    (fault("exist", "licname"), Rejected),
    (fault("exists", "licname"), Rejected),
    (fault("pricelist_min_order"), Rejected),
    (fault("wizard_unavailable", "param"), Rejected),
    (fault("missed", "item"), Rejected),
    (fault("missed", "func"), Rejected),
    ("error_too_early.json", TooEarly),
    (fault("x", "", "Cannot renew this service: the service was deleted"), NotReady),
    ("error_auth.json", AuthFailed),
    (fault("auth", "badip"), AuthFailed),
    (fault("auth", "blocklogon"), AuthFailed),
    (fault("access", "soft.order.param"), AuthFailed),
    (fault("access", "ip"), AuthFailed),
    ("logon.json", AuthFailed),
    (b'{"doc":{"ok":{"$":"func=totp.confirm"}}}', AuthFailed),
    ("error_money.json", InsufficientFunds),
    (fault("value", "cost", "There are insufficient funds to complete the operation"), InsufficientFunds),
    (fault("x", "", "На счету недостаточно средств"), InsufficientFunds),
    (fault("nomoney"), InsufficientFunds),
    (fault("value", "balance"), InsufficientFunds),
    (fault("limit", "credit_limit"), InsufficientFunds),
    (httpx.Response(400, content=saved("error_value.json")), Rejected),
    (httpx.Response(500, content=saved("error_auth.json")), AuthFailed),
]


@pytest.mark.parametrize(("answer", "error"), CLEAR)
def test_a_listed_error_is_clear_after_paying(answer: Answer, error: type[PartnerError]) -> None:
    partner = Partner(answer)
    with pytest.raises(error) as caught:
        pay(partner)
    assert type(caught.value) is error
    assert caught.value.message


@pytest.mark.parametrize(
    ("answer", "day"),
    [
        ("error_too_early.json", date(2026, 5, 1)),
        (fault("x", "", "The service can be renewed only after 01.05.2026"), date(2026, 5, 1)),
        (fault("x", "", "The service can be renewed only after payment"), None),
    ],
)
def test_too_early_tells_from_when_on(answer: Answer, day: date | None) -> None:
    with pytest.raises(TooEarly) as caught:
        pay(Partner(answer))
    assert caught.value.day == day


def test_a_rejection_names_the_field_and_the_codes() -> None:
    with pytest.raises(Rejected) as caught:
        pay(Partner("error_value.json"))
    error = caught.value
    assert (error.field, error.type, error.object) == ("ip", "value", "ip")
    assert error.message == "The 'IP-address' field has invalid value."


def test_an_address_change_too_soon_is_a_rejection_and_no_login_trouble() -> None:
    with pytest.raises(Rejected) as caught:
        write(Partner(fault("access", "ip")))
    assert caught.value.field == "ip"


def test_missed_means_the_object_unless_it_names_something_else() -> None:
    with pytest.raises(NotFound):
        read(Partner(fault("missed", "item")))
    for answer in (
        fault("missed", "func"),
        fault("missed", "soft.edit"),
        fault("missed", "", "Could not find function"),
    ):
        with pytest.raises(ProtocolError):
            read(Partner(answer))
    with pytest.raises(Rejected) as caught:
        write(Partner(fault("missed", "ip")))
    assert not isinstance(caught.value, NotFound)


TRANSPORT_TROUBLE: dict[str, Answer] = {
    name: answer for name, answer in UNKNOWN.items() if name not in ("unknown error type", "error without a type")
}


@pytest.mark.parametrize("answer", TRANSPORT_TROUBLE.values(), ids=TRANSPORT_TROUBLE.keys())
def test_a_read_is_tried_three_times_with_growing_pauses(answer: Answer) -> None:
    partner = Partner(answer, answer, answer)
    with pytest.raises(Unavailable):
        read(partner)
    assert len(partner.requests) == 3
    assert [record.outcome for record in partner.records] == ["unavailable"] * 3
    first, second = partner.pauses
    assert 0.5 <= first <= 1.5
    assert 1 <= second <= 3


def test_a_read_succeeds_on_its_second_try() -> None:
    partner = Partner(httpx.ConnectError("refused"), "soft_form.json")
    assert partner.client.read("soft.edit", elid="7").text("licname") == "shop.example"


def test_a_single_look_is_not_repeated() -> None:
    partner = Partner(httpx.ReadTimeout("slow"))
    with pytest.raises(Unavailable):
        partner.client.read_once("soft.edit", elid="7")
    assert len(partner.requests) == 1


@pytest.mark.parametrize("answer", ["error_auth.json", fault("access", "soft"), "logon.json"])
def test_login_trouble_is_never_repeated(answer: Answer) -> None:
    partner = Partner(answer)
    with pytest.raises(AuthFailed):
        read(partner)
    assert len(partner.requests) == 1


def test_an_error_nobody_knows_ends_a_read() -> None:
    with pytest.raises(ProtocolError):
        read(Partner(fault("sql", "item")))


def test_a_redirect_is_told_by_host_alone() -> None:
    moved = httpx.Response(302, headers={"location": "https://elsewhere.example/x?authinfo=a:b"})
    with pytest.raises(OutcomeUnknown, match=r"elsewhere\.example") as caught:
        pay(Partner(moved))
    assert "authinfo" not in caught.value.message


def test_no_secret_reaches_records_messages_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f'{{"doc":{{"error":{{"$type":"value","$object":"x","msg":{{"$":"authinfo {PASSWORD}"}}}}}}}}'
    partner = Partner("soft_form.json", echo.encode(), httpx.ReadError(f"sent {PASSWORD}"))
    read(partner)
    texts = []
    for _ in range(2):
        with pytest.raises(PartnerError) as caught:
            pay(partner)
        assert caught.value.__context__ is None, "httpx errors carry the request and its body"
        texts.append(str(caught.value))
    everything = repr(partner.records) + repr(texts) + caplog.text + repr(partner.client.credentials)
    assert PASSWORD not in everything
    assert "1234567-abcdef" not in everything
    assert len(partner.records) == 3


def test_a_record_tells_the_call() -> None:
    partner = Partner("order.json")
    pay(partner)
    (record,) = partner.records
    assert (record.func, record.status_code, record.outcome) == ("soft.order.param", 200, "ok")
    assert (record.reference, record.params["ip"]) == ("operation:1/1", "192.0.2.10")
    assert "1234567" in record.response
    assert "authinfo" not in record.params


def test_a_long_answer_is_cut_in_the_record() -> None:
    partner = Partner(b'{"doc":{"elem":[' + b'{"id":"1"},' * 5000 + b'{"id":"2"}]}}')
    read(partner)
    assert len(partner.records[0].response) == 4000


def test_a_broken_record_does_not_lose_a_purchase(caplog: pytest.LogCaptureFixture) -> None:
    def fail(record: CallRecord) -> None:
        raise RuntimeError("disk full")

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=saved("order.json")))
    client = PartnerClient(CREDENTIALS, record=fail, transport=transport)
    assert client.pay("soft.order.param", **ORDER).text("id") == "1234567"
    assert "could not be kept" in caplog.text


def test_a_client_can_be_used_after_closing() -> None:
    partner = Partner("order.json", "order.json")
    with partner.client as client:
        client.read("soft")
    client.read("soft")
    assert len(partner.requests) == 2
