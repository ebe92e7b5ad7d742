"""Who has to confirm an address before anything else."""

from billing.models import Client
from billing.queries.billing_settings import read_billing_settings


def must_confirm(client: Client) -> bool:
    """True for a client who may neither order nor pay before the address is confirmed; one query for those."""
    return client.email_confirmed_at is None and read_billing_settings().needs_confirmed_email
