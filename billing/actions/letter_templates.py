"""What operators make of letters: each text is checked before it is kept, and every text that was kept stays."""

from collections.abc import Mapping
from datetime import datetime
from smtplib import SMTPException
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.letters.catalogue import Letter
from billing.letters.checking import find_faults
from billing.letters.composing import ComposedLetter
from billing.letters.source import Source
from billing.models import EmailTemplate, EmailTemplateVersion, LetterSettings, Service
from catalog.models import LetterKind, Product, ProductLetter
from catalog.slugs import guess_slug

LONGEST_NAME: Final = 100
LONGEST_SLUG: Final = 40


class LetterInvalid(Exception):
    """A letter cannot be so; `errors` maps subject, text, html, copy_to and name to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class LetterRefused(Exception):
    """This is not possible with this letter now; why, in words."""


def save_letter(*, letter: Letter, language: str, source: Source, actor: str, now: datetime) -> EmailTemplate:
    """From now on the letter says `source` in that language. Saving what it says already changes nothing.

    Raises LetterInvalid with all that is wrong, by part.
    """
    if faults := find_faults(letter, source, language=language):
        raise LetterInvalid(faults)
    values = {"subject": source.subject.strip(), "text": source.text, "html": source.html}
    with transaction.atomic():
        known = EmailTemplate.objects.select_for_update().filter(letter=letter.name, language=language).first()
        if known is not None and all(getattr(known, part) == value for part, value in values.items()):
            return known
        kept, _is_new = EmailTemplate.objects.update_or_create(letter=letter.name, language=language, defaults=values)
        EmailTemplateVersion.objects.create(letter=letter.name, language=language, saved_at=now, actor=actor, **values)
        _record("letter.changed", letter, language=language, actor=actor, now=now)
    return kept


def reset_letter(*, letter: Letter, language: str, actor: str, now: datetime) -> None:
    """The letter says again what ships with the portal; its versions stay. Raises LetterRefused where it does so."""
    with transaction.atomic():
        gone, _by_model = EmailTemplate.objects.filter(letter=letter.name, language=language).delete()
        if not gone:
            raise LetterRefused(_("This letter has its default text already."))
        EmailTemplateVersion.objects.create(
            letter=letter.name, language=language, saved_at=now, actor=actor, subject="", is_default=True
        )
        _record("letter.reset", letter, language=language, actor=actor, now=now)


def save_letter_settings(*, letter: Letter, is_disabled: bool, copy_to: str, actor: str, now: datetime) -> None:
    """Whether the letter is sent at all, and who gets a blind copy of it. Raises LetterInvalid."""
    row = LetterSettings(letter=letter.name, is_disabled=is_disabled, copy_to=copy_to)
    try:
        row.clean_fields()
    except ValidationError as error:
        raise LetterInvalid(error.message_dict) from error
    with transaction.atomic():
        LetterSettings.objects.update_or_create(
            letter=letter.name, defaults={"is_disabled": is_disabled, "copy_to": copy_to}
        )
        data = {"letter": letter.name, "is_disabled": is_disabled, "copy_to": copy_to}
        record_event("letter.settings_changed", now=now, actor=actor, data=data)


def create_product_letter(*, name: str, kind: LetterKind, actor: str, now: datetime) -> ProductLetter:
    """A letter that products can choose; it begins with the text of the built-in one. Raises LetterInvalid."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise LetterInvalid({"name": [_("Enter a name of at most %(most)s characters.") % {"most": LONGEST_NAME}]})
    taken = [code.removeprefix(ProductLetter.PREFIX) for code in ProductLetter.objects.values_list("code", flat=True)]
    code = ProductLetter.PREFIX + guess_slug(name[:LONGEST_SLUG], fallback="letter", taken=taken)
    try:
        with transaction.atomic():
            letter = ProductLetter.objects.create(code=code, name=name, kind=kind)
            record_event("letter.created", now=now, actor=actor, data={"letter": code, "name": name})
    except IntegrityError as error:
        raise LetterInvalid({"name": [_("There is a letter of this name already.")]}) from error
    return letter


def delete_product_letter(*, letter: ProductLetter, actor: str, now: datetime) -> None:
    """Removes a letter that no product and no service would send; its versions stay. Raises LetterRefused."""
    with transaction.atomic():
        locked = ProductLetter.objects.select_for_update().get(pk=letter.pk)
        if _is_chosen(locked.code):
            raise LetterRefused(_("Products or services still send this letter. Let them send another one first."))
        EmailTemplate.objects.filter(letter=locked.code).delete()
        LetterSettings.objects.filter(letter=locked.code).delete()
        locked.delete()
        record_event("letter.deleted", now=now, actor=actor, data={"letter": locked.code, "name": locked.name})


def send_test_letter(*, letter: ComposedLetter, recipient: str) -> None:
    """One e-mail to whoever tries a letter out; nothing is kept of it. Raises LetterRefused where it cannot be sent."""
    message = EmailMultiAlternatives(
        f"[{_('Test')}] {letter.subject}", letter.text, settings.DEFAULT_FROM_EMAIL, [recipient]
    )
    message.attach_alternative(letter.html, "text/html")
    try:
        message.send()
    except (OSError, SMTPException) as error:
        words = _("The mail server did not take it: %(error)s")
        raise LetterRefused(words % {"error": type(error).__name__}) from error


def _is_chosen(code: str) -> bool:
    products = Product.objects.filter(welcome_letter=code) | Product.objects.filter(term_letter=code)
    return products.exists() or Service.objects.not_ended().filter(term_letter=code).exists()


def _record(name: str, letter: Letter, *, language: str, actor: str, now: datetime) -> None:
    data: dict[str, Any] = {"letter": letter.name, "language": language}
    record_event(name, now=now, actor=actor, data=data)
