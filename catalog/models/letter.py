from typing import Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class LetterKind(models.TextChoices):
    """When a letter of a product goes out."""

    WELCOME = "WELCOME", _("Welcome e-mail")
    TERMINATION = "TERMINATION", _("Termination e-mail")


WELCOME_LETTER: Final = "service.activated"
TERM_LETTER: Final = "service.term_ended"
BUILT_IN: Final = {
    LetterKind.WELCOME: (WELCOME_LETTER, _("Your service is ready")),
    LetterKind.TERMINATION: (TERM_LETTER, _("Your service has ended")),
}


class ProductLetter(models.Model):
    """A letter that an operator made for products to choose beside the built-in ones; what it says is kept elsewhere.

    Its `code` never changes: products, services and e-mails that were sent name it.
    """

    PREFIX: Final = "product."

    code = models.CharField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=LetterKind)

    class Meta:
        verbose_name = _("letter of products")
        verbose_name_plural = _("letters of products")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def validate_welcome_letter(code: str) -> None:
    """Raises ValidationError for what is no welcome letter."""
    _validate(code, LetterKind.WELCOME)


def validate_term_letter(code: str) -> None:
    """Raises ValidationError for what is no termination letter."""
    _validate(code, LetterKind.TERMINATION)


def _validate(code: str, kind: LetterKind) -> None:
    if code != BUILT_IN[kind][0] and not ProductLetter.objects.filter(code=code, kind=kind).exists():
        message = gettext("Select a valid choice. %(value)s is not one of the available choices.")
        raise ValidationError(message % {"value": code})
