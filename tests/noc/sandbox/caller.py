from typing import Any

import httpx


class Partner:
    """A hand-made caller of the sandbox: no part of our own client."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=5, verify=False)
        self.login = "reseller:sandbox-password"

    def ask(self, func: str, *, out: str = "json", **params: str) -> httpx.Response:
        sent = {"authinfo": self.login, "out": out, "lang": "en", "func": func, **params}
        return self.http.post("/billmgr", data={name: value for name, value in sent.items() if value is not None})

    def doc(self, func: str, **params: str) -> dict[str, Any]:
        """The JSON answer below its root; errors pass through."""
        document: dict[str, Any] = self.ask(func, **params).json()["doc"]
        return document

    def error(self, func: str, **params: str) -> tuple[str, str]:
        error = self.doc(func, **params)["error"]
        return error["$type"], error["$object"]

    def form(self, func: str, elid: str, **params: str) -> dict[str, str]:
        """A form as plain texts."""
        document = self.doc(func, elid=elid, **params)
        assert "error" not in document, document
        return {name: node["$"] for name, node in document.items() if isinstance(node, dict) and "$" in node}

    def rows(self, func: str, **params: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.doc(func, **params).get("elem", [])
        return rows

    def order(self, **params: str) -> httpx.Response:
        """Buy a license at once unless told otherwise."""
        sent = {
            "pricelist": "55227",
            "period": "1",
            "ip": "192.0.2.1",
            "licname": "shop",
            "autoprolong": "null",
            "skipbasket": "on",
            "sok": "ok",
            "clicked_button": "finish",
        }
        return self.ask("soft.order.param", **(sent | params))

    def buy(self, **params: str) -> str:
        document = self.order(**params).json()["doc"]
        assert "error" not in document, document
        return str(document["id"]["$"])

    def module(self, parent: str, **params: str) -> httpx.Response:
        sent = {"pricelist": "55361", "period": "1", "item": parent, "skipbasket": "on", "sok": "ok"}
        return self.ask("addition.order.param", **(sent | params))

    def software(self, **params: str) -> httpx.Response:
        sent = {"pricelist": "9203", "period": "1", "ip": "192.0.2.1", "licname": "cl", "skipbasket": "on", "sok": "ok"}
        return self.ask("softexternal.order.param", **(sent | params))

    def admin(self, path: str, **body: Any) -> dict[str, Any]:
        reply = self.http.post(f"/admin/{path}", json=body)
        assert reply.status_code == 200, reply.text
        answer: dict[str, Any] = reply.json()
        return answer

    def fault(self, name: str, **body: Any) -> dict[str, Any]:
        return self.admin("faults", name=name, **body)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.http.get("/admin/state").json()
        return state

    def item(self, elid: str) -> dict[str, Any]:
        return next(one for one in self.state()["items"] if one["id"] == int(elid))

    def log(self, **query: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.http.get("/admin/log", params=query).json()["entries"]
        return entries

    def balance(self) -> str:
        return str(self.rows("subaccount")[0]["balance"]["$"])

    def bought(self) -> int:
        return int(self.state()["acts"].get("order", 0))
