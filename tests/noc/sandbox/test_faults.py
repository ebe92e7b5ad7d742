import time

import httpx
import pytest

from noc.sandbox.faults import NAMES, Fault
from tests.noc.sandbox.caller import Partner


def test_lost_answer_buys_and_hangs_up(partner: Partner) -> None:
    partner.fault("lost_after_act", count=1)
    assert partner.rows("soft") == []

    with pytest.raises(httpx.RemoteProtocolError):
        partner.order()

    assert len(partner.rows("soft")) == 1
    entry = partner.log(acted="1")[0]
    assert (entry["fault"], entry["acted"]) == ("lost_after_act", True)


def test_connection_cut_before_the_act_buys_nothing(partner: Partner) -> None:
    partner.fault("cut_before_act", func="soft.order.param", count=1)

    with pytest.raises(httpx.RemoteProtocolError):
        partner.order()

    assert partner.rows("soft") == []
    entry = partner.log(func="soft.order.param")[0]
    assert (entry["outcome"], entry["acted"]) == ("fault:cut_before_act", False)


@pytest.mark.parametrize("status", [302, 403, 460, 500])
@pytest.mark.parametrize(("phase", "bought"), [("before", 0), ("after", 1)])
def test_proxy_statuses_come_before_or_after_the_act(partner: Partner, status: int, phase: str, bought: int) -> None:
    partner.fault(f"http_{status}", func="soft.order.param", phase=phase, count=1)

    reply = partner.order()

    assert reply.status_code == status
    assert reply.headers["content-type"].startswith("text/html")
    assert partner.bought() == bought


def test_captcha_is_a_page_with_status_200(partner: Partner) -> None:
    partner.fault("captcha", count=1)

    reply = partner.ask("whoami")

    assert (reply.status_code, "captcha" in reply.text) == (200, True)


def test_long_request_page_comes_though_the_act_is_done(partner: Partner) -> None:
    partner.fault("long_request", func="soft.order.param", count=1)

    reply = partner.order()

    assert "_billmgr" in reply.text
    assert reply.text.startswith("<html>")
    assert partner.bought() == 1


@pytest.mark.parametrize(("phase", "bought"), [("before", 0), ("after", 1)])
def test_request_in_process_says_so_in_the_protocol(partner: Partner, phase: str, bought: int) -> None:
    partner.fault("in_process", func="soft.order.param", phase=phase, count=1)

    error = partner.order().json()["doc"]["error"]

    assert (error["$object"], error["msg"]["$"]) == ("runningoperation", "Request in process, please wait")
    assert partner.bought() == bought


def test_any_refusal_can_be_worded(partner: Partner) -> None:
    partner.fault("error", func="soft.order.param", type="strange", object="thing", msg="No such luck", count=1)

    error = partner.order().json()["doc"]["error"]

    assert (error["$type"], error["$object"], error["msg"]["$"]) == ("strange", "thing", "No such luck")
    assert partner.bought() == 0


@pytest.mark.parametrize("out", ["xml", "json", "bjson"])
def test_truncated_body_is_half_an_answer(partner: Partner, out: str) -> None:
    whole = partner.ask("whoami", out=out).text
    partner.fault("truncated_body", count=1)

    half = partner.ask("whoami", out=out).text

    assert whole.startswith(half)
    assert 0 < len(half) < len(whole)


def test_truncation_can_break_the_connection_too(partner: Partner) -> None:
    partner.fault("truncated_body", variant="connection", count=1)

    with pytest.raises(httpx.RemoteProtocolError):
        partner.ask("whoami")


def test_empty_body(partner: Partner) -> None:
    partner.fault("empty_body", func="soft.order.param", count=1)

    assert partner.order().content == b""
    assert partner.bought() == 1


@pytest.mark.parametrize("phase", ["before", "after"])
def test_delay_makes_an_impatient_caller_leave_while_the_act_is_done(partner: Partner, phase: str) -> None:
    partner.fault("delay", func="soft.order.param", delay_ms=200, phase=phase, count=1)

    with pytest.raises(httpx.ReadTimeout):
        partner.http.post("/billmgr", data=_order(partner), timeout=0.05)

    assert partner.bought() == (phase == "after")
    deadline = time.monotonic() + 3
    while partner.bought() == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert partner.bought() == 1


def test_latency_slows_every_call(partner: Partner) -> None:
    partner.admin("options", latency_ms=60)
    began = time.monotonic()

    partner.ask("whoami")

    assert time.monotonic() - began >= 0.06


def test_count_limits_a_fault_to_the_next_matching_calls(partner: Partner) -> None:
    partner.fault("http_500", func="whoami", count=2)

    statuses = [partner.ask(func).status_code for func in ("soft", "whoami", "whoami", "whoami")]

    assert statuses == [200, 500, 500, 200]


def test_wildcard_and_parameters_choose_the_call(partner: Partner) -> None:
    partner.fault("http_500", func="soft.*", params={"licname": "marked"})

    assert partner.order().status_code == 200
    assert partner.order(licname="marked", ip="192.0.2.2").status_code == 500
    assert partner.ask("whoami", licname="marked").status_code == 200


def test_probability_is_repeatable_by_seed() -> None:
    def run(seed: int) -> list[bool]:
        fault = Fault(1, "http_500", probability=0.5, seed=seed)
        return [fault.strikes() for _ in range(200)]

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 60 < sum(run(7)) < 140


def test_faults_are_switched_off_by_id_by_name_and_all(partner: Partner) -> None:
    first = partner.fault("captcha", func="a")["id"]
    partner.fault("empty_body", func="a")
    partner.fault("captcha", func="b")

    def left() -> list[str]:
        return [one["func"] + one["name"] for one in partner.state()["faults"]]

    partner.http.delete("/admin/faults", params={"id": first})
    assert left() == ["aempty_body", "bcaptcha"]
    partner.http.delete("/admin/faults", params={"name": "captcha"})
    assert left() == ["aempty_body"]
    partner.http.delete("/admin/faults")
    assert left() == []


@pytest.mark.parametrize(
    "body",
    [
        {"name": "gremlin"},
        {},
        {"name": "captcha", "colour": "red"},
        {"name": "captcha", "count": 0},
        {"name": "captcha", "probability": 2},
        {"name": "captcha", "probability": "often"},
        {"name": "captcha", "phase": "during"},
        {"name": "no_money", "variant": "rich"},
        {"name": "delay"},
        {"name": "captcha", "params": []},
    ],
)
def test_senseless_faults_are_refused(partner: Partner, body: dict[str, object]) -> None:
    reply = partner.http.post("/admin/faults", json=body)

    assert reply.status_code == 400
    assert reply.json()["error"]
    assert partner.state()["faults"] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_can_be_switched_on(partner: Partner, name: str) -> None:
    assert partner.fault(name, count=1, delay_ms=1)["name"] == name


def _order(partner: Partner) -> dict[str, str]:
    return {
        "authinfo": partner.login,
        "func": "soft.order.param",
        "pricelist": "55227",
        "period": "1",
        "ip": "192.0.2.1",
        "skipbasket": "on",
        "sok": "ok",
    }
