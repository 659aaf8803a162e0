"""Asserting refusals: the code, and that nothing was written."""

from collections.abc import Callable
from typing import Any

from tests.makers import rows
from tests.makers.http import Reply


def refused(reply: Reply, status: int, code: str) -> Any:
    """Assert a problem document; returns it."""
    assert (reply.status, reply.json()["code"]) == (status, code), reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    return reply.json()


def refused_without_a_trace(send: Callable[[], Reply], status: int, code: str) -> Any:
    """Assert that a request is refused and leaves every table as it was."""
    before = rows.everything()
    problem = refused(send(), status, code)
    assert rows.everything() == before
    return problem
