"""What every answer gets, whoever made it: a request id, safe headers, one log line."""

import time
from collections.abc import Callable
from typing import Any

from chalice import Response

from chalicelib.aws import retries
from chalicelib.aws.observe import logger
from chalicelib.web import errors
from chalicelib.web.request import request_id

SECURITY_HEADERS = {
    # Pages name their own; what is no page may load nothing and stand in no frame.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}


def every_answer(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Chalice middleware: give the answer its id and headers, and log how it went."""
    started = time.perf_counter()
    number = request_id(event)
    with retries.until(event.lambda_context):
        response = get_response(event)
    if response.status_code == 405 and _is_chalices(response):
        allowed = response.headers.get("Allow", "")
        response = errors.problem(errors.MethodNotAllowed(), number)
        response.headers["Allow"] = allowed
    elif response.status_code == 500 and _is_chalices(response):
        response = errors.problem(errors.Defect(), number)
    response.headers = {**SECURITY_HEADERS, "X-Request-Id": number, **response.headers}
    logger().info(
        "request",
        extra={
            "method": getattr(event, "method", ""),
            "route": getattr(event, "path", ""),
            "status": response.status_code,
            "ms": int((time.perf_counter() - started) * 1_000),
            "request_id": number,
        },
    )
    return response


def _is_chalices(response: Response) -> bool:
    """Tell Chalice's own error bodies from ours."""
    return isinstance(response.body, dict) and "Code" in response.body
