"""moto without its wire: the same tables and rules, a tenth of the time.

botocore's and moto's serializers take most of a test's time and prove nothing here, so calls are
handed to moto's own handlers as Python values. Beyond moto, a transaction's token is honoured for
ten minutes, as DynamoDB does, and a transaction copies only the partitions that it names.
"""

import copy
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import JsonRESTError
from moto.dynamodb import models, responses
from moto.dynamodb.models import table as table_module
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from chalicelib.kernel import clock
from tests.makers import rows
from tests.makers.stage import REGION

TOKEN_TTL_S = 600
METHODS = {
    "BatchGetItem": DynamoHandler.batch_get_item,
    "BatchWriteItem": DynamoHandler.batch_write_item,
    "DeleteItem": DynamoHandler.delete_item,
    "GetItem": DynamoHandler.get_item,
    "PutItem": DynamoHandler.put_item,
    "Query": DynamoHandler.query,
    "Scan": DynamoHandler.scan,
    "TransactGetItems": DynamoHandler.transact_get_items,
    "TransactWriteItems": DynamoHandler.transact_write_items,
    "UpdateItem": DynamoHandler.update_item,
}
Saved = dict[str, dict[Any, Any]]


class Engine:
    """Inside `with engine.running():` every AWS call of this process is answered in process."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[float, str]] = {}

    @contextmanager
    def running(self) -> Iterator["Engine"]:
        transact = models.DynamoDBBackend.transact_write_items

        def quick(backend: Any, items: list[dict[str, Any]]) -> None:
            _named.clear()
            for item in items:
                (op,) = item.values()
                table = backend.tables[op["TableName"]]
                keys = op["Key"] if "Key" in op else op["Item"]
                _named[id(table)].append(keys[table.hash_key_attr])
            _copies.clear()
            transact(backend, items)

        def answered(client: Any, operation: str, params: dict[str, Any]) -> Any:
            return self._answer(client.meta.service_model.service_name, operation, params)

        query = Table.query

        def quick_query(table: Table, *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("index_name"):
                ((name, wanted),) = kwargs["hash_key_conditions"]
                _wanted.append((name, wanted.value))
            try:
                return query(table, *args, **kwargs)
            finally:
                _wanted.clear()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Table, "query", quick_query)
            patch.setattr(Table, "all_items", _all_items)
            patch.setattr(DynamoType, "cast_value", property(_cast_value))
            patch.setattr(BaseClient, "_make_api_call", answered)
            for module in (models, table_module, responses):
                patch.setattr(module, "copy", _Copier)
            patch.setattr(responses, "dynamo_to_dict", _plain)
            patch.setattr(models.DynamoDBBackend, "transact_write_items", quick)
            patch.setattr(LimitedSizeDict, "__setitem__", dict.__setitem__)
            patch.setattr(rows, "_rows", raw_rows)
            yield self

    def save(self) -> Saved:
        """Copy every row of every table, to begin each seed from."""
        return {name: _rows_of(table) for name, table in _tables().items()}

    def restore(self, saved: Saved) -> None:
        """Make the tables what they were when they were saved."""
        self._tokens.clear()
        for name, table in _tables().items():
            table.items = defaultdict(dict)
            for place, own in saved[name].items():
                table.items[place] = {key: _row(row) for key, row in own.items()}

    def _answer(self, service: str, operation: str, params: dict[str, Any]) -> Any:
        match service:
            case "events":
                return {"Entries": [{"EventId": "event"} for _ in params["Entries"]]}
            case "ses":
                return {"MessageId": "mail"}
            case "sqs":
                return {"Successful": [{"Id": one["Id"]} for one in params["Entries"]]}
            case "dynamodb" if self._was_done(operation, params):
                return {}
            case "dynamodb":
                answer = _handled(operation, params)
                self._note(operation, params)
                return answer
        raise AssertionError(f"{service}.{operation} is no part of the simulator")

    def _was_done(self, operation: str, params: dict[str, Any]) -> bool:
        if operation != "TransactWriteItems":
            return False
        at, sent = self._tokens.get(params.get("ClientRequestToken", ""), (0.0, ""))
        return clock.now().timestamp() - at < TOKEN_TTL_S and sent == repr(params)

    def _note(self, operation: str, params: dict[str, Any]) -> None:
        if operation == "TransactWriteItems" and "ClientRequestToken" in params:
            at = clock.now().timestamp()
            self._tokens[params["ClientRequestToken"]] = (at, repr(params))


def raw_rows(table: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Every row of a table as DynamoDB keeps it: (pk, sk) -> row."""
    found = {}
    for own in _tables()[table].items.values():
        for row in own.values():
            attrs = row.attrs
            place = (attrs["pk"].value, attrs["sk"].value)
            found[place] = {name: {one.type: one.value} for name, one in attrs.items()}
    return found


def rows_of(table: str) -> list[Any]:
    """moto's own rows, for looks that must be cheap."""
    return [row for own in _tables()[table].items.values() for row in own.values()]


def _handled(operation: str, params: dict[str, Any]) -> Any:
    handler = DynamoHandler()
    handler.body = handler.params = params
    handler.region, handler.current_account = REGION, DEFAULT_ACCOUNT_ID
    try:
        return METHODS[operation](handler).result
    except JsonRESTError as error:
        told = json.loads(error.description)
        code = told["__type"].rpartition("#")[2]
        message = told.get("message") or told.get("Message") or ""
        answer = {name: told[name] for name in ("CancellationReasons", "Item") if name in told}
        status = {"HTTPStatusCode": 400, "HTTPHeaders": {}}
        said = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": status}
        raise ClientError(said | answer, operation) from None


_wanted: list[tuple[str, str]] = []
"""The attribute and value that a query of an index asks for."""
_slow_plain = responses.dynamo_to_dict
_slow_cast = DynamoType.cast_value.fget  # type: ignore[attr-defined]


def _all_items(table: Table) -> list[Any]:
    """moto's own, but only what a query may find, and sorted by plain texts."""
    found = [row for own in table.items.values() for row in own.values()]
    for name, value in _wanted:
        found = [row for row in found if name in row.attrs and row.attrs[name].value == value]
    return sorted(found, key=lambda row: (row.hash_key.value, row.range_key.value))


def _cast_value(one: DynamoType) -> Any:
    return one.value if one.type == "S" else _slow_cast(one)


_named: defaultdict[int, list[Any]] = defaultdict(list)
_copies: dict[int, Table] = {}


class _Copier:
    """Stands for the module `copy` in moto's DynamoDB: copies what a transaction may change."""

    copy = staticmethod(copy.copy)

    @staticmethod
    def deepcopy(value: Any) -> Any:
        if isinstance(value, Item):
            return _row(value)
        if isinstance(value, list) and value and isinstance(value[0], Item):
            return [_row(one) for one in value]
        if not isinstance(value, Table):
            return copy.deepcopy(value)
        if id(value) not in _copies:
            clone = copy.copy(value)
            clone.items = defaultdict(dict, value.items)
            for key in map(DynamoType, _named[id(value)]):
                if key in value.items:
                    own = value.items[key]
                    clone.items[key] = {name: _row(row) for name, row in own.items()}
            _copies[id(value)] = clone
        return _copies[id(value)]


def _tables() -> dict[str, Table]:
    return models.dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables


def _rows_of(table: Table) -> dict[Any, Any]:
    return {
        place: {key: _row(row) for key, row in own.items()} for place, own in table.items.items()
    }


def _row(row: Item) -> Item:
    """Copy a row not deeper than its attributes: no value of ours is changed in place."""
    clone = Item.__new__(Item)
    clone.hash_key, clone.range_key = row.hash_key, row.range_key
    clone.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(clone.attrs, row.attrs)
    return clone


def _plain(value: Any) -> Any:
    """moto's `dynamo_to_dict` for what our tables hold: texts, numbers, booleans."""
    kind = type(value)
    if kind is dict:
        return {name: _plain(one) for name, one in value.items()}
    if kind is DynamoType:
        return {value.type: _plain(value.value)}
    if kind is list:
        return [_plain(one) for one in value]
    return value if kind is str else _slow_plain(value)
