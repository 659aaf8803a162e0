"""Going through a door as somebody, to somebody's thing; and what came of it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore.client import BaseClient

from chalicelib.kernel import ids
from tests.doors.tenants.people import Person
from tests.doors.tenants.policy import Door
from tests.doors.tenants.world import World
from tests.makers.http import Http, Reply

READS = {"GetItem", "BatchGetItem", "Query"}
SIGN_INS = ("/account/sign-in", "/console/sign-in")
OWN = {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}
_NUMBERS = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@dataclass(frozen=True)
class Came:
    """The answer and the calls to AWS that were no reads."""

    reply: Reply
    writes: list[str] = field(default_factory=list)
    lands: str = ""
    refusal: int = 404

    @property
    def is_refused(self) -> bool:
        place = self.reply.headers.get("location", "")
        if self.reply.status in {302, 303}:
            return place.partition("?")[0] in {*SIGN_INS, self.lands}
        return self.reply.status in {401, 403, 404, self.refusal}

    @property
    def words(self) -> str:
        """All that the caller can read: the body, the headers, the cookies."""
        return f"{self.reply.text} {self.reply.headers} {self.reply.cookies}"


def go(
    http: Http,
    world: World,
    door: Door,
    person: Person,
    sides: dict[str, str],
    *,
    token: str | None = None,
    **headers: str,
) -> Came:
    """Send what the policy says is valid, naming things of the sides given by name.

    `sides` holds the side of each named thing, under "" that of all others.
    """

    def thing(name: str) -> str:
        return world.things[sides.get(name, sides[""])][name]

    path = door.path
    for name, kind in door.names.items():
        path = path.replace(f"{{{name}}}", quote(thing(kind), safe=""))
    for name, value in door.fixed.items():
        path = path.replace(f"{{{name}}}", value)
    csrf = person.form_token(path) if token is None else token
    named = next(iter(door.names.values()), "")
    sent = {**person.headers, **person.tokens_for(named), **headers}
    body = _body(door, thing, csrf)
    if door.is_page:
        sent = {**OWN, **sent}
        sent.pop("authorization", None)
    if door.raw or door.form is not None:
        sent["content-type"] = door.raw[0] if door.raw else "application/x-www-form-urlencoded"
    if door.method == "POST" and not door.is_page:
        sent.setdefault("idempotency_key", ids.ulid())
    http.cookies = dict(person.cookies)
    with writes() as calls:
        reply = http.send(door.method, path + door.query, body, headers=sent)
    return Came(reply, calls, door.lands, door.refusal)


def _body(door: Door, thing: Any, csrf: str) -> Any:
    if door.raw:
        return door.raw[1].replace(b"<csrf>", csrf.encode())
    if door.form is not None:
        fields = {"csrf": csrf, "key": ids.ulid(), **door.form}
        return urlencode(_filled(fields, thing)).encode()
    return _filled(door.json, thing)


def _filled(value: Any, thing: Any) -> Any:
    """Put the names of things into a body."""
    if isinstance(value, str):
        return re.sub(r"<([a-z ]+)>", lambda found: thing(found.group(1)), value)
    if isinstance(value, dict):
        return {_filled(k, thing): _filled(v, thing) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(one, thing) for one in value]
    return value


@contextmanager
def writes() -> Iterator[list[str]]:
    """Collect the calls to AWS that are no reads."""
    calls: list[str] = []
    original = BaseClient._make_api_call

    def noting(self: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        if operation not in READS:
            calls.append(operation)
        return original(self, operation, arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", noting)
        yield calls


def without_names(world: World, came: Came) -> tuple[int, str, str]:
    """An answer apart from the names that were asked for and the request's own number."""
    reply = came.reply
    known = sorted({one for side in world.things.values() for one in side.values()}, key=len)
    text, place = reply.text, reply.headers.get("location", "")
    for name in known[::-1]:
        for form in {name, quote(name, safe=""), json.dumps(name)[1:-1]}:
            text, place = text.replace(form, "NAME"), place.replace(form, "NAME")
    return reply.status, _NUMBERS.sub("NUMBER", text), place
