"""Reads: by exact key, by the batch over several tables at once, and by partition. Never a scan.

Reads of a table are strongly consistent, since an answer of Souk is in force at the next call;
reads of an index cannot be.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar, cast

from msgspec import Struct

from chalicelib.aws import retries
from chalicelib.aws.settings import settings
from chalicelib.aws.tables import Item, connection
from chalicelib.kernel.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor

BATCH_MAX = 100
QUERY_LIMIT_MAX = 1_000

I = TypeVar("I", bound=Item)  # noqa: E741 - an Item
Position = dict[str, dict[str, str]]


class Key(Struct, frozen=True):
    """The place of one row: its item class and keys."""

    item: type[Item]
    pk: str
    sk: str


class Rows(Struct, Generic[I], frozen=True):
    """Some rows of a partition; `position` is where the next query goes on (None at the end)."""

    items: list[I]
    position: Position | None


def get(item: type[I], pk: str, sk: str) -> I | None:
    """Read one row. One round trip."""
    request = {"TableName": item.table(), "Key": _key(pk, sk), "ConsistentRead": True}
    raw = _dispatch("GetItem", request).get("Item")
    return item.from_raw_data(raw) if raw else None


def batch(keys: Sequence[Key]) -> list[Any]:
    """Read rows of several tables in one round trip, in the order asked for; None where absent.

    At most 100 keys a round trip; more are read in as many as needed.
    """
    wanted = list(dict.fromkeys(keys))
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for start in range(0, len(wanted), BATCH_MAX):
        _batch_into(found, wanted[start : start + BATCH_MAX])
    rows = []
    for key in keys:
        raw = found.get((key.item.table(), key.pk, key.sk))
        rows.append(key.item.from_raw_data(raw) if raw else None)
    return rows


def query(
    item: type[I],
    pk: str,
    *,
    begins_with: str = "",
    between: tuple[str, str] | None = None,
    index: str = "",
    limit: int = QUERY_LIMIT_MAX,
    forward: bool = True,
    start: Position | None = None,
    attributes: Sequence[str] = (),
) -> Rows[I]:
    """Read one page of a partition in key order. One round trip.

    `attributes` names those to read where not all are wanted.

    `begins_with` or `between` (both ends included) narrow the sort key; `index` is `by_owner`,
    `by_state` or `by_due`. DynamoDB ends a page at 1 MB, so a page may be shorter than `limit` and still go on.
    """
    hash_name, range_name = _names(index)
    request: dict[str, Any] = {
        "TableName": item.table(),
        "KeyConditionExpression": "#h = :h",
        "ExpressionAttributeNames": {"#h": hash_name},
        "ExpressionAttributeValues": {":h": {"S": pk}},
        "Limit": limit,
        "ScanIndexForward": forward,
    }
    if begins_with:
        request["KeyConditionExpression"] += " AND begins_with(#r, :r)"
        request["ExpressionAttributeNames"]["#r"] = range_name
        request["ExpressionAttributeValues"][":r"] = {"S": begins_with}
    elif between:
        request["KeyConditionExpression"] += " AND #r BETWEEN :r AND :s"
        request["ExpressionAttributeNames"]["#r"] = range_name
        request["ExpressionAttributeValues"] |= {":r": {"S": between[0]}, ":s": {"S": between[1]}}
    if index:
        request["IndexName"] = index
    else:
        request["ConsistentRead"] = True
    if start:
        request["ExclusiveStartKey"] = start
    if attributes:
        request["ProjectionExpression"] = ",".join(f"#{name}" for name in attributes)
        request["ExpressionAttributeNames"] |= {f"#{name}": name for name in attributes}
    answer = _dispatch("Query", request)
    items = [item.from_raw_data(raw) for raw in answer.get("Items", ())]
    return Rows(items, answer.get("LastEvaluatedKey"))


def page(
    item: type[I],
    pk: str,
    *,
    scope: str,
    limit: int = PAGE_SIZE,
    cursor: str = "",
    begins_with: str = "",
    between: tuple[str, str] | None = None,
    index: str = "",
    forward: bool = True,
) -> Page[I]:
    """Read one page of a list with an opaque cursor that fits `scope` alone. One round trip.

    `scope` names the list and its owner. Refuses `request.bad_cursor`.
    """
    secret = settings().token_secret
    start = decode_cursor(cursor, scope=scope, secret=secret) if cursor else None
    rows = query(
        item,
        pk,
        begins_with=begins_with,
        between=between,
        index=index,
        limit=limit,
        forward=forward,
        start=start,
    )
    after = encode_cursor(rows.position, scope=scope, secret=secret) if rows.position else None
    return Page(rows.items, after)


def query_all(item: type[I], pk: str, *, begins_with: str = "", index: str = "") -> Iterable[I]:
    """Read a whole partition, page after page. For workers; a route reads pages."""
    start: Position | None = None
    while True:
        rows = query(item, pk, begins_with=begins_with, index=index, start=start)
        yield from rows.items
        start = rows.position
        if start is None:
            return


def _batch_into(found: dict[tuple[str, str, str], dict[str, Any]], keys: Sequence[Key]) -> None:
    pending: dict[str, Any] = {}
    for key in keys:
        table = pending.setdefault(key.item.table(), {"Keys": [], "ConsistentRead": True})
        table["Keys"].append(_key(key.pk, key.sk))

    def send(_: bool) -> None:
        nonlocal pending
        answer = connection().dispatch("BatchGetItem", {"RequestItems": pending})
        for table, raws in answer["Responses"].items():
            for raw in raws:
                found[(table, raw["pk"]["S"], raw["sk"]["S"])] = raw
        pending = answer.get("UnprocessedKeys") or {}
        if pending:
            raise retries.LeftOver

    retries.persist(send)


def _dispatch(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    def send(_: bool) -> dict[str, Any]:
        return cast("dict[str, Any]", connection().dispatch(operation, dict(request)))

    return retries.persist(send)


def _key(pk: str, sk: str) -> Position:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _names(index: str) -> tuple[str, str]:
    return {
        "": ("pk", "sk"),
        "by_owner": ("owner", "owner_at"),
        "by_state": ("state_owner", "owner_at"),
        "by_due": ("due_shard", "due_at"),
    }[index]
