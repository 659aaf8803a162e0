"""Counts the calls to AWS that a piece of work makes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.client import BaseClient


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the names of the AWS calls made inside, in their order."""
    calls: list[str] = []
    original = BaseClient._make_api_call

    def counting(self: BaseClient, operation: str, arguments: dict) -> dict:
        calls.append(operation)
        return original(self, operation, arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", counting)
        yield calls
