"""The contract as OpenAPI 3.1, generated from the routes themselves."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from chalicelib.kernel.errors import FieldError
from chalicelib.web.endpoint import Keys, Operation

VERSION = "3.1.0"
PROBLEM = "Problem"
REF = "#/components/schemas/{name}"
SECURITY_SCHEMES = {
    "member": {"type": "http", "scheme": "bearer", "description": "A member's token, `mbr_…`."},
    "merchant": {"type": "http", "scheme": "bearer", "description": "A merchant's key, `key_…`."},
    "cart": {"type": "apiKey", "in": "header", "name": "X-Cart-Token"},
    "purchase": {"type": "apiKey", "in": "header", "name": "X-Purchase-Token"},
}


class Problem(msgspec.Struct):
    """RFC 9457 problem document with Souk's stable code. Kinds may add members."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldError] | msgspec.UnsetType = msgspec.UNSET


def document(routes: Mapping[str, Mapping[str, Any]], *, version: str, url: str) -> dict[str, Any]:
    """Describe every route that has an operation. `routes` is Chalice's own table."""
    operations = list(_operations(routes))
    types = _types(operations)
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    for shape in types:
        extra = getattr(shape, "schema_extra", None)
        if extra:
            components[shape.__name__].update(extra)
    schema_of = dict(zip(map(_key, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _describe(operation, schema_of, components)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": VERSION,
        "info": {"title": "Souk", "version": version, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": url}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components, "securitySchemes": SECURITY_SCHEMES},
    }


def _operations(routes: Mapping[str, Mapping[str, Any]]) -> Iterator[Operation]:
    for methods in routes.values():
        for entry in methods.values():
            operation = getattr(entry.view_function, "operation", None)
            if operation is not None:
                yield operation


def _types(operations: list[Operation]) -> list[Any]:
    found: dict[Any, Any] = {_key(Problem): Problem}
    for operation in operations:
        for shape in (operation.body, operation.query, *operation.answers.values()):
            if shape is not None and shape is not str:
                found[_key(shape)] = shape
    return list(found.values())


def _key(shape: Any) -> Any:
    try:
        hash(shape)
    except TypeError:
        return repr(shape)
    return shape


def _describe(
    operation: Operation, schema_of: Mapping[Any, Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(operation),
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": _parameters(operation, schema_of, components),
        "responses": _responses(operation, schema_of),
    }
    content = {kind: {"schema": {"type": "string"}} for kind in operation.raw_body}
    if operation.body is not None:
        content["application/json"] = {"schema": schema_of[_key(operation.body)]}
    if content:
        described["requestBody"] = {"required": not operation.body_optional, "content": content}
    if operation.security != "none":
        described["security"] = [{name: []} for name in operation.security.split("|")]
    return described


def _operation_id(operation: Operation) -> str:
    words = re.findall(r"[A-Za-z0-9]+", operation.path.replace("/api/v1", ""))
    return "_".join([operation.method.lower(), *words])


def _parameters(
    operation: Operation, schema_of: Mapping[Any, Any], components: Mapping[str, Any]
) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    if operation.query is not None:
        schema = schema_of[_key(operation.query)]
        struct = components[schema["$ref"].rsplit("/", 1)[1]]
        required = struct.get("required", [])
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": field}
            for name, field in struct["properties"].items()
        ]
    if operation.keys is not Keys.IGNORED:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": operation.keys is Keys.REQUIRED,
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 255,
                    "pattern": "^[ -~]*$",
                },
            }
        )
    parameters += [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
        for name in operation.headers
    ]
    return parameters


def _responses(operation: Operation, schema_of: Mapping[Any, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, shape in operation.answers.items():
        response: dict[str, Any] = {"description": "Done."}
        if shape is str:
            response["content"] = {"text/plain": {"schema": {"type": "string"}}}
        elif shape is not None:
            response["content"] = {"application/json": {"schema": schema_of[_key(shape)]}}
        responses[str(status)] = response
    problem = {"application/problem+json": {"schema": schema_of[_key(Problem)]}}
    refused = {"description": "Refused, with a stable code.", "content": problem}
    return responses | {"4XX": refused, "5XX": refused}
