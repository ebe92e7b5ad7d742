"""From text to HTML and back, cleaning, and the house frame around the HTML part."""

import re
from functools import cache
from html.parser import HTMLParser
from typing import Final

import css_inline
import nh3
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import linebreaks, urlize

# What mail programs show. No scripts, forms, frames and style sheets: styles stand in attributes.
_TAGS: Final = nh3.ALLOWED_TAGS | {"font", "u", "section", "header", "footer", "figure"}
_ANYWHERE: Final = {"style", "class", "align", "valign", "width", "height", "bgcolor", "dir", "lang", "title"}
_ATTRIBUTES: Final = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": _ANYWHERE,
    "a": {"href", "name", "target"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing", "role"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_STYLES: Final = {
    *("background", "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left"),
    *("border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color"),
    *("display", "font", "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing"),
    *("line-height", "list-style", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top"),
    *("max-width", "min-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top"),
    *("text-align", "text-decoration", "text-transform", "vertical-align", "white-space", "width"),
}
_BLOCKS: Final = frozenset(
    [
        "p",
        "div",
        "section",
        "header",
        "footer",
        "table",
        "tr",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "hr",
    ]
)
_APART: Final = frozenset(["p", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"])
_UNSEEN: Final = frozenset(["script", "style", "head", "title"])


def clean_html(html: str) -> str:
    """What an operator wrote, without anything that runs, loads or reaches beyond the letter."""
    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, filter_style_properties=_STYLES, link_rel=None
    )


def html_of(text: str) -> str:
    """A plain text as HTML: paragraphs, line breaks, addresses that can be followed."""
    return linebreaks(urlize(text, autoescape=True))


def text_of(html: str) -> str:
    """What a reader without HTML gets: the words, a line for each block, addresses behind their links."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tidy("".join(reader.parts))


def tidy(text: str) -> str:
    """Without spaces at line ends and with at most one empty line at a time."""
    lines = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def put_in_frame(body: str, *, language: str, subject: str) -> str:
    """The whole HTML part: the house frame around `body` (safe HTML), its style sheet moved into the elements."""
    context = {"body": body, "language": language, "subject": subject, "portal_name": settings.PORTAL_NAME}
    return _inliner().inline(render_to_string("emails/letter.html", context))


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


class _Reader(HTMLParser):
    """Collects the words of a document."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen = 0
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self.unseen += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "a":
            self.links.append((dict(attrs).get("href") or "", len(self.parts)))
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag in _BLOCKS:
            self._break(tag)
            self.parts.append("- " if tag == "li" else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(self.unseen - 1, 0)
        elif tag == "a" and self.links:
            url, begin = self.links.pop()
            words = "".join(self.parts[begin:]).strip()
            if url.startswith(("http://", "https://")) and url != words:
                self.parts.append(f" ({url})")
        elif tag in _BLOCKS:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            words = re.sub(r"\s+", " ", data)
            at_line_start = not self.parts or self.parts[-1].endswith(("\n", " "))
            self.parts.append(words.lstrip() if at_line_start else words)

    def _break(self, tag: str) -> None:
        self.parts.append("\n\n" if tag in _APART else "\n")
