import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.wording import TranslationsField, WordedByPortal


def validate_pattern(pattern: str) -> None:
    """Raises ValidationError for what is not a regular expression: orders would fail on it later."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValidationError(_("This is not a regular expression: %(error)s"), params={"error": error}) from error


class FieldType(models.TextChoices):
    """Input types of a custom field (guide B, Custom fields)."""

    TEXT = "TEXT", _("Text box")
    TEXTAREA = "TEXTAREA", _("Text area")
    LINK = "LINK", _("Link")
    PASSWORD = "PASSWORD", _("Password")
    DROPDOWN = "DROPDOWN", _("Drop-down")
    CHECKBOX = "CHECKBOX", _("Checkbox")


class CustomField(WordedByPortal):
    """A field `key|Label` of a product: the module reads the key, people see the label and may reword it."""

    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="custom_fields")
    key = models.SlugField(_("key"), max_length=60)
    label = models.CharField(_("label"), max_length=150)
    type = models.CharField(_("type"), max_length=20, choices=FieldType, default=FieldType.TEXT)
    description = models.CharField(_("description"), max_length=255, blank=True, default="")
    translations = TranslationsField(texts=("label", "description"))
    validation = models.CharField(
        _("validation"),
        max_length=255,
        blank=True,
        default="",
        validators=[validate_pattern],
        help_text=_("Regular expression that the whole value has to match."),
    )
    options = models.TextField(_("options"), blank=True, default="", help_text=_("For drop-downs, separated by commas"))
    is_required = models.BooleanField(_("required"), default=False)
    is_admin_only = models.BooleanField(_("admin only"), default=False)
    is_on_order_form = models.BooleanField(_("show on order form"), default=False)
    is_on_invoice = models.BooleanField(_("show on invoice"), default=False)
    is_secret = models.BooleanField(
        _("secret"), default=False, help_text=_("Encrypted at rest, shown to its owner only")
    )
    position = models.PositiveIntegerField(_("display order"), default=0)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["product", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "key"], name="one_custom_field_per_product_and_key")]

    def __str__(self) -> str:
        return f"{self.key}|{self.label}"
