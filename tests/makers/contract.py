"""Holds every answer that a test receives to the OpenAPI page generated from the routes."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from chalicelib.web.openapi import document

_documents: dict[int, dict[str, Any]] = {}


def conforms(routes: Any, route: str, method: str, reply: Any) -> None:
    """Assert that an answer of a described route has a described status, type and body."""
    described = _document(routes)["paths"].get(route, {}).get(method.lower())
    if described is None:
        return
    responses = described["responses"]
    response = responses.get(str(reply.status)) or responses.get(f"{reply.status // 100}XX")
    assert response is not None, f"{method} {route} answered an undescribed {reply.status}"
    assert reply.headers.get("x-request-id"), f"{method} {route} answered without X-Request-Id"
    content = response.get("content")
    if not content:
        assert reply.text == "", f"{method} {route}: {reply.status} has no body"
        return
    kind = reply.headers["content-type"].split(";")[0]
    assert kind in content or not kind.endswith("json"), f"{method} {route} answered {kind}"
    if kind in content and kind.endswith("json"):
        errors = list(
            _validator(id(routes), route, method, reply.status, kind).iter_errors(
                json.loads(reply.text)
            )
        )
        assert not errors, (
            f"{method} {route} {reply.status}: {errors[0].message} at {list(errors[0].path)}"
        )


def _document(routes: Any) -> dict[str, Any]:
    if id(routes) not in _documents:
        _documents[id(routes)] = document(routes, version="0", url="http://127.0.0.1")
    return _documents[id(routes)]


@cache
def _validator(app: int, route: str, method: str, status: int, kind: str) -> Draft202012Validator:
    whole = _documents[app]
    responses = whole["paths"][route][method.lower()]["responses"]
    response = responses.get(str(status)) or responses[f"{status // 100}XX"]
    schema = {**response["content"][kind]["schema"], "components": whole["components"]}
    return Draft202012Validator(schema)
