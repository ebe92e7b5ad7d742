"""`manage.py rotate_keys`: encrypts every stored secret with the first of FIELD_ENCRYPTION_KEYS."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from vault.fields import EncryptedTextField


class Command(BaseCommand):
    help = "Encrypts every stored secret anew. After it, the older keys can leave FIELD_ENCRYPTION_KEYS."

    def handle(self, *arguments: Any, **options: Any) -> None:
        for model, field in _encrypted_fields():
            count = 0
            for number in model._default_manager.exclude(**{field: ""}).values_list("pk", flat=True).iterator():
                count += _encrypt_anew(model, field, number)
            self.stdout.write(f"{model._meta.label}.{field}: {count}")


def _encrypted_fields() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field.name


def _encrypt_anew(model: type[models.Model], field: str, number: Any) -> int:
    """Locks the row: what somebody else saves meanwhile must not be overwritten with an older value."""
    with transaction.atomic():
        row = model._default_manager.select_for_update().filter(pk=number).first()
        if row is None:
            return 0
        return model._default_manager.filter(pk=number).update(**{field: getattr(row, field)})
