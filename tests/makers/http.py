"""A client that sends requests through the real Lambda handler, as API Gateway shapes them."""

import base64
import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from chalice.app import Chalice
from chalice.local import LocalChalice

from chalicelib.aws import observe
from chalicelib.kernel import ids
from infra.wiring import API_FUNCTION
from tests.makers import contract


@dataclass(frozen=True)
class Reply:
    """What came back. `cookies` holds the values set by this answer."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.text)


class Http:
    """One caller with its own cookies. Paths are matched against the app's routes."""

    def __init__(self, *, address: str = "203.0.113.9") -> None:
        self.app = _app()
        self.address = address
        self.context = _Context()
        self.cookies: dict[str, str] = {}
        self._routes = _routes(tuple(self.app.routes))

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.send("POST", path, body, headers=headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.send("PUT", path, body, headers=headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.send("PATCH", path, body, headers=headers)

    def delete(self, path: str, **headers: str) -> Reply:
        return self.send("DELETE", path, headers=headers)

    def form(self, path: str, fields: dict[str, str], **headers: str) -> Reply:
        """Post a form as a browser does, from the shop's own origin."""
        sent = {
            "content-type": "application/x-www-form-urlencoded",
            "origin": "http://127.0.0.1:8000",
            "sec-fetch-site": "same-origin",
            **headers,
        }
        return self.send("POST", path, urlencode(fields).encode(), headers=sent)

    def send(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> Reply:
        """Send one request. dicts become JSON; bytes go as they are. `_` in names means `-`."""
        sent = {name.replace("_", "-").lower(): value for name, value in (headers or {}).items()}
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        if body is not None and "content-type" not in sent:
            sent["content-type"] = "application/json"
        if self.cookies and "cookie" not in sent:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        event = self.event(method, path, raw, sent)
        return Reply(404, {}, "") if event is None else self.deliver(event)

    def deliver(self, event: dict[str, Any]) -> Reply:
        """Hand an event to the Lambda handler, changed as a gateway or a forger would."""
        with observe.run(API_FUNCTION):
            reply = self._reply(self.app(event, self.context))
        contract.conforms(self.app.routes, event["resource"], event["httpMethod"], reply)
        return reply

    def event(
        self, method: str, path: str, raw: bytes, headers: dict[str, str]
    ) -> dict[str, Any] | None:
        """Make the event of a request; None where no route has this path."""
        parts = urlsplit(path)
        routes = self._routes.get(parts.path.count("/"), ())
        found = ((p.fullmatch(parts.path), route) for p, route in routes)
        match, route = next(((m, route) for m, route in found if m), (None, ""))
        if match is None:
            return None
        query = parse_qsl(parts.query, keep_blank_values=True)
        many: dict[str, list[str]] = {}
        for name, value in query:
            many.setdefault(name, []).append(value)
        return {
            "resource": route,
            "path": parts.path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": dict(query) or None,
            "multiValueQueryStringParameters": many or None,
            "pathParameters": {k: unquote(v) for k, v in match.groupdict().items()} or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": route,
                "httpMethod": method,
                "path": parts.path,
                "requestId": ids.ulid(),
                "identity": {"sourceIp": self.address},
                "stage": "api",
            },
            "body": base64.b64encode(raw).decode() if raw else None,
            "isBase64Encoded": bool(raw),
        }

    def _reply(self, answer: dict[str, Any]) -> Reply:
        headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        cookies: dict[str, str] = {}
        lines = [headers["set-cookie"]] if "set-cookie" in headers else []
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            headers[name.lower()] = values[-1]
            if name.lower() == "set-cookie":
                lines.extend(values)
        for line in lines:
            name, _, rest = line.partition("=")
            value = rest.split(";")[0]
            cookies[name] = value
            if value and "max-age=0" not in line.lower():
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        body = answer.get("body") or ""
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(body).decode()
        return Reply(answer["statusCode"], headers, body, cookies)


class _Context:
    aws_request_id = "request-of-the-tests"
    function_name = "test-souk-api"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:test-souk-api"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


@cache
def _app() -> Chalice:
    """The app, holding one request for each thread: Lambda gives each its own process."""
    from app import app

    own = {name: LocalChalice.__dict__[name] for name in ("_THREAD_LOCAL", "current_request")}
    app.__class__ = type("App", (type(app),), own)
    return app


@cache
def _routes(routes: tuple[str, ...]) -> dict[int, list[tuple[re.Pattern[str], str]]]:
    """The patterns of all routes by how many parts their paths have, the plainest first."""
    found: dict[int, list[tuple[re.Pattern[str], str]]] = {}
    for route in sorted(routes, key=lambda route: route.count("{")):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route))
        found.setdefault(route.count("/"), []).append((re.compile(pattern), route))
    return found
