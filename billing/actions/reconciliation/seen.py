"""One disagreement as it was seen, before it is a row."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.models import FindingSort

# What makes it another disagreement when it changes; the rest only explains.
AT_ODDS = ("ours", "theirs")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is at odds: `details` holds text by name, `ours` and `theirs` among it, and never a secret."""

    sort: FindingSort
    kind: str
    remote_id: str
    service_id: int | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    def fingerprint(self, server_id: int) -> str:
        """Names the disagreement with the values at odds: an ignored one comes back once they change."""
        values = "\n".join(self.details.get(name, "") for name in AT_ODDS)
        digest = hashlib.sha256(values.encode()).hexdigest()[:16]
        return f"{self.sort}:{server_id}:{self.kind}:{self.remote_id}:{self.service_id or ''}:{digest}"
