"""The judge of languages finds what it should, before it is trusted with journeys."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.walking import Walk

pytestmark = pytest.mark.browser
RUSSIAN = """<!doctype html><html lang="ru"><title>Заказ · Nocdesk</title><body>
<p>Лицензия ispmanager lite на IP 192.0.2.1, письмо на anna@example.com</p><code>licname</code>
<button lang="en">English</button>{}</body></html>"""


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("", []),
        ("<p>Ждём <b>your payment</b></p>", ["your payment"]),
        ("<details><p>Folded away</p></details>", ["Folded away"]),
        ("<input placeholder='Type here'>", ["Type here"]),
        ("<img alt='Закрыть' title='licname'>", ["licname"]),
    ],
)
def test_english_left_in_russian_is_found(browser: Browser, tmp_path: Path, part: str, found: list[str]) -> None:
    page = browser.new_page()
    page.set_content(RUSSIAN.format(part))
    assert Walk(page, "ru", is_touched=False, folder=tmp_path).foreign_texts() == found
    page.close()


def test_russian_left_in_english_is_found(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.set_content(
        "<html lang='en'><title>Order</title><body><p>Your order</p><p>Ваш заказ</p><p lang='ru'>Русский</p>"
    )
    assert Walk(page, "en", is_touched=False, folder=tmp_path).foreign_texts() == ["Ваш заказ"]
    page.close()
