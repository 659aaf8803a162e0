"""Kills work before or after any of its calls to AWS or to a company outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from botocore.client import BaseClient

from chalicelib.providers import http

SIDES = ("before", "after")


class Killed(BaseException):
    """The process is gone; no `except Exception` sees it."""


@contextmanager
def killed_at(number: int, side: str) -> Iterator[list[str]]:
    """Let the n-th call (from 1) be the last: not sent, or sent and its answer lost.

    Gives the names of the calls so far. With number 0 nothing is killed.
    """
    calls: list[str] = []
    aws, company = BaseClient._make_api_call, http.call

    def act(name: str, call: Callable[[], object]) -> object:
        calls.append(name)
        if len(calls) == number and side == "before":
            raise Killed
        result = call()
        if len(calls) == number:
            raise Killed
        return result

    def aws_call(self: BaseClient, operation: str, arguments: dict) -> object:
        return act(operation, lambda: aws(self, operation, arguments))

    def company_call(method: str, url: str, **kwargs: object) -> object:
        return act(f"{method} company", lambda: company(method, url, **kwargs))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", aws_call)
        patch.setattr(http, "call", company_call)
        yield calls


def every_crash(prepare: Callable[[], Callable[[], object]], check: Callable[[], None]) -> int:
    """Kill work at each of its calls, on both sides, then let it run again; returns how many.

    `prepare` makes a fresh situation and returns the work; `check` looks at how it ended. The work
    is run once whole first, which counts its calls, and a last time after the recovery, which must
    change nothing either.
    """
    work = prepare()
    with killed_at(0, "") as calls:
        work()
    check()
    for number in range(1, len(calls) + 1):
        for side in SIDES:
            work = prepare()
            with pytest.raises(Killed), killed_at(number, side):
                work()
            work()
            check()
            work()
            check()
    return len(calls) * len(SIDES)
