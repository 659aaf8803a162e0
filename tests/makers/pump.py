"""Carries facts from the outbox to the workers, as the stream, the bus and the queues do.

Rules and queues are those of infra/wiring.py. Queues are only at-least-once and unordered, so the
pump can deliver twice and out of order; what a worker reports as failed comes again, and after five
receives lies dead.
"""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from infra.wiring import QUEUE_RECEIVES_MAX, QUEUES, Queue
from tests.makers import rows


@dataclass
class Pump:
    """`chance` shuffles deliveries and repeats them; without it each comes once and in order.

    `skip` names workers whose queues are left alone. `dead` holds what could not be handled.
    """

    chance: Random | None = None
    skip: frozenset[str] = frozenset()
    dead: list[tuple[str, str]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _waiting: list[tuple[Queue, dict[str, Any]]] = field(default_factory=list)

    def run(self) -> int:
        """Deliver until nothing is left, the facts that workers write included."""
        delivered = 0
        while True:
            self._collect()
            if not self._waiting:
                return delivered
            delivered += self._deliver()

    def _collect(self) -> None:
        stored = sorted(rows.of_kind("outbox", "FACT"), key=lambda row: row["sk"]["S"])
        for row in stored:
            fact_id, name = row["sk"]["S"], row["name"]["S"]
            if fact_id in self._seen:
                continue
            self._seen.add(fact_id)
            for queue in QUEUES:
                if queue.handler not in self.skip and _is_routed(queue, name):
                    self._waiting += self._copies(queue, name, row["body"]["S"])

    def _copies(self, queue: Queue, name: str, body: str) -> list[tuple[Queue, dict[str, Any]]]:
        times = self.chance.choice((1, 1, 2)) if self.chance else 1
        envelope = {"detail-type": name, "source": "souk", "detail": json.loads(body)}
        return [(queue, {"body": json.dumps(envelope), "receives": 0}) for _ in range(times)]

    def _deliver(self) -> int:
        if self.chance:
            self.chance.shuffle(self._waiting)
        queue = self._waiting[0][0]
        batch = [one for one in self._waiting if one[0] is queue][: queue.batch_size]
        self._waiting = [one for one in self._waiting if one not in batch]
        failed = _call(queue, [message for _, message in batch])
        for place, (_, message) in enumerate(batch):
            message["receives"] += 1
            if str(place) not in failed:
                continue
            if message["receives"] < QUEUE_RECEIVES_MAX:
                self._waiting.append((queue, message))
            else:
                self.dead.append((queue.handler, message["body"]))
        return len(batch)


def strike(schedule: str) -> Any:
    """Let a scheduled function run, as its clock does."""
    import app
    from tests.makers.events import schedule_event

    return app.app.handler_map[schedule](schedule_event(), None)


def _call(queue: Queue, messages: list[dict[str, Any]]) -> set[str]:
    import app

    records = [
        {
            "messageId": str(place),
            "receiptHandle": f"receipt-{place}",
            "body": message["body"],
            "attributes": {"ApproximateReceiveCount": str(message["receives"] + 1)},
            "eventSource": "aws:sqs",
        }
        for place, message in enumerate(messages)
    ]
    answer = app.app.handler_map[queue.handler]({"Records": records}, None)
    return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


def _is_routed(queue: Queue, name: str) -> bool:
    return name in queue.facts or any(name.startswith(family) for family in queue.families)
