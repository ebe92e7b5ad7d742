"""The Russian translation: whole, up to date with the code, and safe to fill in."""

import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "locale/ru/LC_MESSAGES/django.po"
SOURCES = ("billing", "catalog", "config", "noc", "vault", "whmcs", "templates", "manage.py")
FORMS = 3  # one, few, many
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[#0 +-]*[\d.]*[a-zA-Z%]")

Key = tuple[str | None, str]


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def messages(catalog: Catalog) -> dict[Key, Message]:
    return {(message.context, singular(message)): message for message in catalog if message.id}


def singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def placeholders(text: str) -> list[str]:
    return sorted(set(PLACEHOLDER.findall(text)) - {"%%"})


@pytest.fixture(scope="module")
def russian() -> dict[Key, Message]:
    return messages(read(PO))


def test_every_message_has_a_translation(russian: dict[Key, Message]) -> None:
    assert [key for key, message in russian.items() if not all(forms(message.string))] == []


def test_no_translation_is_a_guess(russian: dict[Key, Message]) -> None:
    assert [key for key, message in russian.items() if message.fuzzy] == []


def test_every_plural_has_all_russian_forms(russian: dict[Key, Message]) -> None:
    plurals = {key: message for key, message in russian.items() if not isinstance(message.id, str)}
    assert {key: len(forms(message.string)) for key, message in plurals.items()} == dict.fromkeys(plurals, FORMS)


def test_translations_fill_in_the_same_values(russian: dict[Key, Message]) -> None:
    wrong = {
        key: text
        for key, message in russian.items()
        for text in forms(message.string)
        if placeholders(text) != placeholders(forms(message.id)[-1])
    }
    assert wrong == {}


def test_the_catalog_compiles() -> None:
    compiled = BytesIO()
    write_mo(compiled, read(PO))
    assert compiled.tell() > 0


def test_every_text_of_the_code_is_in_the_catalog(russian: dict[Key, Message], tmp_path: Path) -> None:
    if shutil.which("xgettext") is None:
        assert "CI" not in os.environ, "install gettext: without it nobody knows whether the catalog is whole"
        pytest.skip("gettext is not installed")
    collected = messages(collect(tmp_path))
    assert sorted(map(str, collected.keys() - russian.keys())) == [], "run `make messages`, then translate"
    assert sorted(map(str, russian.keys() - collected.keys())) == [], "no longer in the code"


def collect(folder: Path) -> Catalog:
    """What `make messages` finds, in a copy of the sources."""
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    (folder / "locale").mkdir()
    command = [sys.executable, "manage.py", "makemessages", "--locale", "ru", "--no-location", "--verbosity", "0"]
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, "VAR_DIR": str(folder / "var")}, timeout=100)
    return read(folder / "locale/ru/LC_MESSAGES/django.po")
