"""One request to the sandbox taken apart, and the answers it can get."""

import json
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlencode

from infra.local.door.server import Request, Response
from infra.local.sandbox import pages, signing
from infra.local.sandbox.words import language

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked: `parts` are the segments of the path, decoded."""

    method: str
    parts: tuple[str, ...]
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    body: bytes
    lang: str

    @classmethod
    def of(cls, request: Request) -> Self:
        path, _, query = request.target.decode("latin-1").partition("?")
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        asked, form = dict(parse_qsl(query)), {}
        if headers.get("content-type", "").startswith(FORM):
            form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        lang = form.get("lang") or asked.get("lang", "")
        return cls(
            method="GET" if request.method == "HEAD" else request.method,
            parts=tuple(unquote(part) for part in path.strip("/").split("/")),
            query=asked,
            form=form,
            headers=headers,
            body=request.body,
            lang=language(headers.get("accept-language", ""), lang),
        )

    def signed_data(self, secret: str, now_s: float) -> dict[str, Any]:
        """The `data` of a message that Souk has signed. Raises `BadSignature`, `ValueError`."""
        signing.verify(secret, self.headers, self.body, int(now_s))
        found = json.loads(self.body)
        data = found.get("data") if isinstance(found, dict) else None
        if not isinstance(data, dict):
            raise ValueError("the body is not an object with data")  # noqa: TRY004 - one kind for malformed
        return data

    def page(self, name: str, **view: Any) -> Response:
        """A page in the caller's language, with a link to itself in the other one."""
        other = urlencode({"lang": "en" if self.lang == "zh" else "zh"})
        here = "/" + "/".join(quote(part, safe="") for part in self.parts)
        return pages.page(name, self.lang, other_language=f"{here}?{other}", **view)

    def lost(self, why: str, status: int) -> Response:
        """A page that says what is wrong with the address."""
        response = self.page("lost", why=why)
        response.status = status
        return response

    def back(self, path: str) -> Response:
        """After a form: read that page again."""
        return see_other(f"{path}?{urlencode({'lang': self.lang})}")


def see_other(location: str) -> Response:
    return Response(303, [(b"Location", location.encode()), (b"Cache-Control", b"no-store")])


def answer(status: int, document: dict[str, Any]) -> Response:
    """A JSON answer for Souk."""
    headers = [(b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store")]
    return Response(status, headers, json.dumps(document).encode())


def problem(status: int, code: str, detail: str) -> Response:
    """A refusal for Souk, as RFC 9457 shapes it."""
    document = {"type": "about:blank", "title": detail, "status": status, "code": code}
    response = answer(status, document | {"detail": detail})
    response.headers[0] = (b"Content-Type", b"application/problem+json")
    return response
