"""What staff do about a client's address and letters; news to many clients."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from billing.actions.email_addresses import ask_to_confirm, change_email
from billing.actions.letter_wishes import OPTIONAL_CODES, change_letter_wishes
from billing.actions.news import LONGEST_SUBJECT, NewsInvalid, send_news
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import Chips
from billing.models import Client
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.letter_kinds import OPTIONAL

LETTERS_SHOWN: Final = 10


class EmailForm(BackOfficeForm):
    """Another address."""

    email = forms.EmailField(label=gettext_lazy("New e-mail"), max_length=254)


class WishesForm(BackOfficeForm):
    """Which letters the client wants."""

    wanted = forms.MultipleChoiceField(
        label=gettext_lazy("Letters that clients may do without"),
        required=False,
        choices=[(kind.value, kind.label) for kind in OPTIONAL],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    gets_overdue_notices = forms.BooleanField(label=gettext_lazy("Overdue notices"), required=False)
    is_subscribed = forms.BooleanField(label=gettext_lazy("News and offers"), required=False)
    copies = forms.CharField(
        label=gettext_lazy("Copies of letters about invoices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Up to three addresses, one a line."),
    )


class NewsForm(BackOfficeForm):
    """A letter to many."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=LONGEST_SUBJECT)
    text = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 10}))


class ChangeEmail(Button[Client]):
    """Where letters go, and the login."""

    code = "email"
    label = gettext_lazy("Change e-mail")
    permission = Permission.MANAGE_CLIENTS

    def title(self, subject: Client | None) -> str:
        return _("Change the e-mail of %(client)s") % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        return _("The client logs in with the new address and has to confirm it. The old one is told of the change.")

    def make_form(self, subject: Client | None, data: Any) -> forms.Form:
        return EmailForm(data)

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        change_email(client=subject, email=values["email"], actor=visit.actor, now=visit.now)
        return Outcome(_("Letters go to %(email)s now.") % {"email": subject.email})


class AskToConfirm(Button[Client]):
    """The letter with the link, once more."""

    code = "confirm-email"
    label = gettext_lazy("Ask to confirm the e-mail")
    permission = Permission.MANAGE_CLIENTS

    def is_shown(self, subject: Client) -> bool:
        return subject.email_confirmed_at is None

    def title(self, subject: Client | None) -> str:
        assert subject is not None
        return _("Ask %(client)s to confirm %(email)s") % {"client": subject, "email": subject.email}

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        ask_to_confirm(client=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The letter is on its way to %(email)s.") % {"email": subject.email})


class LetterWishes(Button[Client]):
    """Which letters, and who gets copies."""

    code = "letters"
    label = gettext_lazy("Change notifications")
    permission = Permission.MANAGE_CLIENTS
    is_page = True

    def title(self, subject: Client | None) -> str:
        return _("Letters that %(client)s wants") % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        return _("Letters about invoices, keys and the end of services are always sent.")

    def make_form(self, subject: Client | None, data: Any) -> forms.Form:
        assert subject is not None
        initial = {
            "wanted": sorted(OPTIONAL_CODES - set(subject.declined_letters)),
            "gets_overdue_notices": subject.gets_overdue_notices,
            "is_subscribed": subject.is_subscribed,
            "copies": "\n".join(subject.copy_emails),
        }
        return WishesForm(data, initial=initial)

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        change_letter_wishes(
            client=subject,
            declined=OPTIONAL_CODES - set(values["wanted"]),
            copies=values["copies"].splitlines(),
            is_subscribed=values["is_subscribed"],
            gets_overdue_notices=values["gets_overdue_notices"],
            actor=visit.actor,
            now=visit.now,
        )
        return Outcome(_("Saved."))


class ClientChips(Chips):
    """Clients by whether letters reach them."""

    title = gettext_lazy("address")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("all", gettext_lazy("All")),
            ("unreachable", gettext_lazy("Letters come back")),
            ("unconfirmed", gettext_lazy("E-mail not confirmed")),
        ]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        if code == "unreachable":
            return queryset.exclude(bounced_at=None)
        return queryset.filter(email_confirmed_at=None) if code == "unconfirmed" else queryset


def news_page(request: HttpRequest, chosen: QuerySet[Client], context: Mapping[str, Any]) -> HttpResponse | None:
    """Asks for subject and text, then writes to those of the chosen clients who want news."""
    clients = list(chosen.order_by("pk").values_list("pk", "is_subscribed"))
    form = NewsForm(request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            count = send_news(
                clients=[pk for pk, _wants in clients],
                subject=form.cleaned_data["subject"],
                text=form.cleaned_data["text"],
                actor=str(request.user),
                now=database_now(),
            )
        except NewsInvalid as refusal:
            form.add_error(None, str(refusal))
        else:
            words = ngettext("%(count)s letter is on its way.", "%(count)s letters are on their way.", count)
            messages.success(request, words % {"count": count})
            return None
    page = {
        **context,
        "title": _("News to clients"),
        "form": form,
        "chosen": [pk for pk, _wants in clients],
        "count": sum(wants for _pk, wants in clients),
        "code": request.POST["action"],
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/billing/client/news.html", page)
