"""Whether what the portal stands on can be reached right now."""

from celery import current_app
from django.db import Error, connection
from kombu.exceptions import KombuError

BROKER_SECONDS = 2


def find_outages() -> dict[str, str]:
    """Part ("database", "broker") → the kind of error, for each that cannot be reached; {} when all is well.

    Error texts stay out: they name hosts, and anybody may ask.
    """
    outages = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        outages["database"] = type(error).__name__
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    except (KombuError, OSError) as error:
        outages["broker"] = type(error).__name__
    return outages
