"""Transactions: a list of conditional writes that rooms contribute, committed whole or not at all.

Each write may name the refusal that its failed condition means. Conflicts and throttles are tried
again here, and nowhere else; everything above may assume that a commit either happened or refused.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct
from pynamodb.exceptions import VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.aws.tables import Item, connection
from chalicelib.kernel import ids
from chalicelib.kernel.errors import Busy, Conflict, Refusal

WRITES_MAX = 100
ATTEMPTS_MAX = 9
BACKOFF_FIRST_MS = 20
BACKOFF_MAX_MS = 1_000

Refuse = Callable[[Any], Refusal]
RETRIED_REASONS = {
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}
RETRIED_ERRORS = {
    "TransactionInProgressException",
    "TransactionConflictException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "InternalServerError",
}


class ConditionFailed(Conflict):
    """A write's condition did not hold and the write named no refusal of its own.

    `position` is the write's place in the list, `old` the row that stood there (None if absent).
    """

    def __init__(self, position: int, old: Any) -> None:
        super().__init__()
        self.position = position
        self.old = old


class Write(Struct, frozen=True):
    """One write of a transaction. Make it with `put`, `update`, `delete` or `check`."""

    operation: str
    item: Item
    actions: tuple[Action, ...] = ()
    condition: Condition | None = None
    refuse: Refuse | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the operation's arguments as DynamoDB's API wants them."""
        on_failure = "ALL_OLD" if self.condition is not None else None
        if self.operation == "Put":
            return self.item.get_save_kwargs_from_instance(
                condition=self.condition, return_values_on_condition_failure=on_failure
            )
        if self.operation == "Update":
            return self.item.get_update_kwargs_from_instance(
                actions=list(self.actions),
                condition=self.condition,
                return_values_on_condition_failure=on_failure,
            )
        return self.item.get_delete_kwargs_from_instance(
            condition=self.condition, return_values_on_condition_failure=on_failure
        )


def put(item: Item, condition: Condition | None = None, *, refuse: Refuse | None = None) -> Write:
    """Write a whole row. `refuse(old row or None)` makes the refusal of a failed condition."""
    return Write("Put", item, (), condition, refuse)


def create(item: Item, *, refuse: Refuse | None = None) -> Write:
    """Write a row that must not exist yet."""
    return Write("Put", item, (), type(item).pk.does_not_exist(), refuse)


def update(
    item: Item,
    actions: Sequence[Action],
    condition: Condition | None = None,
    *,
    refuse: Refuse | None = None,
) -> Write:
    """Change parts of the row that `item`'s keys name."""
    return Write("Update", item, tuple(actions), condition, refuse)


def delete(
    item: Item, condition: Condition | None = None, *, refuse: Refuse | None = None
) -> Write:
    """Remove the row that `item`'s keys name."""
    return Write("Delete", item, (), condition, refuse)


def check(item: Item, condition: Condition, *, refuse: Refuse | None = None) -> Write:
    """Require something of a row without changing it."""
    return Write("ConditionCheck", item, (), condition, refuse)


def commit(writes: Sequence[Write]) -> None:
    """Write all or nothing, in one round trip.

    Raises the refusal of the first write whose condition failed (`ConditionFailed` where it named
    none; refusals of one kind are joined), or `Busy` when conflicts outlast the attempts. A list
    of one write is sent as the plain operation, which costs half.
    """
    assert writes, "nothing to commit"
    assert len(writes) <= WRITES_MAX, "a transaction may have 100 writes; the caller must refuse"
    if len(writes) == 1 and writes[0].operation != "ConditionCheck":
        _commit_one(writes[0])
        return
    operations = [{write.operation: write.arguments()} for write in writes]
    request = {"TransactItems": operations, "ClientRequestToken": _token(operations)}
    _persist(lambda: _dispatch("TransactWriteItems", request, writes))


def _commit_one(write: Write) -> None:
    operation = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}[write.operation]
    arguments = write.arguments()
    _persist(lambda: _dispatch(operation, dict(arguments), (write,)))


def _dispatch(operation: str, request: dict[str, Any], writes: Sequence[Write]) -> bool:
    """Send once. True when it is done, False when it may be tried again; else raises."""
    try:
        connection().dispatch(operation, request)
    except VerboseClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            cause = error.__cause__
            answer: dict[str, Any] = dict(cause.response) if isinstance(cause, ClientError) else {}
            old = answer.get("Item")
            raise _refusal([(0, writes[0], old)]) from error
        if code == "TransactionCanceledException":
            return _canceled(error, writes)
        if code in RETRIED_ERRORS:
            return False
        raise
    except BotoCoreError as error:
        raise Busy from error
    return True


def _canceled(error: VerboseClientError, writes: Sequence[Write]) -> bool:
    reasons = error.cancellation_reasons
    failed = [
        (position, writes[position], reason.raw_item)
        for position, reason in enumerate(reasons)
        if reason is not None and reason.code == "ConditionalCheckFailed"
    ]
    if failed:
        raise _refusal(failed) from error
    if any(reason is not None and reason.code in RETRIED_REASONS for reason in reasons):
        return False
    raise error


def _refusal(failed: Sequence[tuple[int, Write, dict[str, Any] | None]]) -> Refusal:
    refusals: list[Refusal] = []
    for position, write, raw in failed:
        old = type(write.item).from_raw_data(raw) if raw else None
        refusals.append(write.refuse(old) if write.refuse else ConditionFailed(position, old))
    first = refusals[0]
    return first.joined([other for other in refusals[1:] if type(other) is type(first)])


def _persist(attempt: Callable[[], bool]) -> None:
    for number in range(ATTEMPTS_MAX):
        if attempt():
            return
        if number < ATTEMPTS_MAX - 1:
            pause(number)
    raise Busy


def pause(attempt: int) -> None:
    """Wait before the next attempt: full jitter under a doubling ceiling."""
    ceiling_ms = min(BACKOFF_FIRST_MS * 2**attempt, BACKOFF_MAX_MS)
    time.sleep(ceiling_ms * (ids.random_bits(16) / 65_536) / 1_000)


def _token(operations: list[dict[str, Any]]) -> str:
    """DynamoDB's own replay guard within ten minutes: the same bytes are applied once."""
    return hashlib.sha256(msgspec.json.encode(operations)).hexdigest()[:36]
