"""Kills running functions before or after any of their calls to AWS or to a company outside.

In process a kill is a `BaseException` that no `except Exception` sees; from then on the function
makes no call any more, for the dead clean nothing up. With `real_in` the function runs in a process
of its own, which kills itself with SIGKILL; what it asks of AWS goes through a pipe to this one, so
that the state outlives it.
"""

import os
import pickle
import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from chalicelib.aws import clients
from chalicelib.aws.tables import connection
from chalicelib.contexts.catalog.service import fetch
from chalicelib.kernel import ids
from chalicelib.providers import http

SIDES = ("before", "after")
Point = tuple[int, str]
"""The number of a call, from 1, and the side of it that is the end."""


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Killer:
    """Use `guard` around every function, inside `with killer.watching():`.

    `plan` is where to kill: the first point counts calls from the start, each further one from the
    kill before. `calls` names every call that functions made, `functions` the function each was
    made in, by its turn.
    """

    plan: list[Point] = field(default_factory=list)
    real_in: int = -1
    calls: list[str] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    kills: int = 0
    since: int = 0
    """Calls since the last kill, or since the start."""
    _turn: int = -1
    _running: str = ""
    _is_dying: bool = False
    _pipe: "Pipe | None" = None

    @contextmanager
    def watching(self) -> Iterator["Killer"]:
        """See every call, of this process, while the context lasts."""
        aws, company, far = BaseClient._make_api_call, http.call, fetch._ask

        def aws_call(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            pipe = self._pipe
            if pipe is not None:
                return self._act(operation, lambda: pipe.ask((service, operation, params)))
            return self._act(operation, lambda: aws(client, operation, params))

        def company_call(method: str, url: str, **kwargs: Any) -> Any:
            return self._act(f"{method} company", lambda: company(method, url, **kwargs))

        def far_call(url: str) -> Any:
            return self._act("GET picture", lambda: far(url))

        with (
            patch.object(BaseClient, "_make_api_call", aws_call),
            patch.object(http, "call", company_call),
            patch.object(fetch, "_ask", far_call),
        ):
            yield self

    def go_on_from(self, calls: int, turn: int) -> None:
        """Count as if so many calls had been made before, and this function had run last."""
        self.since, self._turn = calls, turn

    @property
    def turn(self) -> int:
        """The number of the function that ran last; -1 before the first."""
        return self._turn

    def guard(self, name: str, call: Callable[[], Any]) -> Any:
        """Run a function; raises `Killed` when it does not live to its end."""
        self._turn += 1
        if self._turn == self.real_in:
            return self._in_a_process_of_its_own(name, call)
        self._running, self._is_dying = name, False
        try:
            result = call()
        finally:
            self._running = ""
            was_killed, self._is_dying = self._is_dying, False
        if was_killed:
            raise Killed
        return result

    def _act(self, name: str, call: Callable[[], Any]) -> Any:
        if not self._running:
            return call()
        if self._is_dying:
            raise Killed
        self.calls.append(name)
        self.functions.append(self._turn)
        self.since += 1
        number, side = self.plan[0] if self.plan else (0, "")
        if number == self.since and side == "before":
            self._die()
        try:
            return call()
        finally:
            if number == self.since and side == "after":
                self._die()

    def _die(self) -> None:
        if self._pipe is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        self.plan.pop(0)
        self.kills += 1
        self.since = 0
        self._is_dying = True
        raise Killed

    def _in_a_process_of_its_own(self, name: str, call: Callable[[], Any]) -> Any:
        above, below = Pipe.pair()
        process = os.fork()
        if process == 0:
            with suppress(BaseException):
                self._pipe, self._running = below, name
                call()
            os._exit(1)
        below.close()
        while (asked := above.hear()) is not None:
            above.say(_done(*asked))
        above.close()
        _, status = os.waitpid(process, 0)
        assert os.WIFSIGNALED(status), f"{name} lived to its end"
        assert os.WTERMSIG(status) == signal.SIGKILL
        ids.use_chance(Random(process).getrandbits)  # the dead one's draws are not drawn again
        self.plan.pop(0)
        self.kills += 1
        self.since = 0
        raise Killed


class Pipe:
    """Two ends of a pair of pipes that carry pickled values; None when the other end is gone."""

    def __init__(self, reads: int, writes: int) -> None:
        self._in, self._out = os.fdopen(reads, "rb"), os.fdopen(writes, "wb")

    @classmethod
    def pair(cls) -> tuple["Pipe", "Pipe"]:
        first, second = os.pipe(), os.pipe()
        return cls(first[0], second[1]), cls(second[0], first[1])

    def say(self, value: Any) -> None:
        raw = pickle.dumps(value)
        with suppress(BrokenPipeError):
            self._out.write(struct.pack(">Q", len(raw)) + raw)
            self._out.flush()

    def hear(self) -> Any:
        head = self._in.read(8)
        if len(head) < 8:
            return None
        return pickle.loads(self._in.read(struct.unpack(">Q", head)[0]))

    def ask(self, value: Any) -> Any:
        """Say, hear, and raise what is an exception."""
        self.say(value)
        answer, error = self.hear()
        if error is not None:
            raise error
        return answer

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._in.close()
            self._out.close()


def _done(service: str, operation: str, params: dict[str, Any]) -> tuple[Any, Exception | None]:
    """Do what the other process asked of AWS."""
    client = connection().client if service == "dynamodb" else clients.client(service)
    try:
        return client._make_api_call(operation, params), None
    except Exception as error:  # noqa: BLE001 - it is the other's to handle
        return None, error
