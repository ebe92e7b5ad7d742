"""The page on which a buyer pays."""

from html import escape
from typing import Any, Final

_PAGE: Final = """<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Оплата {amount} ₽</title>
<style>body{{font:16px sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}}
button{{font:inherit;padding:.6rem 1rem}}
</style></head><body>
<p>Тестовый магазин {shop}</p><h1>{amount} ₽</h1><p>{description}</p>
{form}
</body></html>"""
_FORM: Final = """<form method="post">
<p><label>Последние цифры карты <input name="last4" value="4444" pattern="[0-9]{4}" size="4"></label></p>
<button name="do" value="pay">Оплатить</button> <button name="do" value="decline">Отказаться</button>
</form>"""


def checkout_page(payment: dict[str, Any]) -> str:
    """HTML; what is paid or cancelled only says so."""
    is_open = payment["status"] == "pending"
    return _PAGE.format(
        amount=escape(payment["amount"]["value"]),
        shop=escape(payment["recipient"]["account_id"]),
        description=escape(payment["description"]),
        form=_FORM if is_open else f"<p>{escape(payment['status'])}</p>",
    )
