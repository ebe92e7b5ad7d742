"""The portal itself, and what else every letter can name: the day, the reader's address."""

from collections.abc import Mapping
from datetime import date

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Value, moment
from billing.letters.variables import Entry, Group


def _read(scene: Scene) -> Mapping[str, Value]:
    happened = timezone.localtime(scene.event.at)
    home = address("store:home")
    return {
        "company_name": settings.PORTAL_NAME,
        "signature": settings.PORTAL_NAME,
        "whmcs_url": home,
        "whmcs_link": link(home),
        "date": moment(happened.date(), language=scene.language),
        "time": f"{happened:%H:%M}",
        "document_is_attached": scene.has_attachment,
        "bank_details": settings.BANK_DETAILS,
        "recipient_email": scene.recipient,
    }


PORTAL = Group(
    "portal",
    _("Everywhere"),
    (
        Entry("company_name", _("Name of the portal"), settings.PORTAL_NAME),
        Entry("signature", _("Signature: the name of the portal"), settings.PORTAL_NAME),
        Entry("whmcs_url", _("Address of the portal"), settings.PORTAL_URL),
        Entry("whmcs_link", _("Link to the portal"), settings.PORTAL_URL),
        Entry("date", _("Day of the event"), date(2026, 12, 1)),
        Entry("time", _("Time of the event"), "12:30"),
        Entry("document_is_attached", _("Whether a PDF file is attached"), True),
        Entry("recipient_email", _("Address that the letter goes to"), "anna@example.com"),
        Entry("bank_details", _("Bank details from the portal's settings")),
    ),
    _read,
)
