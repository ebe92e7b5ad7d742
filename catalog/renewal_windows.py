"""On-demand renewals (P9): how many days before the due date a client may renew, by cycle."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.models.price import Cycle

RENEWED_CYCLES: Final = (Cycle.MONTHLY, Cycle.QUARTERLY, Cycle.SEMIANNUALLY, Cycle.ANNUALLY)
MOST_DAYS: Final = 366


def validate_window_days(days: Any) -> None:
    """Raises ValidationError for anything but {"MONTHLY": 10}: whole days from 0 to 366 by cycle."""
    if not isinstance(days, Mapping):
        raise ValidationError(_("Give the days by cycle."))
    for cycle, count in days.items():
        if cycle not in RENEWED_CYCLES:
            raise ValidationError(_("There is no cycle “%(cycle)s”."), params={"cycle": cycle})
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_DAYS:
            words = {"cycle": Cycle(cycle).label, "most": MOST_DAYS}
            raise ValidationError(_("%(cycle)s: enter whole days from 0 to %(most)s."), params=words)
