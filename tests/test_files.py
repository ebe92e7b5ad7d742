"""Files that nobody imports and that must keep up with the code."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def variables_read() -> set[str]:
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text()))


def test_the_example_environment_explains_every_variable_and_no_other() -> None:
    explained = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert explained == variables_read()


@pytest.mark.parametrize("script", sorted([*(ROOT / "scripts").iterdir(), ROOT / ".ci/run"]), ids=lambda one: one.name)
def test_a_script_has_no_syntax_error(script: Path) -> None:
    shell = re.match(r"#!.*?(bash|sh|python3)\s*\n", script.read_text())
    assert shell, "its first line names no interpreter"
    if shell.group(1) == "python3":
        compile(script.read_text(), script.name, "exec")
    else:
        subprocess.run([shell.group(1), "-n", script], check=True, env=os.environ)


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda one: one.name)
def test_a_page_names_only_files_that_are_there(page: Path) -> None:
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    named = re.findall(r"`((?:billing|noc|catalog|vault|config|demo|bench|tests|scripts|docs)/[\w/.-]+)`", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    missing += [name for name in named if not (ROOT / name).exists()]
    assert missing == []
