"""The machinery behind the tables, in process: stream, relay, bus, queues, clocks, dead letters.

Facts go the whole way, the relay and the sweeper included (`pump.Pump` is a short cut), and each
part fails as AWS's own does: a batch whose function dies
comes again, a message received five times lies dead, a stream's batch retried ten times is left to
the sweeper. Rules, queues and batch sizes are those of infra/wiring.py. One caller at a time.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from chalicelib.aws.bus import SOURCE
from infra.wiring import QUEUE_RECEIVES_MAX, QUEUES, SCHEDULES, STREAM, Queue
from tests.makers import rows
from tests.makers.events import schedule_event

TURNS_MAX = 10_000


@dataclass
class Message:
    """One message in a queue; `receives` counts how often a worker was given it."""

    queue: Queue
    body: str
    receives: int = 0


@dataclass
class Machine:
    """Use inside `with machine.running():`, which hears what the code sends to bus and queues.

    `chance` shuffles what is delivered, splits batches and repeats deliveries; without it each
    comes once and in order. `guard` runs each function, so that a crash or a fault can be put
    around it: it is given the function's name and the call. A `BaseException` that the guard lets
    through is not caught here; what was not acknowledged stays, to be delivered again.
    """

    chance: Random | None = None
    guard: Callable[[str, Callable[[], Any]], Any] = lambda _, call: call()
    waiting: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    """Ids of facts that the stream gave up; only the sweeper brings them."""
    deliveries: int = 0
    _read: set[str] = field(default_factory=set)
    _stream: list[dict[str, Any]] = field(default_factory=list)
    _stream_tries: int = 0

    @contextmanager
    def running(self) -> Iterator["Machine"]:
        """Hear what is put on the bus or sent to a queue while the context lasts."""
        make_api_call = BaseClient._make_api_call

        def heard(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            answer = make_api_call(client, operation, params)
            self.hear(operation, params, answer)
            return answer

        with patch.object(BaseClient, "_make_api_call", heard):
            yield self

    def hear(self, operation: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
        """Take what a call put on the bus or sent to a queue."""
        if operation == "PutEvents":
            self._hear_events(params, answer)
        elif operation == "SendMessageBatch":
            self._hear_messages(params, answer)

    def drain(self) -> int:
        """Deliver until stream and queues are empty; returns how many deliveries that took."""
        before = self.deliveries
        for _ in range(TURNS_MAX):
            if not self.turn():
                return self.deliveries - before
        raise AssertionError("the machine never comes to rest")

    def settle(self) -> None:
        """Drain, let every clock strike, and drain again, until clocks bring nothing new."""
        self.drain()
        for _ in range(TURNS_MAX):
            for schedule in SCHEDULES:
                self.strike(schedule.handler)
            if not self.drain():
                return
        raise AssertionError("the clocks never come to rest")

    def turn(self) -> bool:
        """Deliver one batch, of the stream or of a queue. False when there is nothing."""
        self.collect()
        choices: list[Any] = [STREAM] if self._stream else []
        choices += dict.fromkeys(message.queue for message in self.waiting)
        if not choices:
            return False
        choice = self.chance.choice(choices) if self.chance else choices[0]
        self.deliveries += 1
        if choice is STREAM:
            self._deliver_stream()
        else:
            self._deliver(choice)
        return True

    def strike(self, schedule: str) -> Any:
        """Let a scheduled function run, as its clock does."""
        return self._call(schedule, schedule_event())

    def collect(self) -> None:
        """Take new rows of the outbox into the stream, in the order of their keys."""
        for row in sorted(rows.of_kind("outbox", "FACT"), key=lambda row: row["sk"]["S"]):
            if row["sk"]["S"] not in self._read:
                self._read.add(row["sk"]["S"])
                self._stream.append(row)

    def send(self, queue: str, body: str) -> None:
        """Put a message into a queue, named as `make status` names it."""
        (found,) = [one for one in QUEUES if one.key == queue]
        self.waiting.append(Message(found, body))

    def redrive(self) -> None:
        """Send every dead letter back to its queue."""
        self.waiting += [Message(message.queue, message.body) for message in self.dead]
        self.dead = []

    def lose_stream(self) -> None:
        """Forget what the stream holds, as if its records had outlived their retention."""
        self.collect()
        self.missed += [row["sk"]["S"] for row in self._stream]
        self._stream, self._stream_tries = [], 0

    def _deliver_stream(self) -> None:
        batch = self._stream[: STREAM.batch_size]
        if self.chance:
            batch = batch[: self.chance.randint(1, len(batch))]
        self._stream_tries += 1
        if self._stream_tries > STREAM.retries + 1:
            self.missed += [row["sk"]["S"] for row in batch]
            self._stream, self._stream_tries = self._stream[len(batch) :], 0
            return
        try:
            answer = self._call(STREAM.handler, stream_event(batch))
        except Exception:  # noqa: BLE001 - Lambda comes again with the same batch
            return
        failed = [int(one["itemIdentifier"]) for one in answer["batchItemFailures"]]
        passed = min(failed) if failed else len(batch)
        self._stream = self._stream[passed:]
        if passed:
            self._stream_tries = 0

    def _deliver(self, queue: Queue) -> None:
        own = [message for message in self.waiting if message.queue is queue]
        size = queue.batch_size
        if self.chance:
            self.chance.shuffle(own)
            size = self.chance.randint(1, size)
        batch = own[:size]
        for message in batch:
            message.receives += 1
        is_repeated = self.chance is not None and self.chance.random() < 0.25
        is_repeated &= all(message.receives < QUEUE_RECEIVES_MAX for message in batch)
        try:
            answer = self._call(queue.handler, queue_event(batch))
        except Exception:  # noqa: BLE001 - the whole batch comes again
            failed = set(range(len(batch)))
        else:
            failed = {int(one["itemIdentifier"]) for one in answer["batchItemFailures"]}
        finally:
            self._bury(batch)
        if not is_repeated:
            self._forget([one for place, one in enumerate(batch) if place not in failed])

    def _bury(self, batch: list[Message]) -> None:
        """A message that was received often enough is not given out again."""
        for message in batch:
            if message.receives >= QUEUE_RECEIVES_MAX:
                self._forget([message])
                self.dead.append(message)

    def _forget(self, done: list[Message]) -> None:
        self.waiting = [one for one in self.waiting if all(one is not other for other in done)]
        self.dead = [one for one in self.dead if all(one is not other for other in done)]

    def _call(self, handler: str, event: dict[str, Any]) -> Any:
        import app

        return self.guard(handler, lambda: app.app.handler_map[handler](event, None))

    def _hear_events(self, params: dict[str, Any], answer: dict[str, Any]) -> None:
        for entry, outcome in zip(params["Entries"], answer["Entries"], strict=True):
            if outcome.get("ErrorCode"):
                continue
            self._route(entry["DetailType"], entry["Detail"])

    def _route(self, name: str, detail: str) -> None:
        """Put a fact into every queue whose rule takes it, as EventBridge wraps it."""
        envelope = {"detail-type": name, "source": SOURCE, "detail": json.loads(detail)}
        body = json.dumps(envelope)
        self.waiting += [Message(queue, body) for queue in QUEUES if is_routed(queue, name)]

    def _hear_messages(self, params: dict[str, Any], answer: dict[str, Any]) -> None:
        taken = {one["Id"] for one in answer.get("Successful", ())}
        name = params["QueueUrl"].rpartition("/")[2]
        (queue,) = [one for one in QUEUES if name.endswith(f"-souk-{one.room}-{one.purpose}")]
        for entry in params["Entries"]:
            if entry["Id"] in taken:
                self.waiting.append(Message(queue, entry["MessageBody"]))


def is_routed(queue: Queue, name: str) -> bool:
    """Whether the queue's rule takes facts of this name."""
    return name in queue.facts or any(name.startswith(family) for family in queue.families)


def queue_event(batch: list[Message]) -> dict[str, Any]:
    """What Lambda gives a worker; a message's id is its place in the batch."""
    records = [
        {
            "messageId": str(place),
            "receiptHandle": f"receipt-{place}",
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
            "eventSource": "aws:sqs",
        }
        for place, message in enumerate(batch)
    ]
    return {"Records": records}


def stream_event(images: list[dict[str, Any]]) -> dict[str, Any]:
    """What Lambda gives the relay; a record's sequence number is its place in the batch."""
    records = [
        {
            "eventID": f"event-{place}",
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/outbox/stream/1",
            "awsRegion": "eu-west-1",
            "dynamodb": {
                "Keys": {"pk": image["pk"], "sk": image["sk"]},
                "NewImage": image,
                "SequenceNumber": str(place),
                "StreamViewType": "NEW_IMAGE",
            },
        }
        for place, image in enumerate(images)
    ]
    return {"Records": records}
