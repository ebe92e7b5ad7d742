from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.ledger import AppendOnly, AppendOnlyQuerySet


class LetterText(models.Model):
    """Subject, text and HTML of a letter in one language, in the syntax of `billing.letters`."""

    letter = models.CharField(_("letter"), max_length=60)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=500)
    text = models.TextField(_("text"), blank=True, default="")
    html = models.TextField(_("HTML"), blank=True, default="")

    class Meta:
        abstract = True


class EmailTemplate(LetterText):
    """What an operator made of a letter. Letters without a row are sent with the text that ships with the portal."""

    class Meta:
        verbose_name = _("e-mail template")
        verbose_name_plural = _("e-mail templates")
        constraints = [
            models.UniqueConstraint(fields=["letter", "language"], name="one_template_per_letter_and_language")
        ]

    def __str__(self) -> str:
        return f"{self.letter} {self.language}"


class EmailTemplateVersion(AppendOnly, LetterText):
    """What a letter said from `saved_at` on; `is_default`: it was set back to the text that ships."""

    saved_at = models.DateTimeField(_("saved at"))
    actor = models.CharField(_("by"), max_length=150, blank=True, default="")
    is_default = models.BooleanField(_("set back"), default=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of an e-mail template")
        verbose_name_plural = _("versions of e-mail templates")
        ordering = ["-id"]
        indexes = [models.Index(fields=["letter", "language", "-id"], name="version_of_letter_newest")]

    def __str__(self) -> str:
        return f"{self.letter} {self.language} #{self.pk}"


class LetterSettings(models.Model):
    """Of letters that are not sent, or of which somebody else gets a copy; those without a row are sent as usual."""

    letter = models.CharField(_("letter"), max_length=60, unique=True)
    is_disabled = models.BooleanField(_("not sent"), default=False)
    copy_to = models.EmailField(
        _("copy to"), max_length=254, blank=True, default="", help_text=_("Gets a blind copy of each one.")
    )

    class Meta:
        verbose_name = _("settings of a letter")
        verbose_name_plural = _("settings of letters")

    def __str__(self) -> str:
        return self.letter
