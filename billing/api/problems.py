"""Errors of the REST API as problem details (RFC 9457), with a field → messages map where fields are wrong."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

CONTENT_TYPE = "application/problem+json"


class Conflict(exceptions.APIException):
    """The request is well formed, but the state of the thing does not allow it."""

    status_code = 409
    default_code = "conflict"


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: {type, title, status, detail, code, errors?}; None leaves it to Django (500)."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    is_validation = isinstance(error, exceptions.ValidationError)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
        "detail": "" if is_validation else str(error.detail),
        "code": "invalid" if is_validation else error.get_codes(),
    }
    if is_validation:
        errors = flatten(error.detail)
        body["detail"] = " ".join(message for messages in errors.values() for message in messages)
        body["errors"] = errors
    response.data = body
    response.content_type = CONTENT_TYPE
    return response


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """{"items": [{"fields": {"ip": ["x"]}}]} → {"items.0.fields.ip": ["x"]}; errors of no field under ""."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            for field, messages in flatten(value, ".".join(filter(None, (path, name)))).items():
                found.setdefault(field, []).extend(messages)
        return found
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        return flatten({str(index): item for index, item in enumerate(detail) if item}, path)
    return {path: [str(item) for item in (detail if isinstance(detail, list) else [detail])]}
