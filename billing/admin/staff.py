"""People who log in: staff with their roles, and the users of clients."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from billing.actions.staff import add_staff, change_staff, set_staff_password
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import Chips, ObjectAdmin
from billing.models import Event, StaffRole, User
from billing.permissions import ROLE_PERMISSIONS, Permission
from billing.templatetags.back_office import brief, state


class PasswordForm(BackOfficeForm):
    """A new password."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters."),
    )


class ChangeStaffForm(BackOfficeForm):
    """Who they are and what they may do."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=100, required=False)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        choices=[("", gettext_lazy("None: no access to the back office")), *StaffRole.choices],
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    is_active = forms.BooleanField(
        label=gettext_lazy("May log in"), required=False, help_text=gettext_lazy("Off: every door is closed to them.")
    )


class AddStaffForm(BackOfficeForm):
    """A new member of staff."""

    email = forms.EmailField(label=gettext_lazy("E-mail"), help_text=gettext_lazy("The name they log in with."))
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=StaffRole.choices, initial=StaffRole.SUPPORT_OPERATOR)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=100, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters."),
    )


class AddStaff(Button[User]):
    """Lets a person in."""

    code = "add"
    label = gettext_lazy("Add staff")
    permission = Permission.MANAGE_STAFF
    is_page = True
    look = "primary"

    def title(self, subject: User | None) -> str:
        return _("Add staff")

    def explanation(self, subject: User | None) -> str:
        return _("A person who works in the back office. The role says what they may do.")

    def make_form(self, subject: User | None, data: Any) -> forms.Form:
        return AddStaffForm(data)

    def run(self, subject: User | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        user = add_staff(**values, actor=visit.actor, now=visit.now)
        words = _("%(user)s may log in as %(role)s.") % {"user": user, "role": user.get_role_display()}
        return Outcome(words, go_to=reverse("admin:billing_user_change", args=[user.pk]))


class ChangeStaff(Button[User]):
    """Name, role, access."""

    code = "change"
    label = gettext_lazy("Change")
    permission = Permission.MANAGE_STAFF

    def title(self, subject: User | None) -> str:
        return _("Change %(user)s") % {"user": subject}

    def explanation(self, subject: User | None) -> str:
        return _("A new role counts from their next click.")

    def make_form(self, subject: User | None, data: Any) -> forms.Form:
        assert subject is not None
        names = ("first_name", "last_name", "role", "language", "is_active")
        return ChangeStaffForm(data, initial={name: getattr(subject, name) for name in names})

    def run(self, subject: User | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        change_staff(user=subject, values=values, actor=visit.actor, now=visit.now)
        return Outcome(_("%(user)s is changed.") % {"user": subject})


class SetPassword(Button[User]):
    """A new password for staff."""

    code = "password"
    label = gettext_lazy("Set password")
    permission = Permission.MANAGE_STAFF

    def is_shown(self, subject: User) -> bool:
        return subject.is_staff

    def title(self, subject: User | None) -> str:
        return _("Set a password for %(user)s") % {"user": subject}

    def explanation(self, subject: User | None) -> str:
        return _("The old password and every open session of theirs end now.")

    def make_form(self, subject: User | None, data: Any) -> forms.Form:
        return PasswordForm(data)

    def run(self, subject: User | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        set_staff_password(user=subject, password=values["password"], actor=visit.actor, now=visit.now)
        return Outcome(_("%(user)s has a new password.") % {"user": subject})


class UserChips(Chips):
    """Staff first."""

    title = gettext_lazy("who")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("staff", gettext_lazy("Staff")),
            ("clients", gettext_lazy("Users of clients")),
            ("all", gettext_lazy("All")),
        ]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        return queryset if code == "all" else queryset.filter(is_staff=code == "staff")


@admin.register(User)
class UserAdmin(ObjectAdmin):
    """Everyone who can log in."""

    page_template = "admin/billing/user/page.html"
    add_button = AddStaff()
    buttons = (ChangeStaff(), SetPassword())
    list_display = ("state", "email", "first_name", "last_name", "role_words", "last_seen")
    list_display_links = ("email",)
    list_filter = (UserChips, ("role", ChoicesCheckboxFilter))
    list_before_template = "admin/chips.html"
    search_fields = ("email", "first_name", "last_name")

    def get_facts(self, request: HttpRequest, subject: User) -> dict[str, Any]:
        return {
            "state": user_state(subject),
            "permissions": [
                permission.label
                for permission in Permission
                if permission in ROLE_PERMISSIONS.get(subject.role, frozenset())
            ],
            "clients": list(subject.clients.order_by("id")),
            "events": list(Event.objects.filter(name__startswith="staff.", data__user=subject.pk).order_by("-id")[:15]),
        }

    @admin.display(description=gettext_lazy("status"), ordering="is_active")
    def state(self, user: User) -> SafeString:
        return user_state(user)

    @admin.display(description=gettext_lazy("role"), ordering="role")
    def role_words(self, user: User) -> str:
        return user.get_role_display() or "—"

    @admin.display(description=gettext_lazy("last login"), ordering="last_login")
    def last_seen(self, user: User) -> SafeString | str:
        return brief(user.last_login)


def user_state(user: User) -> SafeString:
    """Whether the person may log in at all."""
    return state("ACTIVE", _("Active")) if user.is_active else state("CLOSED", _("Closed"))
