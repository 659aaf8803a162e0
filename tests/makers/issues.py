"""Members to hand coupons out to, and a queue whose workers die."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

import msgspec
from botocore.client import BaseClient

from chalicelib.aws import transact
from chalicelib.contexts.identity.store import listing
from chalicelib.contexts.promotions.model.issues import HandOut, PlanShard
from chalicelib.contexts.promotions.service import issues
from chalicelib.kernel import ids

TURNS_MAX = 100_000
WEIGHTS = {"TransactWriteItems": 2}
"""DynamoDB writes twice in a transaction, and DynamoDB Local counts it once:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""


class Killed(BaseException):
    """The process that ran a worker is gone."""


def listed_members(count: int) -> list[str]:
    """So many members as the list has them: without accounts, which nobody asks for."""
    members = [ids.new("acc") for _ in range(count)]
    for start in range(0, count, 1_000):
        rows = [listing._row(one) for one in members[start : start + 1_000]]
        transact.put_all(rows)
    return members


class Deadly:
    """The queue of issues: messages come in any order, now and then twice, and workers die at calls to
    AWS that chance picks: before the call, or after it and before the worker hears.
    """

    def __init__(self, chance: Random, kills: int, calls_a_kill: int) -> None:
        self.chance, self.kills_left, self.calls_a_kill = chance, kills, calls_a_kill
        self.waiting: list[str] = []
        self.next_kill = chance.randrange(calls_a_kill)
        self.calls = self.kills = self.deliveries = 0
        self.units = 0.0

    @contextmanager
    def running(self) -> Iterator["Deadly"]:
        make_api_call = BaseClient._make_api_call

        def called(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            if operation == "SendMessageBatch":
                self.waiting += [one["MessageBody"] for one in params["Entries"]]
                answer: Any = {"Failed": []}
                return self.at_risk(lambda: answer)
            asked = {**params, "ReturnConsumedCapacity": "TOTAL"}
            weight = WEIGHTS.get(operation, 1)
            return self.at_risk(
                lambda: self.counted(make_api_call(client, operation, asked), weight)
            )

        with patch.object(BaseClient, "_make_api_call", called):
            yield self

    def at_risk(self, call: Callable[[], Any]) -> Any:
        self.calls += 1
        dies = self.kills_left and self.calls >= self.next_kill
        is_before = self.chance.random() < 0.5
        if dies and is_before:
            self.die()
        answer = call()
        if dies:
            self.die()
        return answer

    def die(self) -> None:
        self.kills_left -= 1
        self.kills += 1
        self.next_kill = self.calls + 1 + self.chance.randrange(self.calls_a_kill)
        raise Killed

    def counted(self, answer: Any, weight: int) -> Any:
        told = answer.get("ConsumedCapacity") or []
        for one in told if isinstance(told, list) else [told]:
            self.units += weight * one.get("CapacityUnits", 0.0)
        return answer

    def drain(self, until: Callable[[], bool] = lambda: False) -> None:
        """Deliver until nothing waits, or until it is enough; a message whose worker died comes again."""
        for _ in range(TURNS_MAX):
            if not self.waiting or until():
                return
            place = self.chance.randrange(len(self.waiting))
            body = self.waiting[place]
            self.deliveries += 1
            try:
                deliver(body)
            except Killed:
                continue
            if self.chance.random() > 0.05:
                self.waiting.pop(place)
        raise AssertionError("the issue never comes to rest")


def deliver(body: str) -> None:
    """Let a worker have a message."""
    wanted = msgspec.json.decode(body, type=PlanShard | HandOut)
    if isinstance(wanted, PlanShard):
        issues.plan(wanted)
    else:
        issues.hand_out(wanted)
