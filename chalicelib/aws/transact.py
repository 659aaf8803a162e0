"""Transactions: a list of conditional writes that rooms contribute, committed whole or not at all.

Each write may name the refusal that its failed condition means. Conflicts, throttles and lost
answers are tried again here (`retries`), so that everything above may assume that a commit either
happened or refused.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError
from msgspec import Struct
from pynamodb.exceptions import VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.aws import retries
from chalicelib.aws.tables import Item, connection
from chalicelib.kernel import ids
from chalicelib.kernel.errors import Conflict, Refusal

WRITES_MAX = 100
BATCH_MAX = 25

Refuse = Callable[[Any], Refusal]
_CLAUSE = re.compile(r"(#\w+) = (:\w+)")


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
    of one write is sent as the plain operation, which costs half, where a repeat of it can be told
    from the first time; what adds to a value goes with a token even then.
    """
    assert writes, "nothing to commit"
    assert len(writes) <= WRITES_MAX, "a transaction may have 100 writes; the caller must refuse"
    arguments = [write.arguments() for write in writes]
    if len(writes) == 1 and _is_repeatable(writes[0], arguments[0]):
        _commit_one(writes[0], arguments[0])
        return
    operations = [{write.operation: one} for write, one in zip(writes, arguments, strict=True)]
    request = {"TransactItems": operations, "ClientRequestToken": _token(operations)}
    retries.persist(lambda _: _send(request, writes))


def put_all(items: Iterable[Item]) -> None:
    """Write whole rows of one table, each by itself and unconditionally, 25 a round trip."""
    rows = list(items)
    for start in range(0, len(rows), BATCH_MAX):
        chunk = rows[start : start + BATCH_MAX]
        _put_batch({chunk[0].table(): [{"PutRequest": _row(one)} for one in chunk]})


def _row(item: Item) -> dict[str, Any]:
    return {"Item": item.serialize()}


def _put_batch(pending: dict[str, Any]) -> None:
    def send(_: bool) -> None:
        nonlocal pending
        answer = connection().dispatch("BatchWriteItem", {"RequestItems": pending})
        pending = answer.get("UnprocessedItems") or {}
        if pending:
            raise retries.LeftOver

    retries.persist(send)


def _is_repeatable(write: Write, arguments: dict[str, Any]) -> bool:
    """Whether doing it twice is doing it once, or the row then shows that it was done."""
    if write.operation == "Update":
        return _clauses(arguments) is not None
    return write.operation in {"Put", "Delete"}


def _clauses(arguments: dict[str, Any]) -> list[tuple[str, str]] | None:
    """The names and values of an update that only sets values; None for one that computes."""
    kind, _, rest = arguments["UpdateExpression"].partition(" ")
    parts = [_CLAUSE.fullmatch(part) for part in rest.split(", ")]
    if kind != "SET" or not all(parts):
        return None
    return [(part.group(1), part.group(2)) for part in parts if part]


def _commit_one(write: Write, arguments: dict[str, Any]) -> None:
    """A plain operation has no token: when an answer was lost and the repeat's condition fails on
    a row that is what this write makes, then the write was done.
    """
    operation = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}[write.operation]

    def send(in_doubt: bool) -> None:
        try:
            connection().dispatch(operation, dict(arguments))
        except VerboseClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            cause = error.__cause__
            answer: dict[str, Any] = dict(cause.response) if isinstance(cause, ClientError) else {}
            old = answer.get("Item")
            if in_doubt and _shows(write, arguments, old):
                return
            raise _refusal([(0, write, old)]) from error

    retries.persist(send)


def _shows(write: Write, arguments: dict[str, Any], row: dict[str, Any] | None) -> bool:
    """Whether the row is what the write makes of it."""
    if write.operation == "Put":
        return bool(row == arguments["Item"])
    if write.operation == "Delete" or row is None:
        return write.operation == "Delete" and row is None
    names = arguments["ExpressionAttributeNames"]
    values = arguments["ExpressionAttributeValues"]
    clauses = _clauses(arguments) or []
    return all(row.get(names[name]) == values[value] for name, value in clauses)


def _send(request: dict[str, Any], writes: Sequence[Write]) -> None:
    try:
        connection().dispatch("TransactWriteItems", dict(request))
    except VerboseClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        failed = [
            (position, writes[position], reason.raw_item)
            for position, reason in enumerate(error.cancellation_reasons)
            if reason is not None and reason.code == "ConditionalCheckFailed"
        ]
        if failed:
            raise _refusal(failed) from error
        raise


def _refusal(failed: Sequence[tuple[int, Write, dict[str, Any] | None]]) -> Refusal:
    refusals: list[Refusal] = []
    for position, write, raw in failed:
        old = type(write.item).from_raw_data(raw) if raw else None
        refusals.append(write.refuse(old) if write.refuse else ConditionFailed(position, old))
    first = refusals[0]
    return first.joined([other for other in refusals[1:] if type(other) is type(first)])


def _token(operations: list[dict[str, Any]]) -> str:
    """DynamoDB's own replay guard within ten minutes: the same bytes are applied once.

    Except where one write adds to a value: the same bytes may be meant twice.
    """
    if len(operations) == 1:
        return ids.ulid()
    return hashlib.sha256(msgspec.json.encode(operations)).hexdigest()[:36]
