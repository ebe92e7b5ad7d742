import httpx
import pytest

from noc.sandbox.server import Sandbox
from tests.noc.sandbox.caller import Partner


def test_password_may_hold_colons(partner: Partner) -> None:
    partner.admin("accounts", login="colon", password="a:b:c")
    partner.login = "colon:a:b:c"

    assert partner.doc("whoami")["user"]["$name"] == "colon"


def test_wrong_password_is_refused(partner: Partner) -> None:
    assert partner.error("whoami", authinfo="reseller:wrong") == ("auth", "badpassword")


def test_unknown_login_is_refused_alike(partner: Partner) -> None:
    assert partner.error("whoami", authinfo="nobody:wrong") == ("auth", "badpassword")


def test_no_credentials_have_no_access(partner: Partner) -> None:
    assert partner.error("soft", authinfo="") == ("access", "soft")


def test_login_is_checked_before_the_function(partner: Partner) -> None:
    assert partner.error("nonsense", authinfo="reseller:wrong") == ("auth", "badpassword")


def test_unknown_function_is_missed(partner: Partner) -> None:
    assert partner.error("nonsense") == ("missed", "func")


def test_repeated_wrong_passwords_block_even_the_right_one_for_a_while(partner: Partner) -> None:
    for _ in range(5):
        assert partner.error("whoami", authinfo="reseller:wrong") == ("auth", "badpassword")

    assert partner.error("whoami") == ("auth", "blocklogon")
    partner.admin("clock", advance_seconds=21)
    assert "user" in partner.doc("whoami")


def test_a_good_password_forgives_earlier_bad_ones(partner: Partner) -> None:
    for _ in range(3):
        for _ in range(4):
            partner.ask("whoami", authinfo="reseller:wrong")
        assert "user" in partner.doc("whoami")


def test_lockout_can_be_switched_off(partner: Partner) -> None:
    partner.admin("options", lockout_after=0)
    for _ in range(10):
        partner.ask("whoami", authinfo="reseller:wrong")

    assert "user" in partner.doc("whoami")


def test_only_allowed_addresses_come_in(partner: Partner) -> None:
    partner.admin("accounts", login="reseller", allowed_ips=["198.51.100.0/24"])
    assert partner.error("whoami") == ("auth", "badip")

    partner.admin("accounts", login="reseller", allowed_ips=["127.0.0.0/8"])
    assert "user" in partner.doc("whoami")


def session_of(partner: Partner, **params: str) -> str:
    sent = {"username": "reseller", "password": "sandbox-password", **params}
    return str(partner.doc("auth", authinfo="", **sent)["auth"]["$id"])


def test_session_stands_in_for_the_password(partner: Partner) -> None:
    session = session_of(partner)

    assert partner.doc("whoami", authinfo="", auth=session)["user"]["$name"] == "reseller"


def test_session_comes_as_a_cookie_too(partner: Partner, sandbox: Sandbox) -> None:
    cookies = {"billmgrses5": f"{session_of(partner)}:ignored"}

    reply = httpx.get(f"{sandbox.url}/billmgr?func=whoami&out=json", cookies=cookies, verify=False)

    assert "user" in reply.json()["doc"]


def test_session_ends_an_hour_after_its_last_use(partner: Partner) -> None:
    session = session_of(partner)
    partner.admin("clock", advance_seconds=3000)
    assert "ok" in partner.doc("keepalive", authinfo="", auth=session)
    partner.admin("clock", advance_seconds=3000)
    assert "user" in partner.doc("whoami", authinfo="", auth=session)

    partner.admin("clock", advance_seconds=3601)

    assert partner.error("soft", authinfo="", auth=session) == ("access", "soft")


@pytest.mark.parametrize("func", ["logon", "logout"])
def test_leaving_ends_the_session(partner: Partner, func: str) -> None:
    session = session_of(partner)
    partner.http.cookies.clear()
    partner.ask(func, authinfo="", auth=session)

    assert partner.error("whoami", authinfo="", auth=session) == ("access", "whoami")


def test_two_factor_account_gets_nowhere_with_a_password_alone(partner: Partner) -> None:
    partner.admin("accounts", login="reseller", two_factor=True)

    assert partner.error("soft") == ("access", "soft")
    assert partner.doc("whoami")["ok"]["$"] == "func=totp.confirm"


def test_two_factor_session_opens_with_a_code(partner: Partner) -> None:
    partner.admin("accounts", login="reseller", two_factor=True)
    session = session_of(partner)
    assert partner.doc("whoami", authinfo="", auth=session)["ok"]["$"] == "func=totp.confirm"

    assert partner.error("totp.confirm", authinfo="", auth=session, qrcode="12") == ("value", "qrcode")
    partner.ask("totp.confirm", authinfo="", auth=session, qrcode="123456", sok="ok")

    assert "user" in partner.doc("whoami", authinfo="", auth=session)


KEY = "f" * 64


def test_one_time_key_opens_one_session(partner: Partner) -> None:
    assert "ok" in partner.doc("session.newkey", username="reseller", key=KEY)

    login = {"authinfo": "", "username": "reseller", "key": KEY}
    session = partner.doc("auth", **login)["auth"]["$id"]

    assert "user" in partner.doc("whoami", authinfo="", auth=session)
    assert partner.error("auth", **login) == ("auth", "badpassword")


def test_one_time_key_dies_after_a_minute(partner: Partner) -> None:
    partner.ask("session.newkey", username="reseller", key=KEY)
    partner.admin("clock", advance_seconds=61)

    assert partner.error("auth", authinfo="", username="reseller", key=KEY) == ("auth", "badpassword")


def test_one_time_key_is_for_its_own_account(partner: Partner) -> None:
    assert partner.error("session.newkey", username="reseller-ru", key=KEY) == ("access", "session.newkey")
    partner.ask("session.newkey", username="reseller", key=KEY)

    assert partner.error("auth", authinfo="", username="reseller-ru", key=KEY) == ("auth", "badpassword")


@pytest.mark.parametrize("key", ["", "short"])
def test_one_time_key_has_to_be_long(partner: Partner, key: str) -> None:
    assert partner.error("session.newkey", username="reseller", key=key) == ("value", "key")


def test_browser_with_a_key_lands_on_the_page_with_a_session(partner: Partner) -> None:
    partner.ask("session.newkey", username="reseller", key=KEY)
    query = {"checkcookie": "no", "func": "auth", "username": "reseller", "key": KEY}

    reply = partner.http.get("/billmgr", params=query, headers={"Accept": "text/html"})

    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=UTF-8")
    assert "signed in as reseller" in reply.text
    assert "billmgrses5=" in reply.headers["set-cookie"]
    again = partner.http.get("/billmgr", params=query, headers={"Accept": "text/html"})
    assert "Sign-in refused" in again.text


@pytest.mark.parametrize("way", ["link", "form"])
def test_browser_is_signed_in_once_by_link_or_form(sandbox: Sandbox, partner: Partner, way: str) -> None:
    partner.ask("session.newkey", username="reseller", key=KEY)
    fields = {"checkcookie": "no", "func": "auth", "username": "reseller", "key": KEY, "lang": "ru"}

    def visit() -> httpx.Response:
        if way == "link":
            return httpx.get(f"{sandbox.url}/billmgr", params=fields)
        return httpx.post(f"{sandbox.url}/billmgr", data=fields)

    first = visit()
    again = visit()

    assert "Вы вошли как reseller" in first.text
    session = first.cookies["billmgrses5"]
    assert "user" in partner.doc("whoami", authinfo="", auth=session)
    assert "Вход не выполнен" in again.text
    assert "billmgrses5" not in again.cookies


def test_browser_comes_too_late_after_a_minute(partner: Partner) -> None:
    partner.ask("session.newkey", username="reseller", key=KEY)
    partner.admin("clock", advance_seconds=61)

    page = partner.http.post("/billmgr", data={"checkcookie": "no", "func": "auth", "username": "reseller", "key": KEY})

    assert "Sign-in refused" in page.text


def test_keys_can_be_out_of_bounds_for_clients(partner: Partner) -> None:
    partner.admin("options", session_keys=False)

    assert partner.error("session.newkey", username="reseller", key=KEY) == ("access", "session.newkey")
