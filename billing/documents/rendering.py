"""Documents as HTML and as PDF. Nothing is fetched but our own static files; the same HTML makes the same bytes."""

import atexit
import hashlib
import threading
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from billing.documents.codes import draw_code
from billing.documents.paper import Paper
from billing.documents.words import words_of

STYLE_SHEET: Final = "css/document.css"
# A host that cannot be (RFC 6761): relative addresses need one, and the fetcher below serves it from our files.
HOME: Final = "https://static.invalid/"
# WeasyPrint is Python all through: two at a time in one process would only hold each other up, and share one set of
# fonts that was not made for it.
_one_at_a_time = threading.Lock()


class PdfUnavailable(Exception):
    """This machine cannot make PDF files: WeasyPrint's libraries (pango) are missing."""


def document_context(paper: Paper) -> dict[str, Any]:
    """What the templates of documents are drawn from."""
    code = paper.transfer.code if paper.transfer else ""
    return {"paper": paper, "words": words_of(paper.language), "code": draw_code(code) if code else ""}


def render_source(paper: Paper) -> str:
    """The HTML that the PDF is made of."""
    return render_to_string("documents/pdf.html", document_context(paper))


def digest_of(source: str) -> str:
    """Two documents with the same digest are the same PDF: every word, the style sheet and WeasyPrint's version."""
    return hashlib.sha256(f"{_fingerprint()}\n{source}".encode()).hexdigest()


def make_pdf(source: str) -> bytes:
    """The PDF of HTML that `render_source` wrote. Raises PdfUnavailable."""
    weasyprint = _load_weasyprint()
    with _one_at_a_time:
        fonts, style_sheet = _style()
        document = weasyprint.HTML(string=source, base_url=HOME, url_fetcher=_fetcher())
        pdf: bytes = document.write_pdf(stylesheets=[style_sheet], font_config=fonts)
    return pdf


def _load_weasyprint() -> Any:
    """Only when a PDF is made: it takes two seconds and needs libraries that the rest of the portal does not."""
    try:
        import weasyprint  # type: ignore[import-untyped]
    except OSError as error:
        raise PdfUnavailable(str(error)) from error
    return weasyprint


@cache
def _fingerprint() -> str:
    return f"{version('weasyprint')} {hashlib.sha256(_static_file(STYLE_SHEET).read_bytes()).hexdigest()}"


@cache
def _style() -> tuple[Any, Any]:
    """Fonts and style sheet, read once a process: unpacking the fonts takes longer than a document."""
    weasyprint = _load_weasyprint()
    from weasyprint.text.fonts import FontConfiguration  # type: ignore[import-untyped]

    fonts = FontConfiguration()
    # Unpacked fonts lie in a folder that has to be removed while Python still can.
    atexit.register(_style.cache_clear)
    style_sheet = weasyprint.CSS(url=f"{HOME}{STYLE_SHEET}", font_config=fonts, url_fetcher=_fetcher())
    return fonts, style_sheet


@cache
def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # type: ignore[import-untyped]

    class StaticFiles(URLFetcher):  # type: ignore[misc]
        """Our static files, and nothing else in the world."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith(HOME):
                raise ValueError(f"Documents hold no outside files: {url}")
            return URLFetcherResponse(url, _static_file(url.removeprefix(HOME)).read_bytes())

    return StaticFiles()


def _static_file(name: str) -> Path:
    found = finders.find(name)
    if not isinstance(found, str):
        raise FileNotFoundError(name)
    return Path(found)
