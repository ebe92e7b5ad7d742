"""What goes back over HTTP, and the replies that a front proxy gives in the partner's place. Pure data."""

import json
from dataclasses import dataclass
from http import HTTPStatus

_REASONS = {460: "No Access From This Location"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `cut` closes the connection instead; `sent` limits how much of the body goes out before that."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False
    sent: int | None = None

    @property
    def reason(self) -> str:
        return _REASONS.get(self.status) or HTTPStatus(self.status).phrase


CUT = Reply(cut=True)


def html(text: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An HTML page."""
    return Reply(status, text.encode(), "text/html; charset=UTF-8", headers)


def as_json(value: object, *, status: int = 200) -> Reply:
    """A JSON answer of the admin side; dates and decimals become text."""
    return Reply(status, json.dumps(value, ensure_ascii=False, default=str).encode(), "application/json; charset=UTF-8")


def redirect(location: str, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A 302."""
    return Reply(302, b"", "text/html; charset=UTF-8", (("Location", location), *headers))


_CAPTCHA = """<!DOCTYPE html><html><head><title>Just a moment...</title><meta charset="utf-8"></head>
<body><h1>Checking your browser</h1><p>DDoS protection. Please solve the captcha to continue.</p>
<form method="post"><input name="captcha"><button>Continue</button></form></body></html>"""
_LONG_REQUEST = """<html><head><title>Please wait</title>
<script>setTimeout(function () { location.href = "/billmgr?func=longtask&long=1f3a9c_billmgr"; }, 3000);</script>
</head><body>The request takes longer than usual: long_1f3a9c_billmgr</body></html>"""
_ERROR_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>nginx</body></html>"


def of_proxy(fault: str) -> Reply | None:
    """The reply that a transport fault puts in the partner's place; None for a fault that is not of that sort."""
    if fault in ("cut_before_act", "lost_after_act"):
        return CUT
    if fault == "captcha":
        return html(_CAPTCHA)
    if fault == "long_request":
        return html(_LONG_REQUEST)
    if fault == "http_302":
        return redirect("/login?from=billmgr")
    if fault.startswith("http_"):
        status = int(fault.removeprefix("http_"))
        return html(_ERROR_PAGE.format(title=f"{status} {Reply(status).reason}"), status=status)
    return None
