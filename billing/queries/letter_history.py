"""What was written to a client, for the client's own page."""

from django.core.paginator import Page, Paginator

from billing.models import Client, Email, EmailStatus

PAGE_SIZE = 30


def letter_page(client: Client, *, number: str) -> Page[Email]:
    """One page of the letters that were sent to the client or are on their way, newest first."""
    found = client.emails.exclude(status=EmailStatus.DROPPED)
    return Paginator(found.order_by("-id"), PAGE_SIZE).get_page(number)


def get_letter(client: Client, email_id: int) -> Email:
    """Raises Email.DoesNotExist, also for somebody else's."""
    return client.emails.exclude(status=EmailStatus.DROPPED).get(pk=email_id)
