from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, TemplatesSetting
from pytest_django.asserts import assertHTMLEqual


class WithClosedOption(forms.Select):
    """Its option b is disabled."""

    def create_option(self, name: str, value: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *arguments, **options)
        option["attrs"] |= {"disabled": True, "data-hint": '"&', "hidden": False} if value == "b" else {}
        return option


@pytest.mark.parametrize("value", ["", "a", "b", None])
def test_a_choice_is_written_as_django_writes_it(value: str | None) -> None:
    choices = [("", "—"), ("a", "<A>"), ("Others", [("b", "B"), (5, "Five")])]
    widget = WithClosedOption(choices=choices, attrs={"class": "wide", "required": True})
    ours = widget.render("it", value, renderer=TemplatesSetting())
    assertHTMLEqual(ours, widget.render("it", value, renderer=DjangoTemplates()))
    assert "data-hint" in ours
