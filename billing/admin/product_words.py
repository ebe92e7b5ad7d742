"""What hiding, listing and retiring a product do, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.queries.products import ShelfEffects


def hiding_words(effects: ShelfEffects) -> str:
    """What clients no longer see, and what goes on."""
    words = [_("It is no longer listed in the store; its direct link works."), *_recommendations(effects)]
    return " ".join([*words, services_words(effects)])


def listing_words(effects: ShelfEffects) -> str:
    """Where clients see it again."""
    group = effects.product.group
    if group.is_hidden:
        words = _("Its group “%(group)s” is hidden: it is listed on the page of the group only, by direct link.")
    else:
        words = _("Clients see it in the store again, in the group “%(group)s”.")
    return words % {"group": group.name}


def retiring_words(effects: ShelfEffects) -> str:
    """What can no longer be ordered, and what goes on."""
    words = [_("Nobody can order it any more, by direct link or by an operator either.")]
    if effects.addon_of:
        names = ", ".join(effects.addon_of)
        words.append(_("It is no longer offered as an addon of: %(names)s.") % {"names": names})
    return " ".join([*words, *_recommendations(effects), services_words(effects)])


def services_words(effects: ShelfEffects) -> str:
    """The services that clients have, which do not end by this."""
    if not effects.services:
        return _("No client has a service of it.")
    words = ngettext(
        "%(count)s service that a client has goes on renewing.",
        "%(count)s services that clients have go on renewing.",
        effects.services,
    )
    return words % {"count": effects.services}


def _recommendations(effects: ShelfEffects) -> list[str]:
    if not effects.recommended_by:
        return []
    return [_("It is no longer recommended with: %(names)s.") % {"names": ", ".join(effects.recommended_by)}]
