from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from billing.models import ApiKey, Event, User
from billing.models.api_key import hash_secret
from tests.billing.admin.pages import add_page, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World

PASSWORD = "right-horse-battery"


def person(**changes: str) -> dict[str, str]:
    return {
        "email": "Vera@Example.com",
        "role": "SUPPORT_OPERATOR",
        "language": "ru",
        "password": PASSWORD,
        **changes,
    }


def test_added_staff_can_log_in(boss: Browser) -> None:
    assert boss.post(add_page(User), person()).status_code == 302
    vera = User.objects.get(email="vera@example.com")
    assert (vera.is_staff, vera.is_superuser, vera.role) == (True, False, "SUPPORT_OPERATOR")
    assert vera.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("field", "value"), [("password", "short"), ("email", "nonsense"), ("email", "full_administrator@example.com")]
)
def test_wrong_staff_is_refused_beside_the_field(boss: Browser, field: str, value: str) -> None:
    assert field in boss.post(add_page(User), person(**{field: value})).context["form"].errors
    assert User.objects.count() == 1


def test_taking_the_role_away_closes_the_back_office(boss: Browser) -> None:
    boss.post(add_page(User), person())
    vera = User.objects.get(email="vera@example.com")
    browser = Browser()
    browser.force_login(vera, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/admin/").status_code == 200
    assert succeeded(press(boss, vera, "change", role="", language="en", is_active="on"))
    assert browser.get("/admin/").status_code == 302


def test_the_last_full_administrator_stays(boss: Browser) -> None:
    me = User.objects.get()
    for change in ({"role": "SALES_OPERATOR", "is_active": "on"}, {"role": "FULL_ADMINISTRATOR"}):
        response = press(boss, me, "change", language="en", **change)
        assert "last Full Administrator" in text_of(response)
    me.refresh_from_db()
    assert (me.role, me.is_active) == ("FULL_ADMINISTRATOR", True)


def test_a_new_password_ends_open_sessions(boss: Browser) -> None:
    boss.post(add_page(User), person())
    vera = User.objects.get(email="vera@example.com")
    browser = Browser()
    assert browser.login(username="vera@example.com", password=PASSWORD)
    assert "password" in press(boss, vera, "password", password="1234567890").context["form"].errors
    assert succeeded(press(boss, vera, "password", password="quite-another-horse"))
    assert browser.get("/admin/").status_code == 302


def test_the_list_shows_staff_first_and_clients_apart(world: World, boss: Browser) -> None:
    assert [user.email for user in rows_of(boss.get(list_of(User)))] == ["full_administrator@example.com"]
    assert rows_of(boss.get(list_of(User, "?show=clients"))) == [world.client.users.get()]


def test_a_key_is_shown_once_and_kept_as_a_hash(boss: Browser) -> None:
    page = boss.post(add_page(ApiKey), {"name": "CI", "role": "SALES_OPERATOR", "client_email": ""})
    secret = page.context["outcome"].secret
    key = ApiKey.objects.get()
    assert secret in text_of(page)
    assert key.secret_hash == hash_secret(secret)
    assert secret not in text_of(boss.get(page_of(key)))


def test_a_key_is_of_a_role_or_of_a_client(world: World, boss: Browser) -> None:
    both = {"name": "CI", "role": "SALES_OPERATOR", "client_email": world.client.email}
    for sent, field in (
        (both, "role"),
        ({"name": "CI", "role": ""}, "role"),
        ({"name": "CI", "role": "", "client_email": "who@example.com"}, "client_email"),
    ):
        assert field in boss.post(add_page(ApiKey), sent).context["form"].errors
    boss.post(add_page(ApiKey), {**both, "role": ""})
    assert ApiKey.objects.get().client == world.client


def test_a_revoked_key_stays_revoked(boss: Browser) -> None:
    key = ApiKey.objects.create(name="old", role="SALES_OPERATOR", secret_hash="0" * 64)
    assert succeeded(press(boss, key, "revoke"))
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert "revoked already" in text_of(press(boss, key, "revoke"))
    assert Event.objects.filter(name="api_key.revoked").count() == 1


def create_staff(monkeypatch: pytest.MonkeyPatch, *, typed: str = f"{PASSWORD}\n", **options: Any) -> str:
    out = StringIO()
    monkeypatch.setattr("sys.stdin", StringIO(typed))
    call_command("create_staff", password_stdin=True, stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_it_made(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    said = create_staff(monkeypatch, email="vera@example.com", role="full administrator")
    assert said.startswith("vera@example.com: Full Administrator")
    assert User.objects.get().check_password(PASSWORD)


def test_the_command_refuses_in_words(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Known: Full Administrator"):
        create_staff(monkeypatch, email="vera@example.com", role="boss")
    with pytest.raises(CommandError, match="too short"):
        create_staff(monkeypatch, typed="short\n", email="vera@example.com", role="SUPPORT_OPERATOR")
    assert not User.objects.exists()
