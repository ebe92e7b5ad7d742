"""The two sides that a story talks to: our REST API, and the sandbox partner's own memory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

PAUSE_SECONDS = 0.15
SETTLED = ("DONE", "FAILED", "CANCELLED", "NEEDS_CHECK", "HELD")
# Nobody is asked: it goes on as soon as the modules on the license have ended.
GOES_ON = "CHILDREN_FIRST"


class StoryBroken(Exception):
    """The story cannot go on; the text says where it stopped and why."""


class Ours:
    """The portal, through its REST API alone. Every method raises StoryBroken with the problem that was answered."""

    def __init__(self, url: str, api_key: str, *, patience: float) -> None:
        headers = {"Authorization": f"Bearer {api_key}"}
        self._http = httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=30, trust_env=False)
        self._patience = patience

    def close(self) -> None:
        """Ends its connections."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at `path`."""
        return self._answer(self._http.get(path, params=query))

    def rows(self, path: str, **query: Any) -> list[Any]:
        """All rows of a list (a story has few)."""
        found: list[Any] = self.get(path, page_size=500, **query)["results"]
        return found

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
        """What is answered to `body`; `key` is the Idempotency-Key."""
        return self._answer(self._http.post(path, json=body or {}, headers={"Idempotency-Key": key} if key else {}))

    def settled(self, operation: int) -> Any:
        """The operation, once a worker has brought it to its end or left it to a person."""
        end = time.monotonic() + self._patience
        while True:
            found = self.get(f"operations/{operation}/")
            if found["status"] in SETTLED and found["hold_reason"] != GOES_ON:
                return found
            if time.monotonic() > end:
                raise StoryBroken(f"Operation {operation} ({found['kind']}) is still {found['status']}: {found}")
            time.sleep(PAUSE_SECONDS)

    def done(self, *, service: int, kind: str) -> Any:
        """The newest operation of this kind on the service, once it is settled."""
        found = self.rows("operations/", service=service, kind=kind)
        if not found:
            raise StoryBroken(f"Service {service} has no {kind} operation")
        return self.settled(found[0]["id"])

    def _answer(self, response: httpx.Response) -> Any:
        if response.is_error:
            request = response.request
            raise StoryBroken(f"{request.method} {request.url} → {response.status_code} {response.text[:600]}")
        return response.json()


@dataclass(frozen=True)
class Memory:
    """What the partner remembers at one moment."""

    state: Mapping[str, Any]

    def item(self, number: object) -> Mapping[str, Any]:
        """One service there. Raises StoryBroken if the partner never had it."""
        for item in self.state["items"]:
            if str(item["id"]) == str(number):
                return dict(item)
        raise StoryBroken(f"The partner has no service {number}")

    def charges_for(self, number: object) -> list[Mapping[str, Any]]:
        """What was paid there for one service."""
        return [charge for charge in self.state["charges"] if str(charge["item_id"]) == str(number)]

    def acts(self, name: str) -> int:
        """How often something was really done there."""
        return int(self.state["acts"].get(name, 0))


class Partner:
    """The sandbox's admin side: looks into its memory, moves its clock, breaks things on purpose."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url}/admin/", timeout=30, trust_env=False)

    def close(self) -> None:
        """Ends its connections."""
        self._http.close()

    def memory(self) -> Memory:
        """Everything, now."""
        response = self._http.get("state")
        response.raise_for_status()
        return Memory(response.json())

    def post(self, path: str, **body: Any) -> Any:
        """Changes something there."""
        response = self._http.post(path, json=body)
        response.raise_for_status()
        return response.json()
