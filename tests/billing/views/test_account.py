import re

import pytest
from django.core import mail
from django.test import Client as Browser
from django.test import override_settings

from billing.actions.notifications import send_email
from billing.models import Client, ClientUser, Email, StaffRole, User
from billing.queries.clock import database_now
from tests.billing.views.pages import PASSWORD, read, text_of
from tests.builders import World, make_client, place

WRONG = "not-the-password"


def log_in_by_form(visitor: Browser, email: str, password: str = PASSWORD, **values: str) -> int:
    return visitor.post("/account/login/", {"username": email, "password": password, **values}).status_code


class TestLogin:
    def test_email_in_any_case_opens_the_services(self, anna: Client, visitor: Browser) -> None:
        response = visitor.post("/account/login/", {"username": anna.email.upper(), "password": PASSWORD})
        assert response.headers["Location"] == "/services/"

    def test_staff_begin_in_the_back_office(self, db: None, visitor: Browser) -> None:
        User.objects.create_user("op@example.com", PASSWORD, is_staff=True, role=StaffRole.SALES_OPERATOR)
        response = visitor.post("/account/login/", {"username": "op@example.com", "password": PASSWORD})
        assert response.headers["Location"] == "/admin/"
        assert visitor.get("/account/login/").headers["Location"] == "/admin/"
        assert visitor.get("/account/register/").headers["Location"] == "/admin/"

    def test_staff_who_are_clients_too_begin_with_their_services(self, anna: Client, visitor: Browser) -> None:
        User.objects.filter(email=anna.email).update(is_staff=True, role=StaffRole.SALES_OPERATOR)
        response = visitor.post("/account/login/", {"username": anna.email, "password": PASSWORD})
        assert response.headers["Location"] == "/services/"

    def test_wrong_password_is_told_and_the_email_kept(self, anna: Client, visitor: Browser) -> None:
        response = visitor.post("/account/login/", {"username": anna.email, "password": WRONG})
        page = text_of(response)
        assert "do not belong together" in page
        assert anna.email in page
        assert WRONG not in page

    def test_sixth_try_is_refused_even_with_the_right_password(self, anna: Client, visitor: Browser) -> None:
        for _try in range(5):
            assert log_in_by_form(visitor, anna.email, WRONG) == 422
        assert log_in_by_form(visitor, anna.email) == 429

    def test_another_email_is_not_slowed_down(self, anna: Client, visitor: Browser) -> None:
        for _try in range(5):
            log_in_by_form(visitor, "somebody@example.com", WRONG)
        assert log_in_by_form(visitor, anna.email) == 302

    @pytest.mark.parametrize(("is_behind", "status"), [(True, 302), (False, 429)])
    def test_who_is_slowed_down_is_told_by_a_proxy_that_is_trusted(
        self, anna: Client, visitor: Browser, is_behind: bool, status: int
    ) -> None:
        with override_settings(BEHIND_PROXY=is_behind):
            for _try in range(5):
                visitor.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.7"
                log_in_by_form(visitor, anna.email, WRONG)
            visitor.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.7, 198.51.100.1"
            assert log_in_by_form(visitor, anna.email) == status

    def test_success_forgets_earlier_failures(self, anna: Client, visitor: Browser) -> None:
        for _round in range(2):
            for _try in range(4):
                log_in_by_form(visitor, anna.email, WRONG)
            assert log_in_by_form(visitor, anna.email) == 302
            visitor.post("/account/logout/")

    def test_never_leads_to_another_site(self, anna: Client, visitor: Browser) -> None:
        response = visitor.post(
            "/account/login/?next=https://evil.example/", {"username": anna.email, "password": PASSWORD}
        )
        assert response.headers["Location"] == "/services/"

    def test_pages_come_in_the_language_of_the_account(self, world: World, visitor: Browser) -> None:
        client = make_client(password=PASSWORD, language="ru")
        log_in_by_form(visitor, client.email)
        assert '<html lang="ru">' in read(visitor, "/services/")

    def test_logging_out_is_no_link(self, anna_browser: Browser) -> None:
        assert anna_browser.get("/account/logout/").status_code == 405

    def test_staff_without_a_client_is_sent_to_the_back_office(self, db: None, visitor: Browser) -> None:
        visitor.force_login(User.objects.create_user("op@example.com", is_staff=True, role=StaffRole.SALES_OPERATOR))
        response = visitor.get("/services/")
        assert response.status_code == 403
        assert "To the back office" in response.content.decode()

    def test_user_of_several_clients_sees_the_first_one(
        self, world: World, anna: Client, anna_browser: Browser
    ) -> None:
        second = make_client()
        ClientUser.objects.create(client=second, user=anna.users.get())
        order = place(second, world.lite, ip="192.0.2.10")
        assert anna_browser.get(f"/orders/{order.number}/").status_code == 404


class TestRegister:
    PERSON = {
        "email": "nora@example.com",
        "password": "quiet-lantern-77",
        "password_again": "quiet-lantern-77",
        "first_name": "Nora",
        "last_name": "Person",
        "country": "DE",
        "currency": "RUB",
        "language": "ru",
    }

    def test_makes_a_client_and_logs_in(self, world: World, visitor: Browser) -> None:
        response = visitor.post("/account/register/", self.PERSON)
        assert response.headers["Location"] == "/services/"
        client = Client.objects.get(email="nora@example.com")
        assert (client.currency_id, client.language) == ("RUB", "ru")
        assert visitor.get("/services/").status_code == 200

    def test_keeps_the_wish_for_news_which_the_profile_changes(self, world: World, visitor: Browser) -> None:
        visitor.post("/account/register/", {**self.PERSON, "is_subscribed": "on"})
        client = Client.objects.get(email="nora@example.com")
        assert client.is_subscribed
        values = {"first_name": "Nora", "last_name": "Person", "country": "DE", "language": "ru"}
        visitor.post("/profile/", values)
        client.refresh_from_db()
        assert not client.is_subscribed

    def test_nobody_finds_out_which_of_many_emails_have_an_account(self, world: World, visitor: Browser) -> None:
        known = [make_client().email for _number in range(10)]
        for email in [known[0]] * 5 + known:
            page = text_of(visitor.post("/account/register/", {**self.PERSON, "email": email}))
            assert "This e-mail is registered already" in page
        for email in (known[0], "nora@example.com"):
            page = text_of(visitor.post("/account/register/", {**self.PERSON, "email": email}))
            assert "Too many e-mails" in page
            assert "registered already" not in page
        assert not Client.objects.filter(email="nora@example.com").exists()
        elsewhere = visitor.post("/account/register/", self.PERSON, REMOTE_ADDR="203.0.113.9")
        assert elsewhere.status_code == 302

    def test_has_the_sections_of_whmcs_in_order(self, world: World, visitor: Browser) -> None:
        page = read(visitor, "/account/register/")
        titles = ["Personal information", "Billing address", "Additional information", "Account security"]
        places = [page.index(f"<legend>{title}</legend>") for title in titles]
        assert places == sorted(places)

    @pytest.mark.parametrize("address", ["/account/register/", "/account/password/"])
    def test_new_passwords_come_with_their_tools(
        self, world: World, anna_browser: Browser, visitor: Browser, address: str
    ) -> None:
        browser = visitor if "register" in address else anna_browser
        page = read(browser, address)
        assert "js/password.js" in page
        assert "data-password-tools" in page
        assert "zxcvbn.js" in page

    def test_pages_without_a_new_password_bring_no_tools(self, world: World, visitor: Browser) -> None:
        for address in ("/", "/account/login/"):
            assert "password.js" not in read(visitor, address)

    def test_the_same_email_twice_is_refused_and_the_rest_kept(self, anna: Client, visitor: Browser) -> None:
        response = visitor.post("/account/register/", {**self.PERSON, "email": anna.email})
        assert response.status_code == 422
        assert 'value="Nora"' in text_of(response)

    @pytest.mark.parametrize("values", [{"country": "XX"}, {"currency": "XXX"}, {"language": "xx"}, {"email": "x"}])
    def test_unknown_values_are_refused(self, world: World, visitor: Browser, values: dict[str, str]) -> None:
        assert visitor.post("/account/register/", {**self.PERSON, **values}).status_code == 422

    def test_names_with_markup_are_shown_as_text(self, world: World, visitor: Browser) -> None:
        visitor.post("/account/register/", {**self.PERSON, "first_name": "<i>Nora</i>"})
        assert "<i>Nora</i>" not in read(visitor, "/profile/")


class TestPassword:
    def test_letter_with_a_link_sets_a_new_one(self, anna: Client, visitor: Browser) -> None:
        visitor.post("/account/password/forgotten/", {"email": anna.email})
        asked = Email.objects.get(letter="user.password_forgotten")
        send_email(email_id=asked.pk, now=database_now())
        found = re.search(r"http://\S+?(/account/password/\S+)", str(mail.outbox[0].body))
        assert found is not None
        asked.refresh_from_db()
        assert (asked.status, asked.body) == ("SENT", "")
        form = visitor.get(found[1]).headers["Location"]
        new = {"new_password1": "brand-new-secret-9", "new_password2": "brand-new-secret-9"}
        assert visitor.post(form, new).headers["Location"] == "/services/"
        assert anna.users.get().check_password("brand-new-secret-9")
        assert "does not work any more" in read(Browser(), found[1])
        anna.refresh_from_db()
        assert anna.email_confirmed_at is not None
        assert Email.objects.filter(letter="user.password_changed", recipient=anna.email).count() == 1

    def test_unknown_email_gets_the_same_answer_and_no_letter(self, world: World, visitor: Browser) -> None:
        response = visitor.post("/account/password/forgotten/", {"email": "nobody@example.com"})
        assert response.headers["Location"] == "/account/password/sent/"
        assert not Email.objects.exists()

    def test_asking_again_and_again_sends_one_letter(self, anna: Client, visitor: Browser) -> None:
        for _time in range(3):
            visitor.post("/account/password/forgotten/", {"email": anna.email})
        assert Email.objects.filter(letter="user.password_forgotten").count() == 1

    def test_is_changed_by_the_old_one(self, anna: Client, anna_browser: Browser) -> None:
        new = {"new_password1": "brand-new-secret-9", "new_password2": "brand-new-secret-9"}
        assert anna_browser.post("/account/password/", {"old_password": WRONG, **new}).status_code == 200
        assert anna.users.get().check_password(PASSWORD)
        anna_browser.post("/account/password/", {"old_password": PASSWORD, **new})
        assert anna.users.get().check_password("brand-new-secret-9")


class TestProfile:
    def test_saves_name_address_and_language(self, anna: Client, anna_browser: Browser) -> None:
        values = {"first_name": "Anne", "last_name": "Berg", "country": "CH", "city": "Zürich", "language": "ru"}
        anna_browser.post("/profile/", values)
        anna.refresh_from_db()
        assert (anna.first_name, anna.city, anna.country.code, anna.language) == ("Anne", "Zürich", "CH", "ru")

    def test_currency_cannot_be_smuggled_in(self, anna: Client, anna_browser: Browser) -> None:
        values = {"first_name": "Anne", "last_name": "Berg", "country": "CH", "language": "en", "currency": "RUB"}
        anna_browser.post("/profile/", values)
        anna.refresh_from_db()
        assert anna.currency_id == "EUR"

    def test_error_keeps_what_was_typed(self, anna_browser: Browser) -> None:
        response = anna_browser.post("/profile/", {"first_name": "", "last_name": "Typed", "country": "CH"})
        assert response.status_code == 422
        assert 'value="Typed"' in text_of(response)


class TestErrorPages:
    def test_unknown_address_is_a_themed_404(self, db: None, visitor: Browser) -> None:
        response = visitor.get("/no-such-page/")
        assert response.status_code == 404
        assert "There is nothing here" in response.content.decode()

    @override_settings(ROOT_URLCONF="tests.billing.views.broken_urls")
    def test_broken_page_shows_no_inner_matters(self, db: None) -> None:
        response = Browser(raise_request_exception=False).get("/broken/")
        assert response.status_code == 500
        page = response.content.decode()
        assert "Something broke on our side" in page
        assert "secret-of-the-house" not in page

    def test_form_without_a_token_is_refused_with_words(self, anna: Client) -> None:
        strict = Browser(enforce_csrf_checks=True)
        response = strict.post("/account/login/", {"username": anna.email, "password": PASSWORD})
        assert response.status_code == 403
        assert "This form is too old" in response.content.decode()

    def test_pages_forbid_inline_scripts(self, world: World, visitor: Browser) -> None:
        response = visitor.get("/")
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", text_of(response))
