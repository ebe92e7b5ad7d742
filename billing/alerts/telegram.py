"""Messages to a chat by a Telegram bot (https://core.telegram.org/bots/api#sendmessage)."""

import re
from datetime import timedelta
from typing import Final

from django.conf import settings

from billing.alerts.failures import AlertNotTaken
from billing.outbound import OutboundUnavailable, post_json

TOKEN: Final = re.compile(r"\d+:[\w-]+")
SECONDS: Final = 10.0
LONGEST_TEXT: Final = 4000
_TOO_MANY: Final = 429


def send_to_chat(*, token: str, chat: str, text: str) -> None:
    """Sends the text. Raises AlertNotTaken; the token is in no error."""
    payload = {"chat_id": chat, "text": text[:LONGEST_TEXT], "link_preview_options": {"is_disabled": True}}
    try:
        answer = post_json(f"{settings.TELEGRAM_API_URL}/bot{token}/sendMessage", payload, seconds=SECONDS)
    except OutboundUnavailable as error:
        raise AlertNotTaken(str(error)) from None
    if not isinstance(answer, dict):
        raise AlertNotTaken("The answer is no object.")
    if answer.get("ok") is True:
        return
    code = answer.get("error_code")
    words = f"{code} {answer.get('description', '')}".replace(token, "***")
    if code == _TOO_MANY:
        parameters = answer.get("parameters") or {}
        raise AlertNotTaken(words, after=timedelta(seconds=int(parameters.get("retry_after") or 1)))
    # A token that was withdrawn, a chat that threw the bot out: nothing that time heals.
    raise AlertNotTaken(words, is_final=isinstance(code, int) and 400 <= code < 500)
