"""Functions and words for certificates that no document tells: named by the operator, off until then (§15)."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings


@dataclass(frozen=True, slots=True)
class CertificateFunctions:
    """The partner's names; "" means that the feature is off.

    `file` gives the certificate, `reissue` makes it anew from its request, `own_request` is the `crt_type` of an order
    with a request that the client made.
    """

    file: str = ""
    reissue: str = ""
    own_request: str = ""

    @classmethod
    def configured(cls) -> Self:
        """As NOC_CERTIFICATE_FUNCTIONS names them."""
        return cls(**settings.NOC_CERTIFICATE_FUNCTIONS)
