"""One call from its parameters to its reply, with latency, faults and the journal around the engine.

Sleeping comes in as a function and happens outside the lock, so that a slow call never holds up another.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from noc.sandbox.document import Document, Shape, failed
from noc.sandbox.engine import Asked, Outcome, handle
from noc.sandbox.faults import Fault
from noc.sandbox.formats import Style, render
from noc.sandbox.journal import Entry, masked
from noc.sandbox.replies import Reply, of_proxy
from noc.sandbox.state import World
from noc.sandbox.wording import say

SESSION_COOKIE = "billmgrses5"


@dataclass(frozen=True, slots=True)
class Exchange:
    """Answers calls against one world. `pause` sleeps a number of seconds."""

    world: World
    pause: Callable[[float], None]

    def answer(self, asked: Asked, *, method: str, path: str) -> Reply:
        """The reply to one call; `Reply.cut` where the connection is to be closed instead."""
        world, began = self.world, time.monotonic()
        with world.lock:
            delay = world.options.latency_ms + world.faults.take_delay("before", asked.func, asked.params)
            fault = world.faults.take_transport("before", asked.func, asked.params)
        self._sleep(delay)
        outcome = Outcome(Document(Shape.ACTION, []))
        with world.lock:
            if fault is None:
                outcome = handle(world, asked, world.clock.now())
                acted = bool(outcome.acts)
                fault = world.faults.take_transport("after", asked.func, asked.params, acted=acted)
            delay = world.faults.take_delay("after", asked.func, asked.params)
            style = self._style(asked)
            self._write_down(asked, outcome, fault, method=method, path=path, began=began)
        self._sleep(delay)
        return self._reply(asked, outcome, fault, style)

    def _sleep(self, milliseconds: int) -> None:
        if milliseconds:
            self.pause(milliseconds / 1000)

    def _style(self, asked: Asked) -> Style:
        single = self.world.faults.take("single_row_as_object", asked.func, asked.params) is not None
        return Style(single_as_object=single, bjson_error=self.world.options.bjson_error)

    def _reply(self, asked: Asked, outcome: Outcome, fault: Fault | None, style: Style) -> Reply:
        document = outcome.document
        if fault is not None:
            canned = of_proxy(fault.name)
            if canned is not None:
                return canned
            document = _fault_document(fault, asked) or document
        content_type, body = _body(document, asked.params.get("out", "xml"), style)
        cookie = f"{SESSION_COOKIE}={outcome.session_id}; Path=/; HttpOnly; SameSite=Lax"
        headers = (("Set-Cookie", cookie),) if outcome.session_id else ()
        reply = Reply(200, body, self.world.options.content_type or content_type, headers)
        return reply if fault is None else _damaged(reply, fault)

    def _write_down(
        self, asked: Asked, outcome: Outcome, fault: Fault | None, *, method: str, path: str, began: float
    ) -> None:
        journal = self.world.journal
        login = outcome.login or asked.params.get("authinfo", "").partition(":")[0]
        entry = Entry(
            number=journal.calls + 1,
            at=self.world.clock.now(),
            method=method,
            path=path,
            func=asked.func,
            login=login,
            params=masked(asked.params),
            acts=tuple(outcome.acts),
            outcome=_outcome_text(outcome, fault),
            fault=fault.name if fault else "",
            milliseconds=round((time.monotonic() - began) * 1000),
        )
        journal.add(entry)


def _body(document: Document, out: str, style: Style) -> tuple[str, bytes]:
    if document.file is not None:
        return document.file.content_type, document.file.content
    content_type, text = render(document, out, style)
    return content_type, text.encode()


def _outcome_text(outcome: Outcome, fault: Fault | None) -> str:
    if outcome.document.shape is Shape.ERROR:
        error = outcome.document.children[0].attributes
        return f"error:{error['type']}/{error['object']}"
    return f"fault:{fault.name}" if fault is not None else "ok"


def _fault_document(fault: Fault, asked: Asked) -> Document | None:
    """The error body of a fault that speaks the partner's own protocol."""
    lang = "ru" if asked.params.get("lang") == "ru" else "en"
    if fault.name == "in_process":
        return failed("value", "runningoperation", say("in_process", lang), lang=lang)
    if fault.name == "error":
        return failed(fault.type or "error", fault.object or "error", fault.msg or say("refused", lang), lang=lang)
    return None


def _damaged(reply: Reply, fault: Fault) -> Reply:
    if fault.name == "empty_body":
        return replace(reply, body=b"")
    if fault.name == "truncated_body":
        half = len(reply.body) // 2
        return replace(reply, sent=half) if fault.variant == "connection" else replace(reply, body=reply.body[:half])
    return reply
