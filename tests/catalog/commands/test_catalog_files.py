from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product, ProductGroup
from tests.catalog.samples import make_plain_product


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


@pytest.fixture
def product(group: ProductGroup) -> Product:
    return make_plain_product(group)


def test_there_and_back(product: Product, tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    run("export_catalog", str(file))
    assert file.read_text() == run("export_catalog")
    assert run("import_catalog", str(file)) == "0 changes\n"
    file.write_text(file.read_text().replace("name: Consulting", "name: Консультация"))
    planned = run("import_catalog", str(file), "--dry-run")
    assert "~ products licenses/consulting name: “Consulting” → “Консультация”" in planned
    assert planned.endswith("1 changes (dry run: nothing was changed)\n")
    assert Product.objects.get().name == "Consulting"
    assert run("import_catalog", str(file)).endswith("1 changes\n")
    assert Product.objects.get().name == "Консультация"
    assert run("import_catalog", str(file), "--prune") == "0 changes\n"


def test_faults_end_it_with_their_paths(product: Product, tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text("format: nocdesk-catalog\nversion: 1\ngroups:\n- {slug: a}\n- {slug: b, colour: red}\n")
    with pytest.raises(CommandError, match=r"groups\[1\].colour"):
        run("import_catalog", str(file))
    file.write_bytes(b"\xff")
    for name in (str(file), str(tmp_path / "nowhere"), str(tmp_path)):
        with pytest.raises(CommandError, match="cannot be read"):
            run("import_catalog", name)
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_catalog", str(tmp_path))
