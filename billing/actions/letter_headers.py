"""What stands above the text of a letter: sender, Message-ID, and how to unsubscribe from offers."""

import re
from email.utils import parseaddr
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import utf8_charset_qp

from billing.models import Email
from billing.queries.letter_kinds import LetterKind, kind_of
from billing.queries.letter_links import unsubscribe_address

MESSAGE_ID: Final = re.compile(r"<email-(\d+)\.([0-9a-f]+)@[^<>\s]+>")


def put_headers(message: EmailMultiAlternatives, email: Email) -> None:
    """Completes a composed letter: ASCII lines of less than 998 characters, and one Message-ID for the letter.

    A worker that comes after one that died sends the same Message-ID, so that receivers may drop the second copy.
    """
    # What every relay passes on as it is keeps its DKIM signature.
    message.encoding = utf8_charset_qp
    message.from_email = settings.EMAIL_ENVELOPE_SENDER or settings.DEFAULT_FROM_EMAIL
    message.reply_to = [settings.EMAIL_REPLY_TO] if settings.EMAIL_REPLY_TO else []
    message.extra_headers |= {
        "From": settings.DEFAULT_FROM_EMAIL,
        "Message-ID": message_id(email.pk, email.token),
        "Auto-Submitted": "auto-generated",
    }
    if email.client is not None and kind_of(email.letter) == LetterKind.NEWS:
        message.extra_headers |= {
            "List-Unsubscribe": f"<{unsubscribe_address(email.client)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


def message_id(email_id: int, token: str) -> str:
    """`<email-17.ab12…@example.com>`, by the domain of the sender."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<email-{email_id}.{token}@{domain}>"
