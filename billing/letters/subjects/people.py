"""Letters about an account and its address: links that act for whoever holds them, changes, news."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Value
from billing.letters.variables import Entry, Group
from billing.models import User
from billing.queries.letter_links import confirmation_address, password_address, unsubscribe_address

# What stands in place of a link while nobody is written to.
NO_LINK = "https://example.com/"


def _read_confirmation(scene: Scene) -> Mapping[str, Value]:
    is_real = scene.recipient and scene.client is not None
    url = confirmation_address(scene.client.pk, scene.recipient) if is_real and scene.client else NO_LINK
    return {"confirmation_link": link(url)}


def _read_password(scene: Scene) -> Mapping[str, Value]:
    user = User.objects.filter(pk=scene.data.get("user", 0)).first() if scene.recipient else None
    return {
        "pw_reset_url": link(password_address(user) if user else NO_LINK),
        "password_request_link": link(address("account:password_forgotten")),
    }


def _read_change(scene: Scene) -> Mapping[str, Value]:
    return {"new_email": str(scene.data.get("to", ""))}


def _read_news(scene: Scene) -> Mapping[str, Value]:
    is_real = scene.recipient and scene.client is not None
    return {
        "news_subject": str(scene.data.get("subject", "")),
        "news_text": str(scene.data.get("text", "")),
        "unsubscribe_link": link(unsubscribe_address(scene.client) if is_real and scene.client else NO_LINK),
    }


CONFIRMATION = Group(
    "confirmation",
    _("Confirmation of the address"),
    (Entry("confirmation_link", _("Link that confirms it, for three days"), NO_LINK),),
    _read_confirmation,
    ("client",),
)
PASSWORD = Group(
    "password",
    _("Password"),
    (
        Entry("pw_reset_url", _("Link to set a new password"), NO_LINK),
        Entry("password_request_link", _("Page to ask for a new password"), NO_LINK),
    ),
    _read_password,
)
EMAIL_CHANGE = Group(
    "email_change",
    _("Change of the address"),
    (Entry("new_email", _("The new address"), "anna@example.org"),),
    _read_change,
)
NEWS = Group(
    "news",
    _("News"),
    (
        Entry("news_subject", _("Subject as it was written"), "Prices until spring"),
        Entry("news_text", _("Text as it was written"), "Licenses cost the same until spring."),
        Entry("unsubscribe_link", _("Link that ends the news"), NO_LINK),
    ),
    _read_news,
    ("client",),
)
