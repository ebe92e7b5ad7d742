"""A program that calls the API over the test client: errors of the server are raised, not answered."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser

from billing.actions.api_keys import issue_api_key
from billing.models import Client
from billing.queries.clock import database_now

BASE = "/api/v1/"


class Api:
    """Calls paths below the base; `expect` says which status must come, the document comes back."""

    def __init__(self, secret: str = "", *, language: str = "en") -> None:
        self.browser = Browser()
        self.headers = {"Accept-Language": language, **({"Authorization": f"Bearer {secret}"} if secret else {})}

    @classmethod
    def of_role(cls, role: str) -> "Api":
        return cls(issue_api_key(name=role, role=role, now=database_now(), actor="test"))

    @classmethod
    def of_client(cls, client: Client) -> "Api":
        return cls(issue_api_key(name=client.email, client=client, now=database_now(), actor="test"))

    def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        return self._read(self.browser.get(BASE + path, query, headers=self.headers), expect)

    def post(self, path: str, body: Any = None, *, expect: int = 200, **headers: str) -> Any:
        return self._read(self.send("post", path, body, **headers), expect)

    def patch(self, path: str, body: Any, *, expect: int = 200) -> Any:
        return self._read(self.send("patch", path, body), expect)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response: HttpResponse = getattr(self.browser, method)(
            BASE + path, data, content_type="application/json", headers={**self.headers, **named}
        )
        return response

    def _read(self, response: Any, expect: int) -> Any:
        assert response.status_code == expect, response.content.decode()
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json"
            assert response.json()["status"] == expect
        return response.json()
