"""A person's way through a running portal in one window, every page looked at and kept as a picture."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import translation
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page

from tests.browser.conftest import find_barriers, is_wider_than_screen

# Kept after the run, in a folder that git ignores.
PICTURES: Final = Path(os.environ.get("SCREENSHOTS", settings.BASE_DIR / "var" / "screenshots"))
SCREENS: Final[dict[str, dict[str, Any]]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
# What is ours on a page of the back office; the frame around it is unfold's.
BACK_OFFICE: Final = ".bo-page, #dialog"
# Names, abbreviations and what people typed are the same in every language.
_SAME: Final = re.compile(
    r"[\w.+-]+@[\w.-]*|https?://\S+|\bexample\.com\b"
    r"|\b(?:ispmanager|lite|BitNinja|PositiveSSL|Nocdesk|Stripe|IP|IPv4|ID|UTC|EUR|RUB|VAT|PRO|INV|PDF|ИНН)\b"
    r"|\b(?:SSL|CSR|CN|OU|ST)\b"
)
_LATIN: Final = re.compile(r"[A-Za-z]{2,}")
_CYRILLIC: Final = re.compile(r"[А-Яа-яЁё]+")
_BUSY: Final = "Unable to capture screenshot"
_FORM_SENT_BACK: Final = "status of 422"
_READ_TEXTS: Final = """root => {
  const lang = document.documentElement.lang;
  const silent = "script, style, noscript, code, .mono, .material-symbols-outlined, select[name=language]";
  const texts = [document.title];
  const foreign = (element) => {
    const own = element.closest("[lang]");
    return element.closest(silent) || (own && own.lang !== lang);
  };
  for (const place of document.querySelectorAll(root)) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      if (!foreign(walker.currentNode.parentElement)) texts.push(walker.currentNode.textContent.trim());
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      for (const element of place.querySelectorAll(`[${name}]`)) {
        if (!foreign(element)) texts.push(element.getAttribute(name).trim());
      }
    }
  }
  return [...new Set(texts)].filter(Boolean);
}"""


@dataclass
class Walk:
    """One window. `ours` selects the parts of a page whose words and barriers are judged."""

    page: Page
    language: str
    is_touched: bool
    folder: Path
    ours: str = "body"
    problems: list[str] = field(default_factory=list)
    seen: int = 0

    def say(self, text: str, **values: object) -> str:
        """A text of the portal in this window's language."""
        with translation.override(self.language):
            return translation.gettext(text) % values if values else translation.gettext(text)

    def press(self, target: Locator) -> None:
        """A click, or a tap where there is a touch screen."""
        if self.is_touched:
            target.tap()
        else:
            target.click()

    def press_link(self, text: str) -> None:
        """The first link of this text."""
        self.press(self.page.get_by_role("link", name=self.say(text)).first)

    def press_button(self, text: str) -> None:
        """The only button of this text."""
        self.press(self.page.get_by_role("button", name=self.say(text), exact=True))

    def input(self, label: str) -> Locator:
        """The input with this label; what may stay empty says so behind it."""
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(self.say(label))}(\s|$)"))

    def look(self, name: str) -> None:
        """Keeps a picture of the page and judges it: width, barriers, language."""
        self.seen += 1
        keep_picture(self.page, self.folder / f"{self.seen:02}-{name}.png")
        if is_wider_than_screen(self.page):
            self.problems.append(f"{name}: wider than the screen")
        if self.page.locator("html").get_attribute("lang") != self.language:
            self.problems.append(f"{name}: not in {self.language}")
        barriers = find_barriers(self.page)
        self.problems += [one for one in barriers if self.ours == "body" or ".bo-" in one]
        self.problems += [f"{name}: {text!r}" for text in self.foreign_texts()]

    def foreign_texts(self) -> list[str]:
        """Texts with words of another alphabet than the language's own, names apart."""
        strange = _LATIN if self.language == "ru" else _CYRILLIC
        texts = self.page.evaluate(_READ_TEXTS, self.ours)
        return [text for text in texts if strange.search(_SAME.sub("", text))]

    def note(self, message: ConsoleMessage) -> None:
        """An error on the console; that a form came back with errors is none."""
        if message.type == "error" and _FORM_SENT_BACK not in message.text:
            self.problems.append(f"{self.page.url}: {message.text}")


def keep_picture(page: Page, path: Path) -> None:
    """The whole page as a file. Chromium on a busy machine now and then refuses, and takes the same a moment later."""
    for tries_left in (2, 1, 0):
        try:
            page.screenshot(path=path, full_page=True)
            return
        except Error as error:
            if _BUSY not in error.message or not tries_left:
                raise
            page.wait_for_timeout(500)


@contextmanager
def walk(
    browser: Browser, url: str, *, language: str, name: str, screen: str = "desktop", ours: str = "body"
) -> Iterator[Walk]:
    """A new window, as if of a person who was never here; in the end it must have met no problem."""
    folder = PICTURES / f"{name}-{language}-{screen}"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    context = browser.new_context(base_url=url, locale={"ru": "ru-RU"}.get(language, "en-US"), **SCREENS[screen])
    page = context.new_page()
    page.set_default_timeout(10_000)
    person = Walk(page, language, screen == "phone", folder, ours)
    page.on("pageerror", lambda error: person.problems.append(f"{page.url}: {error}"))
    page.on("console", person.note)
    try:
        yield person
    finally:
        if not page.is_closed():
            keep_picture(page, folder / "last.png")
        context.close()
    assert not person.problems, "\n".join(person.problems)
