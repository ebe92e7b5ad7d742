"""The OpenAPI document: one version of each address, and problem details for every refusal."""

from typing import Any, Final

from billing.api.problems import CONTENT_TYPE

BASE: Final = "/api/v1/"
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, in the language of Accept-Language."},
        "code": {"type": "string"},
        "errors": {
            "type": "object",
            "description": 'Messages by field, such as "items.0.fields.ip"; those of no field under "".',
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


def keep_versioned(endpoints: list[tuple[str, str, str, Any]], **_arguments: Any) -> list[tuple[str, str, str, Any]]:
    """Leaves the addresses without a version out: they lead to the same views."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(BASE)]


def add_problems(result: dict[str, Any], **_arguments: Any) -> dict[str, Any]:
    """Adds problem details as the `default` response of every operation."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for method in METHODS & set(path):
            path[method]["responses"]["default"] = {"content": content, "description": "What is wrong"}
    return result
