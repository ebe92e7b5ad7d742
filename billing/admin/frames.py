"""The surroundings of pages that are no list and no object of a model."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


def frame(request: HttpRequest, *trail: tuple[str, Any], title: str) -> dict[str, Any]:
    """What the back office's base template needs; `trail` leads to the page as (address, words)."""
    return {**admin.site.each_context(request), "opts": None, "trail": trail, "title": title}
