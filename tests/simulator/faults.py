"""What goes wrong at any call to AWS: death before or after it, throttles, conflicts, lost answers."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.makers.killing import Killed

PER_THOUSAND = {
    "killed before a call": 4,
    "killed after a call": 4,
    "throttled": 12,
    "conflict": 12,
    "answer lost": 8,
    "bus refuses": 4,
}


class Faults:
    """Decides at each call to AWS by its own chance. Nothing fails while `is_calm`."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.counts: Counter[str] = Counter()
        self.is_calm = False
        self.here = 0
        """How many faults struck since `begin`."""
        self._is_dead = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Stand before all who hear what is called; the last to be entered, so the outermost."""
        call = BaseClient._make_api_call

        def faulty(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            return self._act(operation, params, lambda: call(client, operation, params))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", faulty)
            yield

    def begin(self) -> None:
        """A process starts to work on something."""
        self.here, self._is_dead = 0, False

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Nothing goes wrong meanwhile, for whoever only looks."""
        former, self.is_calm = self.is_calm, True
        self._is_dead = False
        try:
            yield
        finally:
            self.is_calm = former

    def _act(self, operation: str, params: dict[str, Any], call: Callable[[], Any]) -> Any:
        if self._is_dead:
            raise Killed  # the dead clean nothing up
        kind = "" if self.is_calm else self._kind(operation)
        if not kind:
            return call()
        self.counts[kind] += 1
        self.here += 1
        self._is_dead = kind == "killed before a call"
        match kind:
            case "killed before a call":
                raise Killed
            case "throttled":
                raise _refused("ThrottlingException", operation)
            case "conflict":
                raise _conflict(operation, params)
            case "bus refuses":
                return {"Entries": [{"ErrorCode": "ThrottlingException"}] * len(params["Entries"])}
        call()
        if kind == "killed after a call":
            self._is_dead = True
            raise Killed
        raise ReadTimeoutError(endpoint_url="https://aws")

    def _kind(self, operation: str) -> str:
        drawn = self.chance.randrange(1_000)
        for kind, weight in PER_THOUSAND.items():
            if drawn < weight:
                return kind if _may(kind, operation) else ""
            drawn -= weight
        return ""


def _may(kind: str, operation: str) -> bool:
    """Conflicts are of writes, and only the bus takes a part and refuses the rest."""
    if kind == "conflict":
        return operation in {"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"}
    return kind != "bus refuses" or operation == "PutEvents"


def _refused(code: str, operation: str, **more: Any) -> ClientError:
    status = {"HTTPStatusCode": 400, "HTTPHeaders": {}}
    said = {"Error": {"Code": code, "Message": "injected"}, "ResponseMetadata": status}
    return ClientError(said | more, operation)


def _conflict(operation: str, params: dict[str, Any]) -> ClientError:
    if operation != "TransactWriteItems":
        return _refused("TransactionConflictException", operation)
    reasons = [{"Code": "None"} for _ in params["TransactItems"]]
    reasons[-1] = {"Code": "TransactionConflict", "Message": "injected"}
    return _refused("TransactionCanceledException", operation, CancellationReasons=reasons)
