"""Logging without secrets."""

import logging

from vault.redaction import redact_text


class RedactingFilter(logging.Filter):
    """Masks secrets in the finished message of each record, whoever logged it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always keeps the record; its message and its traceback text are replaced by redacted ones."""
        record.msg, record.args = redact_text(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact_text(record.exc_text)
        return True
