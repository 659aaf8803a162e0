"""Refusals become HTTP here and nowhere else: problem+json (RFC 9457) for programs."""

from typing import Any

import msgspec
from chalice import Response

from chalicelib.aws.observe import logger
from chalicelib.kernel.errors import Refusal

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "https://souk.example/problems/"


class Defect(Refusal):
    """Something of ours broke; the log has it under the request's id."""

    code, status, title = "souk.defect", 500, "Something went wrong on our side"


class MethodNotAllowed(Refusal):
    code, status, title = "request.method_not_allowed", 405, "This method is not allowed here"


def problem(refusal: Refusal, request_id: str) -> Response:
    """Answer a refusal as a problem document with its code, fields and extras."""
    headers = {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store"}
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = msgspec.json.encode(document(refusal, request_id)).decode()
    return Response(body=body, status_code=refusal.status, headers=headers)


def document(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """Make the members of the problem document."""
    members: dict[str, Any] = {
        "type": TYPE_PREFIX + refusal.code,
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "request_id": request_id,
    }
    if refusal.errors:
        members["errors"] = list(refusal.errors)
    return members | refusal.extra


def refusal_of(error: Exception, request_id: str) -> Refusal:
    """Return the refusal that an exception is, or a defect for one that is a bug (and log it)."""
    if isinstance(error, Refusal):
        return error
    logger().exception("defect", extra={"request_id": request_id})
    return Defect(f"Tell us this number and we will find it: {request_id}")
