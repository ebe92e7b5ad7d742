"""Logging in and out, registering, passwords, the language of the pages."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import (
    LoginView,
    PasswordChangeView,
    PasswordResetConfirmView,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from billing.actions.clients import ClientInvalid, register_client
from billing.actions.passwords import ask_new_password, note_password_changed
from billing.forms.account import ChangePasswordForm, ForgottenPasswordForm, LoginForm, NewPasswordForm
from billing.forms.registration import RegistrationForm
from billing.models import User
from billing.throttles import PASSWORDS, address_of, login_of
from billing.views.current import home_of, store_currencies, store_currency

LOGIN_BACKEND = "django.contrib.auth.backends.ModelBackend"


class Login(LoginView):
    """Login by e-mail; after five wrong passwords the pair of e-mail and address waits for a quarter of an hour."""

    template_name = "account/login.html"
    form_class = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        if not PASSWORDS.is_locked(*self._who):
            return super().post(request, *arguments, **options)
        words = _("Too many wrong passwords. Try again in %(minutes)s minutes, or reset the password.")
        form = LoginForm(request, initial={"username": self._email})
        context = self.get_context_data(form=form, locked=words % {"minutes": PASSWORDS.minutes})
        return self.render_to_response(context, status=429)

    def form_valid(self, form: Any) -> HttpResponse:
        """Lets the person in, in the language of their account where this browser has chosen none."""
        PASSWORDS.forget_failures(*self._who)
        response = super().form_valid(form)
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            user = cast(User, form.get_user())
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response

    def get_default_redirect_url(self) -> str:
        """Where nobody asked for another page."""
        return home_of(self.request)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Counts the failure."""
        PASSWORDS.note_failure(*self._who)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    @property
    def _email(self) -> str:
        return self.request.POST.get("username", "")

    @property
    def _who(self) -> tuple[str, str]:
        return login_of(self.request, self._email)


class ForgottenPassword(FormView):  # type: ignore[type-arg]
    """Sends the letter with the link; says the same whether or not the e-mail is known."""

    template_name = "account/password_forgotten.html"
    form_class = ForgottenPasswordForm
    success_url = reverse_lazy("account:password_sent")

    def form_valid(self, form: ForgottenPasswordForm) -> HttpResponse:
        """Writes the letter, if there is anybody to write to."""
        ask_new_password(email=form.cleaned_data["email"], now=timezone.now())
        return super().form_valid(form)


class NewPassword(PasswordResetConfirmView):
    """Takes the new password by the link of the letter, and logs in."""

    template_name = "account/password_new.html"
    form_class = NewPasswordForm
    post_reset_login = True
    post_reset_login_backend = LOGIN_BACKEND

    def form_valid(self, form: Any) -> HttpResponse:
        """Tells the owner of the login."""
        response = super().form_valid(form)
        note_password_changed(user=form.user, by_letter=True, now=timezone.now())
        return response

    def get_success_url(self) -> str:
        """The new password has logged them in."""
        return home_of(self.request)


class ChangePassword(PasswordChangeView):
    """Takes a new password from somebody who knows the old one."""

    template_name = "account/password_change.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("client:profile")

    def form_valid(self, form: Any) -> HttpResponse:
        """Says that it is done, and tells the owner of the login."""
        messages.success(self.request, _("The password is changed."))
        response = super().form_valid(form)
        note_password_changed(user=form.user, by_letter=False, now=timezone.now())
        return response


@sensitive_post_parameters("password", "password_again")
@never_cache
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A new client, logged in at once."""
    if request.user.is_authenticated:
        return redirect(home_of(request))
    form = RegistrationForm(
        request.POST if request.method == "POST" else None,
        currency=store_currency(request, None),
        currencies=store_currencies(request),
        address=address_of(request),
    )
    if request.method == "POST" and form.is_valid():
        try:
            client = register_client(now=timezone.now(), asks_to_confirm=True, **form.profile)
        except ClientInvalid as error:
            for name, texts in error.errors.items():
                for text in texts:
                    form.add_error(name if name in form.fields else None, text)
        else:
            login(request, client.users.get(), backend=LOGIN_BACKEND)
            return redirect("client:services")
    return render(request, "account/register.html", {"form": form}, status=422 if form.errors else 200)
