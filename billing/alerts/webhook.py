"""Posts to a URL of the operator's, signed so that the receiver can tell ours from anybody else's."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from billing.alerts.failures import AlertNotTaken
from billing.outbound import OutboundRefused, OutboundUnavailable, post_to_stranger

SIGNATURE: Final = "Nocdesk-Signature"
SECONDS: Final = 10.0


def post_alert(*, url: str, secret: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Posts the JSON. Raises AlertNotTaken for anything but a 2xx."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Nocdesk",
        SIGNATURE: sign(body, secret=secret, timestamp=int(now.timestamp())),
    }
    try:
        status = post_to_stranger(url, body, headers=headers, seconds=SECONDS)
    except (OutboundRefused, OutboundUnavailable) as error:
        raise AlertNotTaken(str(error)) from error
    if not 200 <= status < 300:
        raise AlertNotTaken(f"HTTP {status}")


def sign(body: bytes, *, secret: str, timestamp: int) -> str:
    """`t=…,v1=…`: HMAC-SHA256 of "timestamp.body" in hex. Receivers refuse old timestamps against replays."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
