"""Decisions about a letter: set back, restore, try out, switch off, make and delete one of the portal's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.letter_templates import (
    create_product_letter,
    delete_product_letter,
    reset_letter,
    save_letter,
    save_letter_settings,
)
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.letters.catalogue import Letter
from billing.letters.source import Source
from billing.models import EmailTemplateVersion, LetterSettings
from billing.permissions import Permission
from catalog.models import LetterKind, ProductLetter


@dataclass(frozen=True, slots=True)
class Sheet:
    """A letter in one language: what the pages are about."""

    letter: Letter
    language: str

    @property
    def pk(self) -> str:
        """What addresses call it."""
        return f"{self.letter.name}/{self.language}"

    def __str__(self) -> str:
        return str(self.letter.title)


class ResetLetter(Button[Any]):
    """Back to the text that ships."""

    code = "reset"
    label = gettext_lazy("Back to the default text")
    permission = Permission.MANAGE_SETTINGS
    look = "danger"

    def title(self, subject: Sheet | None) -> str:
        return _("Set “%(letter)s” back to its default text") % {"letter": subject}

    def explanation(self, subject: Sheet | None) -> str:
        return _("In this language only. What it says now stays among its versions and can be restored.")

    def run(self, subject: Sheet | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        reset_letter(letter=subject.letter, language=subject.language, actor=visit.actor, now=visit.now)
        return Outcome(_("The letter has its default text again."))


class RestoreVersion(Button[Any]):
    """A former text once more."""

    code = "restore"
    label = gettext_lazy("Restore this version")
    permission = Permission.MANAGE_SETTINGS
    look = "primary"

    def __init__(self, version: EmailTemplateVersion) -> None:
        self.version = version

    def title(self, subject: Sheet | None) -> str:
        return _("Restore a version of “%(letter)s”") % {"letter": subject}

    def explanation(self, subject: Sheet | None) -> str:
        return _("The letter says from now on what it said then. What it says now stays among its versions.")

    def run(self, subject: Sheet | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        source = Source(self.version.subject, self.version.text, self.version.html)
        save_letter(letter=subject.letter, language=subject.language, source=source, actor=visit.actor, now=visit.now)
        return Outcome(_("The version is restored."))


class SetUpLetter(Button[Any]):
    """Sent or not, and to whom besides."""

    code = "settings"
    label = gettext_lazy("Set up sending")
    permission = Permission.MANAGE_SETTINGS

    def title(self, subject: Sheet | None) -> str:
        return _("Sending of “%(letter)s”") % {"letter": subject}

    def explanation(self, subject: Sheet | None) -> str:
        return _("In all languages. Letters that wait now are judged by it too.")

    def make_form(self, subject: Sheet | None, data: Any) -> forms.Form:
        assert subject is not None
        stored = LetterSettings.objects.filter(letter=subject.letter.name).first() or LetterSettings()
        more: dict[str, forms.Field] = {
            "is_disabled": forms.BooleanField(label=_("Do not send this letter"), required=False),
            "copy_to": forms.EmailField(
                label=_("Blind copy to"), required=False, help_text=_("Gets each letter that is sent.")
            ),
        }
        initial = {"is_disabled": stored.is_disabled, "copy_to": stored.copy_to}
        return BackOfficeForm(data, initial=initial, more=more)

    def run(self, subject: Sheet | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        save_letter_settings(
            letter=subject.letter,
            is_disabled=values["is_disabled"],
            copy_to=values["copy_to"],
            actor=visit.actor,
            now=visit.now,
        )
        return Outcome(_("The sending of the letter is set."))


class CreateLetter(Button[Any]):
    """A letter that products choose."""

    code = "create"
    label = gettext_lazy("Make a letter")
    permission = Permission.MANAGE_SETTINGS
    look = "primary"

    def title(self, subject: None) -> str:
        return _("Make a letter for products")

    def explanation(self, subject: None) -> str:
        return _("It begins with the default text. Products choose it as their welcome or termination e-mail.")

    def make_form(self, subject: None, data: Any) -> forms.Form:
        more: dict[str, forms.Field] = {
            "name": forms.CharField(label=_("Name"), max_length=100),
            "kind": forms.ChoiceField(label=_("Kind"), choices=LetterKind.choices),
        }
        return BackOfficeForm(data, more=more)

    def run(self, subject: None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        made = create_product_letter(
            name=values["name"], kind=LetterKind(values["kind"]), actor=visit.actor, now=visit.now
        )
        address = reverse("admin:billing_emailtemplate_letter", args=[made.code, "en"])
        return Outcome(_("The letter is there. Say what is in it."), go_to=address)


class DeleteLetter(Button[Any]):
    """Only for letters that operators made."""

    code = "delete"
    label = gettext_lazy("Delete the letter")
    permission = Permission.MANAGE_SETTINGS
    look = "danger"

    def is_shown(self, subject: Sheet) -> bool:
        return bool(subject.letter.own_title)

    def title(self, subject: Sheet | None) -> str:
        return _("Delete the letter “%(letter)s”") % {"letter": subject}

    def explanation(self, subject: Sheet | None) -> str:
        return _("In all languages. Products can choose it no longer; letters that were sent stay in the history.")

    def run(self, subject: Sheet | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        own = ProductLetter.objects.get(code=subject.letter.name)
        delete_product_letter(letter=own, actor=visit.actor, now=visit.now)
        return Outcome(_("The letter is deleted."), go_to=reverse("admin:billing_emailtemplate_changelist"))
