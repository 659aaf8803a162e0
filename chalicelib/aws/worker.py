"""What every worker wears: logging, an outcome line, and partial batch failures.

Chalice's middleware does not run for a blueprint's workers on Lambda, so this decorator does what
they need; it goes below Chalice's own.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from chalicelib.aws import observe, retries, transact
from chalicelib.aws.observe import logger
from chalicelib.aws.transact import Write
from chalicelib.kernel import clock
from chalicelib.kernel.facts import Fact

MARKER_TTL_S = 35 * 86_400

F = TypeVar("F", bound=Fact)
Handler = Callable[[Any], Any]


class AlreadyHandled(transact.ConditionFailed):
    """This consumer handled the fact before: success, nothing to do."""


class UnknownMessage(ValueError):
    """A message of our queues that is neither a job nor the bucket's word."""


class UnknownFact(ValueError):
    """A message names a fact that its worker does not know."""


def worker(name: str) -> Callable[[Handler], Handler]:
    """Decorate a Chalice event handler: one log line with the outcome, errors logged and raised."""

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def wrapped(event: Any) -> Any:
            started = clock.now()
            outcome = "failed"
            try:
                with observe.run(name), retries.until(getattr(event, "context", None)):
                    result = handler(event)
                outcome = "done"
            except Exception:
                logger().exception("worker", extra={"worker": name})
                raise
            finally:
                elapsed_ms = int((clock.now() - started).total_seconds() * 1_000)
                logger().info(
                    "worker", extra={"worker": name, "outcome": outcome, "ms": elapsed_ms}
                )
            return result

        return wrapped

    return decorate


class Message(Struct, frozen=True):
    """One SQS message: `body` as text, `id` as SQS names it, `attempt` from 1."""

    id: str
    body: str
    attempt: int


def each_message(event: Any, handle: Callable[[Message], None]) -> dict[str, Any]:
    """Handle every message of an SQS batch; the ones that failed are reported for redelivery."""
    failures = []
    for record in event.to_dict()["Records"]:
        attempt = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
        try:
            handle(Message(record["messageId"], record["body"], attempt))
        except Exception:  # noqa: BLE001 - one message's failure never touches its neighbours
            logger().exception(
                "message", extra={"message_id": record["messageId"], "worker": observe.running()}
            )
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def each_fact(event: Any, handlers: Mapping[type[Any], Callable[[Any], None]]) -> dict[str, Any]:
    """Hand every fact of an SQS batch (as EventBridge delivers it) to the handler of its class.

    A fact that was handled before counts as handled; one that nobody here knows is a failure, for
    the queue's rule and the worker's table must agree.
    """

    def handle(message: Message) -> None:
        fact = read_fact(message, handlers)
        try:
            handlers[type(fact)](fact)
        except AlreadyHandled:
            logger().info("fact repeated", extra={"fact_id": fact.id, "fact": fact.name})

    return each_message(event, handle)


def arrived_keys(said: Mapping[str, Any]) -> list[str]:
    """Read the keys of files that the bucket says have arrived.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html;
    `s3:TestEvent`, which the bucket sends once when it is set up, has no records.
    """
    if "Records" not in said and said.get("Event") != "s3:TestEvent":
        raise UnknownMessage(sorted(said))
    return [unquote_plus(record["s3"]["object"]["key"]) for record in said.get("Records", ())]


def read_fact(message: Message, known: Iterable[type[Any]]) -> Any:
    """Read the fact that a message carries, as EventBridge delivers it, into its class."""
    envelope = json.loads(message.body)
    for kind in known:
        if kind.name == envelope["detail-type"]:
            return msgspec.convert(envelope["detail"], kind)
    raise UnknownFact(envelope["detail-type"])


def done(marker: type[Any], consumer: str, fact: Fact) -> Write:
    """Contribute the marker `DONE#consumer` / fact id to the consumer's transaction.

    `marker` is the room's own item class, with a text attribute `fact`. A second time raises
    `AlreadyHandled`, which `each_fact` takes for success.
    """
    row = marker(
        pk=f"DONE#{consumer}",
        sk=fact.id,
        fact=fact.name,
        expires_at=clock.epoch(clock.now()) + MARKER_TTL_S,
    )
    return transact.create(row, refuse=lambda old: AlreadyHandled(0, old))
