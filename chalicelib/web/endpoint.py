"""JSON routes: one decorator that reads, calls, answers, and describes itself for OpenAPI."""

import functools
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from chalice import Blueprint, Response
from msgspec import Struct, field

from chalicelib.aws import idempotency
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.kernel.errors import Malformed, Refusal, UnsupportedMedia
from chalicelib.web import errors
from chalicelib.web.request import Request, read_json, read_query

JSON = "application/json"
ANY_TYPE = "*/*"
TEXT_LENGTH_MAX = 2_000
SINGLE_HEADERS = ("authorization", "idempotency-key", "x-cart-token", "x-purchase-token")
"""Whoever sends one of these twice is refused, as is whoever repeats a header that a route names."""


class Keys(StrEnum):
    """What a route does with an Idempotency-Key.

    REQUIRED: it must be there. ACCEPTED: it counts when it is there. IGNORED: members, sessions
    and everything that is not a POST.
    """

    REQUIRED = "required"
    ACCEPTED = "accepted"
    IGNORED = "ignored"


class Answer(Struct, frozen=True):
    """What a handler answers: a view (any msgspec-encodable value) with a status and headers."""

    view: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Operation(Struct, frozen=True, kw_only=True):
    """A route's description, kept on the handler for the OpenAPI page and the tests."""

    method: str
    path: str
    summary: str
    tag: str
    security: str
    body: Any = None
    body_optional: bool = False
    raw_body: Sequence[str] = ()
    query: Any = None
    open_query: str = ""
    answers: Mapping[int, Any] = field(default_factory=dict)
    keys: Keys = Keys.IGNORED
    headers: Sequence[str] = ()


def created(view: Any, location: str = "") -> Answer:
    """Answer 201 with where the new thing lies."""
    return Answer(view, 201, {"Location": location} if location else {})


def endpoint(
    bp: Blueprint,
    method: str,
    path: str,
    *,
    summary: str,
    tag: str,
    answer: Any = None,
    status: int = 200,
    body: Any = None,
    body_optional: bool = False,
    raw_body: Sequence[str] = (),
    query: Any = None,
    open_query: str = "",
    security: str = "none",
    keys: Keys = Keys.IGNORED,
    headers: Sequence[str] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a handler `(request, **path parameters) -> view | Answer` as a JSON route.

    `body` and `query` are msgspec structs that refuse unknown fields; `open_query` is a prefix of
    further query names that reach the handler in `request.open_query`. `raw_body` lists media types
    (or `ANY_TYPE`) that the handler reads itself from `request.bytes_within`. Refusals become problem documents here.
    """
    operation = Operation(
        method=method,
        path=path,
        summary=summary,
        tag=tag,
        security=security,
        body=body,
        body_optional=body_optional,
        raw_body=raw_body,
        query=query,
        open_query=open_query,
        answers={status: answer},
        keys=keys,
        headers=headers,
    )

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handler)
        def view(**path_params: str) -> Response:
            raw = bp.current_request
            request = Request(raw, path_params=path_params)
            try:
                _read(request, operation)
                return _respond(handler(request, **path_params), status)
            except Exception as error:  # noqa: BLE001 - the one place where errors become HTTP
                return errors.problem(errors.refusal_of(error, request.id), request.id)

        view.operation = operation  # type: ignore[attr-defined]
        options = {"methods": [method], "content_types": ["*/*"], "name": f"{method} {path}"}
        return bp.route(path, **options)(view)

    return decorate


def once(
    request: Request,
    credential: str,
    perform: Callable[[IdempotencyKey | None], Any],
    *,
    resume: Callable[[str, IdempotencyKey], Any] | None = None,
) -> Any:
    """Perform an effect under the caller's Idempotency-Key, or answer again what it got.

    `perform(key)` commits the effect together with `key.record(subject, answer)`, for which
    `sealed(answer)` makes the bytes. Without the header `perform(None)` is called. A record without
    an answer is finished by `resume(subject, key)`.
    """
    if not request.has_idempotency_key:
        return perform(None)
    key = request.idempotency_key(credential)
    again = _again(key, resume)
    if again is not None:
        return again
    try:
        return perform(key)
    except Refusal:
        # A twin of this request may have been faster and changed what this one met.
        again = _again(key, resume)
        if again is None:
            raise
        return again


def required_key(request: Request) -> None:
    """Refuse `idempotency.key_missing` when the header is not there."""
    if not request.has_idempotency_key:
        raise idempotency.KeyMissing


def sealed(answer: Answer) -> idempotency.Answer:
    """Encode an answer once, to be stored and replayed byte for byte."""
    body = msgspec.json.encode(answer.view).decode()
    return idempotency.Answer(answer.status, body, answer.headers.get("Location", ""))


def _again(key: IdempotencyKey, resume: Callable[[str, IdempotencyKey], Any] | None) -> Any:
    row = key.find()
    if row is None:
        return None
    stored = idempotency.answer_of(row)
    if stored is not None:
        return replay(stored)
    if resume is None:
        raise idempotency.Twin
    return resume(row.subject, key)


def replay(stored: idempotency.Answer) -> Response:
    """Answer with stored bytes."""
    headers = {"Content-Type": JSON, "Cache-Control": "no-store"}
    if stored.location:
        headers["Location"] = stored.location
    return Response(body=stored.body, status_code=stored.status, headers=headers)


def _read(request: Request, operation: Operation) -> None:
    request.refuse_twice((*SINGLE_HEADERS, *operation.headers))
    if operation.keys is Keys.REQUIRED:
        required_key(request)
    values = dict(request.raw.query_params or {})
    if any(len(value) > TEXT_LENGTH_MAX for value in values.values()):
        raise Malformed("A query parameter is too long")
    if operation.open_query:
        prefix = operation.open_query
        request.open_query = {k: values.pop(k) for k in list(values) if k.startswith(prefix)}
    if operation.query is not None:
        request.query = read_query(values, operation.query)
    elif values:
        name = next(iter(values))
        raise Malformed(f"There is no query parameter {name[:80]!r} here")
    content_type = request.headers.get("content-type", "")
    kinds = operation.raw_body
    if ANY_TYPE in kinds or any(content_type.startswith(kind) for kind in kinds):
        return
    if operation.body is not None:
        request.body = read_json(
            request.bytes,
            operation.body,
            content_type=content_type,
            optional=operation.body_optional,
        )
    elif operation.raw_body:
        raise UnsupportedMedia(f"Send one of {', '.join(operation.raw_body)}")
    elif request.method in {"POST", "PUT", "PATCH"} and len(request.bytes.strip()) > len("{}"):
        raise Malformed("This call takes no body")


def _respond(result: Any, status: int) -> Response:
    if isinstance(result, Response):
        return result
    answer = result if isinstance(result, Answer) else Answer(result, status)
    headers = {"Content-Type": JSON, "Cache-Control": "no-store", **answer.headers}
    if answer.status == 204:
        return Response(body="", status_code=204, headers={"Cache-Control": "no-store"})
    body = (
        answer.view if isinstance(answer.view, str) else msgspec.json.encode(answer.view).decode()
    )
    return Response(body=body, status_code=answer.status, headers=headers)
