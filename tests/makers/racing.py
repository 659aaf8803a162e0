"""Callers at the same moment."""

import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from chalicelib.aws.tables import connection
from chalicelib.kernel.errors import Refusal


def at_once(times: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(number)` in threads that start together; returns results and refusals.

    moto does not keep one call from another, as DynamoDB does, so the calls take turns; what a
    caller does between two calls may still fall anywhere among the others'.
    """
    gate, turn = threading.Barrier(times), threading.Lock()
    outcomes: list[Any] = []
    real = connection().dispatch

    def one_by_one(operation: str, request: dict[str, Any]) -> Any:
        with turn:
            return real(operation, request)

    def run(number: int) -> None:
        gate.wait()
        try:
            outcomes.append(act(number))
        except Refusal as refusal:
            outcomes.append(refusal)

    with patch.object(connection(), "dispatch", one_by_one):
        threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == times, "a caller met something that is no refusal"
    return outcomes
