"""DynamoDB's tables in this process."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.kernel import clock
from infra.wiring import INDEXES
from tests.makers.quick import expressions
from tests.makers.quick.expressions import NoSuchAttribute, Row, Terms

TOKEN_LIVES_S = 600
TRANSACTION_MAX, BATCH_GET_MAX, BATCH_WRITE_MAX = 100, 100, 25
Place = tuple[str, str]
Table = dict[Place, Row]


class Tables:
    """Every table, each from its keys to its rows. A table is there once it is used.

    As in DynamoDB, a transaction whose token was applied within ten minutes is a success that does
    nothing.
    """

    def __init__(self) -> None:
        self.rows: dict[str, Table] = defaultdict(dict)
        self.tokens: dict[str, datetime] = {}
        self.saved_by_tokens = 0
        """How many repeats would have been applied again, had they come ten minutes later."""

    def put_aside(self) -> Any:
        return {name: dict(table) for name, table in self.rows.items()}, dict(self.tokens)

    def bring_back(self, kept: Any) -> None:
        rows, tokens = kept
        self.rows = defaultdict(dict, {name: dict(table) for name, table in rows.items()})
        self.tokens = dict(tokens)

    def knows(self, token: str) -> bool:
        """Whether a transaction with this token was applied not long ago."""
        applied_at = self.tokens.get(token)
        return bool(applied_at) and (clock.now() - applied_at).total_seconds() < TOKEN_LIVES_S

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "GetItem": self._get,
            "BatchGetItem": self._get_batch,
            "Query": self._query,
            "Scan": self._scan,
            "BatchWriteItem": self._write_batch,
            "TransactWriteItems": self._transact,
        }
        if operation in answers:
            return answers[operation](params)
        kind = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}[operation]
        try:
            self._apply(kind, params)
        except _Refused as refused:
            raise refused.alone(operation) from None
        return {}

    def _get(self, params: dict[str, Any]) -> dict[str, Any]:
        row = self.rows[params["TableName"]].get(_place(params["Key"]))
        return {} if row is None else {"Item": dict(row)}

    def _get_batch(self, params: dict[str, Any]) -> dict[str, Any]:
        asked = {name: one["Keys"] for name, one in params["RequestItems"].items()}
        assert sum(map(len, asked.values())) <= BATCH_GET_MAX
        found: dict[str, list[Any]] = {}
        for name, keys in asked.items():
            places = [_place(key) for key in keys]
            assert len(set(places)) == len(places), "DynamoDB refuses a key that is asked twice"
            rows = [self.rows[name].get(place) for place in places]
            found[name] = [dict(row) for row in rows if row is not None]
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, params: dict[str, Any]) -> dict[str, Any]:
        terms = Terms(params)
        hash_name, range_name = INDEXES.get(params.get("IndexName", ""), ("pk", "sk"))
        assert params["KeyConditionExpression"].startswith("#h = :h"), "the partition comes first"
        assert "FilterExpression" not in params, "Souk filters nothing that it reads"
        wanted = expressions.condition(params["KeyConditionExpression"])
        found = [
            (row[range_name]["S"], *place)
            for place, row in self.rows[params["TableName"]].items()
            if hash_name in row and range_name in row and wanted(row, terms)
        ]
        found.sort(reverse=not params.get("ScanIndexForward", True))
        start = params.get("ExclusiveStartKey")
        if start:
            after = (start[range_name]["S"], *_place(start))
            is_forward = params.get("ScanIndexForward", True)
            found = [key for key in found if (key > after if is_forward else key < after)]
        limit = params.get("Limit", len(found) + 1)
        rows = [self.rows[params["TableName"]][key[1:]] for key in found[:limit]]
        answer: dict[str, Any] = {"Items": [_projected(row, params, terms) for row in rows]}
        if len(found) >= limit:
            keys = {"pk", "sk", hash_name, range_name}
            answer["LastEvaluatedKey"] = {name: rows[-1][name] for name in keys}
        return answer | {"Count": len(rows)}

    def _scan(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"Items": [dict(row) for row in self.rows[params["TableName"]].values()]}

    def _write_batch(self, params: dict[str, Any]) -> dict[str, Any]:
        writes = [
            (kind, {"TableName": name, **request})
            for name, requests in params["RequestItems"].items()
            for one in requests
            for kind, request in one.items()
        ]
        assert len(writes) <= BATCH_WRITE_MAX
        for kind, request in writes:
            self._apply(kind.removesuffix("Request"), request)
        return {"UnprocessedItems": {}}

    def _transact(self, params: dict[str, Any]) -> dict[str, Any]:
        writes = [pair for one in params["TransactItems"] for pair in one.items()]
        assert len(writes) <= TRANSACTION_MAX
        token, now = params["ClientRequestToken"], clock.now()
        if self.knows(token):
            self.saved_by_tokens += not any(self._refusals(writes))
            return {}
        places = [(request["TableName"], _place_of(kind, request)) for kind, request in writes]
        assert len(set(places)) == len(places), "DynamoDB refuses two writes of one row"
        refusals = self._refusals(writes)
        if any(refusals):
            raise _cancelled(refusals)
        for kind, request in writes:
            self._apply(kind, request)
        self.tokens[token] = now
        return {}

    def _refusals(self, writes: Sequence[tuple[str, Any]]) -> "list[_Refused | None]":
        found: list[_Refused | None] = []
        for kind, request in writes:
            try:
                self._judge(kind, request)
            except _Refused as refused:
                found.append(refused)
            else:
                found.append(None)
        return found

    def _apply(self, kind: str, request: Mapping[str, Any]) -> None:
        after = self._judge(kind, request)
        table, place = self.rows[request["TableName"]], _place_of(kind, request)
        if kind == "Delete":
            table.pop(place, None)
        elif after is not None:
            table[place] = after

    def _judge(self, kind: str, request: Mapping[str, Any]) -> Row | None:
        """The row as a write makes it; None where it makes none."""
        old = self.rows[request["TableName"]].get(_place_of(kind, request))
        terms = Terms(request)
        expression = request.get("ConditionExpression")
        if expression and not expressions.condition(expression)(old or {}, terms):
            is_told = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            raise _Refused("ConditionalCheckFailed", dict(old) if old and is_told else None)
        if kind == "Put":
            return dict(request["Item"])
        if kind != "Update":
            return None
        row = dict(old or request["Key"])
        try:
            changes = [
                change(old or {}, terms)
                for change in expressions.update(request["UpdateExpression"])
            ]
        except NoSuchAttribute:
            raise _Refused("ValidationError", None) from None
        for name, value in changes:
            if value is None:
                row.pop(name, None)
            else:
                row[name] = value
        return row


class _Refused(Exception):
    """A write that cannot be: why, and the row that stood there."""

    def __init__(self, code: str, old: Row | None) -> None:
        super().__init__(code)
        self.code, self.old = code, old

    def alone(self, operation: str) -> ClientError:
        code = {"ValidationError": "ValidationException"}.get(self.code, f"{self.code}Exception")
        return _error(code, operation, {} if self.old is None else {"Item": self.old})

    def reason(self) -> dict[str, Any]:
        told = {} if self.old is None else {"Item": self.old}
        return {"Code": self.code, "Message": "The conditional request failed", **told}


def _cancelled(refusals: list[_Refused | None]) -> ClientError:
    reasons = [{"Code": "None"} if one is None else one.reason() for one in refusals]
    more = {"CancellationReasons": reasons}
    return _error("TransactionCanceledException", "TransactWriteItems", more)


def _error(code: str, operation: str, more: dict[str, Any]) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {}, **more}
    return ClientError(response, operation)


def _place(key: Mapping[str, Any]) -> Place:
    place = key["pk"]["S"], key["sk"]["S"]
    assert all(place), "DynamoDB refuses an empty key"
    return place


def _place_of(kind: str, request: Mapping[str, Any]) -> Place:
    return _place(request["Item"] if kind == "Put" else request["Key"])


def _projected(row: Row, params: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    if "ProjectionExpression" not in params:
        return dict(row)
    names = [terms.name(word.strip()) for word in params["ProjectionExpression"].split(",")]
    return {name: row[name] for name in names if name in row}
