"""Requests as API Gateway hands them to the function, and the function in this process."""

import base64
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Function:
    """The API function. `send` makes the event first, so that `invoke` is only the function."""

    app: Any
    routes: list[tuple[re.Pattern[str], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        patterns = [
            (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route))), route)
            for route in self.app.routes
        ]
        self.routes = sorted(patterns, key=lambda pair: pair[1].count("{"))

    def event(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """Make the event of one request. Header names use `_` for `-`."""
        parts = urlsplit(path)
        found = ((pattern.fullmatch(parts.path), route) for pattern, route in self.routes)
        match, route = next((match, route) for match, route in found if match)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        if raw:
            sent.setdefault("content-type", "application/json")
        query = dict(parse_qsl(parts.query))
        return {
            "resource": route,
            "path": parts.path,
            "httpMethod": method,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
            "pathParameters": {k: unquote(v) for k, v in match.groupdict().items()} or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": route,
                "httpMethod": method,
                "path": parts.path,
                "requestId": uuid.uuid4().hex,
                "identity": {"sourceIp": "127.0.0.1"},
                "stage": "api",
            },
            "body": base64.b64encode(raw).decode() if raw else None,
            "isBase64Encoded": bool(raw),
        }

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.app(event, _Context())
        return answer

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send and read a JSON answer, which must be a success."""
        answer = self.invoke(self.event(method, path, body, **headers))
        assert answer["statusCode"] < 300, (method, path, answer["statusCode"], answer["body"])
        return json.loads(answer["body"]) if answer["body"] else None


class _Context:
    aws_request_id = "bench"
    function_name = "souk-api"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:souk-api"


Prepared = Callable[[], dict[str, Any]]
