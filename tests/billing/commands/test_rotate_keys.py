import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from pytest_django.fixtures import Settings

from noc.models import Server
from tests.builders import World
from vault.fields import DecryptionFailed


def stored_password(server: Server) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM noc_server WHERE id = %s", [server.pk])
        return str(cursor.fetchone()[0])


def test_after_rotation_the_old_key_is_no_longer_needed(world: World, settings: Settings) -> None:
    old, new = settings.FIELD_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    before = stored_password(world.server)
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert Server.objects.get().password == "sandbox-password"
    assert stored_password(world.server) != before


def test_a_key_put_in_front_alone_changes_nothing_that_is_stored(world: World, settings: Settings) -> None:
    old, new = settings.FIELD_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    before = stored_password(world.server)
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert Server.objects.get().password == "sandbox-password"
    assert stored_password(world.server) == before
    settings.FIELD_ENCRYPTION_KEYS = [new]
    with pytest.raises(DecryptionFailed):
        Server.objects.get()
