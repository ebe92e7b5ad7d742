"""Saved replies of the partner, and clients that get them."""

from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import parse_qs

import httpx

from noc.call_records import CallRecord
from noc.client import Credentials, PartnerClient

REPLIES = Path(__file__).parent / "replies"
PASSWORD = "pässwörd+&=1"
CREDENTIALS = Credentials("https://partner.example/billmgr", "reseller@example.com", PASSWORD)

type Answer = str | bytes | httpx.Response | Exception


def saved(name: str) -> bytes:
    return (REPLIES / name).read_bytes()


def form_of(request: httpx.Request) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.content.decode(), keep_blank_values=True).items()}


class Partner:
    """Answers from a script, by function name or in turn; keeps the forms that it got."""

    def __init__(self, *turns: Answer, **by_function: Answer) -> None:
        self.turns = list(turns)
        self.by_function = {name.replace("__", "."): answer for name, answer in by_function.items()}
        self.requests: list[httpx.Request] = []
        self.records: list[CallRecord] = []
        self.pauses: list[float] = []
        self.client = PartnerClient(
            CREDENTIALS,
            record=self.records.append,
            reference="operation:1/1",
            transport=httpx.MockTransport(self.answer),
            sleep=self.pauses.append,
        )

    @property
    def forms(self) -> list[dict[str, str]]:
        return [form_of(request) for request in self.requests]

    @property
    def functions(self) -> list[str]:
        return [form["func"] for form in self.forms]

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.by_function.get(form_of(request)["func"]) or self.turns.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, content=saved(answer) if isinstance(answer, str) else answer)


class PagedPartner:
    """A list that is cut into pages by the given function of (page number, page size) → (rows, total)."""

    def __init__(self, cut: Callable[[int, int], tuple[Iterable[object], int | None]]) -> None:
        self.cut = cut
        self.calls = 0
        self.client = PartnerClient(CREDENTIALS, transport=httpx.MockTransport(self.answer), sleep=lambda _: None)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        form = form_of(request)
        rows, total = self.cut(int(form["p_num"]), int(form["p_cnt"]))
        document: dict[str, object] = {"$func": form["func"], "elem": [{"id": {"$": str(row)}} for row in rows]}
        if total is not None:
            document["p_elems"] = {"$": str(total)}
        return httpx.Response(200, json={"doc": document})
