import io

import pytest
from django.core.management import call_command

from noc.management.commands import sandbox as command
from noc.sandbox.server import Sandbox
from tests.noc.sandbox.caller import Partner


def test_two_accounts_are_there_out_of_the_box(partner: Partner) -> None:
    accounts = [(one["login"], one["currency"], one["balance"]) for one in partner.state()["accounts"]]

    assert accounts == [("reseller", "EUR", "10000.00"), ("reseller-ru", "RUB", "1000000.00")]


def test_reset_forgets_everything(partner: Partner) -> None:
    partner.buy()
    partner.fault("captcha", func="nothing")
    partner.admin("options", no_money="basket")
    partner.admin("clock", advance_days=3)

    partner.admin("reset")

    state = partner.state()
    assert (state["items"], state["faults"], state["calls"], state["charges"]) == ([], [], 0, [])
    assert state["options"]["no_money"] == "error"
    assert state["clock"]["advanced_seconds"] == 0


def test_account_is_made_and_changed(partner: Partner) -> None:
    partner.admin("accounts", login="second", password="p", currency="RUB", balance="5.50")
    partner.admin("accounts", login="second", credit="2")

    account = partner.state()["accounts"][2]
    assert (account["currency"], account["balance"], account["credit"]) == ("RUB", "5.50", "2")
    assert "password" not in account
    partner.login = "second:p"
    assert "user" in partner.doc("whoami")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("accounts", {"login": ""}),
        ("accounts", {"login": "a:b"}),
        ("accounts", {"login": "a", "currency": "USD"}),
        ("accounts", {"login": "a", "balance": "much"}),
        ("accounts", {"login": "a", "balance": "NaN"}),
        ("accounts", {"login": "a", "allowed_ips": ["x"]}),
        ("accounts", {"login": "a", "allowed_ips": "127.0.0.1"}),
        ("balance", {"login": "nobody", "balance": "1"}),
        ("clock", {"advance_days": -1}),
        ("clock", {"advance_days": 10**9}),
        ("clock", {"advance_days": "x"}),
        ("options", {"colour": "red"}),
        ("options", {"no_money": "maybe"}),
        ("options", {"latency_ms": "1"}),
        ("options", {"latency_ms": -1}),
        ("options", {"latency_ms": True}),
        ("items", {"account": "nobody"}),
        ("items", {"pricelist": 1}),
        ("items", {"pricelist": "x"}),
        ("items", {"pricelist": 9203, "kind": "soft"}),
        ("items", {"expires_on": "2031-01-01"}),
        ("items", {"pricelist": 3033, "service_status": 2}),
        ("items", {"real_ipchange": "x"}),
        ("items/copy", {"id": 1}),
        ("certificates", {"id": 1}),
        ("items", {"count": 0}),
        ("items", {"period": 3}),
        ("items", {"status": 9}),
        ("items", {"createdate": "yesterday"}),
        ("items", {"id": 1}),
    ],
)
def test_senseless_requests_change_nothing(partner: Partner, path: str, body: dict[str, object]) -> None:
    reply = partner.http.post(f"/admin/{path}", json=body)

    assert reply.status_code == 400
    assert reply.json()["error"]
    state = partner.state()
    assert (state["items"], len(state["accounts"]), state["clock"]["advanced_seconds"]) == ([], 2, 0)


def test_unknown_admin_call_lists_the_known_ones(partner: Partner) -> None:
    reply = partner.http.get("/admin/nothing")

    assert reply.status_code == 404
    assert "POST /admin/reset" in reply.json()["calls"]


@pytest.mark.parametrize("body", [b"{", b"[1]"])
def test_body_has_to_be_a_json_object(partner: Partner, body: bytes) -> None:
    assert partner.http.post("/admin/reset", content=body).status_code == 400


def test_other_sites_cannot_call_through_a_browser(partner: Partner) -> None:
    reply = partner.http.post("/admin/reset", headers={"Sec-Fetch-Site": "cross-site"})

    assert reply.status_code == 403


def test_item_is_seeded_without_a_charge(partner: Partner) -> None:
    seeded = partner.admin(
        "items",
        pricelist=55228,
        period=12,
        licname="old",
        ip="203.0.113.5",
        createdate="2026-01-31",
        status=3,
        autoprolong=None,
        remoteid="l3",
    )

    form = partner.form("soft.edit", str(seeded["ids"][0]))
    assert (form["createdate"], form["expiredate"], form["status"]) == ("2026-01-31", "2027-01-31", "3")
    assert (form["licname"], form["ip"], form["remoteid"]) == ("old", "203.0.113.5", "l3")
    assert (partner.balance(), partner.bought()) == ("10000.00", 0)


def test_module_is_seeded_on_its_license(partner: Partner) -> None:
    parent = partner.buy()
    seeded = partner.admin("items", pricelist=55371, item=parent, bitninja_email="a@example.com")

    partner.ask("soft.delete", elid=parent)

    assert partner.form("addition.edit", str(seeded["ids"][0]))["status"] == "4"


def test_item_is_changed_behind_the_callers_back(partner: Partner) -> None:
    elid = partner.buy()

    partner.admin("items", id=int(elid), expiredate="2031-05-05", status=3)

    form = partner.form("soft.edit", elid)
    assert (form["expiredate"], form["status"]) == ("2031-05-05", "3")


def test_thousands_are_seeded_at_once_with_addresses_of_their_own(partner: Partner) -> None:
    partner.admin("items", pricelist=55227, count=3000)

    addresses = {row["ip"]["$"] for page in ("1", "2", "3") for row in partner.rows("soft", p_cnt="1000", p_num=page)}

    assert len(addresses) == 3000


def test_log_masks_secrets_and_marks_acts(partner: Partner) -> None:
    partner.buy()
    partner.ask("session.newkey", key="s" * 32)
    partner.ask("auth", authinfo="", username="reseller", password="sandbox-password")
    partner.ask("whoami", lickey="secret-1", bitninja_password="secret-2", bitninja_key="secret-3")

    text = partner.http.get("/admin/log").text
    entries = partner.log()

    assert [entry["acted"] for entry in entries] == [True, False, False, False]
    assert entries[0]["params"]["authinfo"] == "reseller:***"
    assert entries[0]["params"]["licname"] == "shop"
    for secret in ("sandbox-password", "s" * 32, "secret-1", "secret-2", "secret-3"):
        assert secret not in text


def test_log_is_narrowed_by_function_number_and_acts(partner: Partner) -> None:
    partner.buy()
    partner.ask("soft")
    partner.ask("soft")

    assert [entry["number"] for entry in partner.log(func="soft")] == [2, 3]
    assert [entry["number"] for entry in partner.log(after="2")] == [3]
    assert [entry["number"] for entry in partner.log(acted="1")] == [1]
    assert [entry["number"] for entry in partner.log(limit="1")] == [3]


def test_log_names_the_error(partner: Partner) -> None:
    partner.ask("nonsense")

    assert partner.log()[0]["outcome"] == "error:missed/func"


@pytest.mark.parametrize(("lang", "title"), [("en", "Sandbox partner"), ("ru", "Учебный партнёр")])
def test_page_shows_everything_in_its_language(partner: Partner, lang: str, title: str) -> None:
    partner.buy(licname="<script>alert(1)</script>")
    partner.order(skipbasket="off", ip="192.0.2.2")
    partner.fault("captcha", func="nothing", count=3, probability=0.5)
    partner.ask("nonsense")

    reply = partner.http.get("/sandbox", params={"lang": lang})

    assert reply.headers["content-type"] == "text/html; charset=UTF-8"
    assert f"<title>{title}</title>" in reply.text
    assert "<script>alert" not in reply.text
    for shown in ("700001", "192.0.2.2", "error:missed/func", "p = 0.5", "reseller-ru"):
        assert shown in reply.text


def test_page_needs_nothing_from_elsewhere(partner: Partner) -> None:
    text = partner.http.get("/sandbox").text

    assert "://" not in text.replace(str(partner.http.base_url).rstrip("/"), "")


def test_browser_at_the_root_gets_the_page_and_a_program_the_protocol(partner: Partner) -> None:
    page = partner.http.get("/", headers={"Accept": "text/html,*/*"})
    answer = partner.http.get("/")

    assert page.text.startswith("<!DOCTYPE html>")
    assert answer.text.startswith("<?xml")


def test_page_stays_whole_with_many_items(partner: Partner) -> None:
    partner.admin("items", pricelist=55227, count=500)

    assert "450 more not shown" in partner.http.get("/sandbox").text


def test_command_serves_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[int, str, int]] = []
    monkeypatch.setattr(command, "serve", lambda port, *, host, latency_ms: served.append((port, host, latency_ms)))

    out = io.StringIO()
    call_command("sandbox", "--port", "8123", "--latency-ms", "5", stdout=out)

    assert served == [(8123, "127.0.0.1", 5)]
    assert "http://127.0.0.1:8123/sandbox" in out.getvalue()


def test_state_can_be_read_in_process(sandbox: Sandbox, partner: Partner) -> None:
    partner.buy()

    with sandbox.state.lock:
        assert [item.fields["licname"] for item in sandbox.state.items.values()] == ["shop"]
