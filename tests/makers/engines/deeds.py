"""What one of a crowd can do: ask the shop as programs ask it, or run a function as Lambda does."""

import json
import os
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import botocore.session

from chalicelib.aws import tables
from chalicelib.kernel.errors import Busy
from tests.makers.http import Http

BUSY = 503


class Ask(NamedTuple):
    """A request; `headers` are written as keyword arguments of `Http` are."""

    method: str
    path: str
    body: Any
    headers: dict[str, str]


class Run(NamedTuple):
    """An invocation of a worker or clock."""

    handler: str
    event: dict[str, Any]


class Writing(Http):
    """Writes requests down, to be asked later and by others: `Shop(http=Writing())`."""

    def send(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> Any:
        return Ask(method, path, body, headers or {})


class Answer(NamedTuple):
    """What was answered: an HTTP status, or 0 for a function; and a JSON value."""

    status: int
    value: Any

    @property
    def code(self) -> str:
        """The code of a refusal, else nothing."""
        return self.value.get("code", "") if self.status >= 400 else ""


def do(deed: Ask | Run) -> Answer:
    """Do it through the app's own handlers. Raises `Busy` where the shop asks to try again."""
    if isinstance(deed, Run):
        return Answer(0, _http().app.handler_map[deed.handler](deed.event, None))
    reply = _http().send(deed.method, deed.path, deed.body, headers=deed.headers)
    if reply.status == BUSY:
        raise Busy
    return Answer(reply.status, json.loads(reply.text) if reply.text else None)


@cache
def _http() -> Http:
    return Http()


def warm() -> None:
    """Do what every process would do at its first call to AWS: read the descriptions of services."""
    loader = botocore.session.create_loader()
    botocore.session.create_loader = lambda _path: loader
    keys = {"AWS_ACCESS_KEY_ID": "warm", "AWS_SECRET_ACCESS_KEY": "warm"}
    with patch.dict(os.environ, keys | {"AWS_DEFAULT_REGION": "eu-west-1"}):
        client = tables.connection().client
    assert client.meta.service_model.service_name == "dynamodb"
    tables.forget_connection()
    _http()
