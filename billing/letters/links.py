"""Addresses of the portal's pages, whole, as letters need them."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html

from billing.letters.values import Markup, markup


def address(name: str, *arguments: Any) -> str:
    """The whole address of a page."""
    return f"{settings.PORTAL_URL}{reverse(name, args=arguments)}"


def link(url: str) -> Markup:
    """An address that can be followed in the HTML part, as WHMCS's `…_link` variables can."""
    return markup(url, format_html('<a href="{}">{}</a>', url, url)) if url else markup("")
