"""Bad weather between the code and AWS: throttles, conflicts, lost answers, parts left undone.

It stands where botocore sends, below everything of ours, so botocore's parsing and our own retries
are the real ones; what arrives is answered by the quick cloud.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.httpsession import URLLib3Session

from chalicelib.aws import observe, retries
from tests.makers.quick import Cloud

THROTTLE, CONFLICT, LOST, SLOW, UNSENT, PART = (
    "throttle",
    "conflict",
    "answer lost",
    "answer too late",
    "never sent",
    "part left undone",
)
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
BATCHES = {"BatchGetItem", "BatchWriteItem", "PutEvents", "SendMessageBatch"}
EVERYTHING_AT_ONCE = {
    THROTTLE: 0.30,
    CONFLICT: 0.10,
    LOST: 0.04,
    SLOW: 0.01,
    UNSENT: 0.02,
    PART: 0.10,
}
"""How often a call meets each; conflicts meet writes alone, parts batches alone."""

SERVICES = {"DynamoDB_20120810": "dynamodb", "AWSEvents": "events", "AmazonSQS": "sqs"}
TARGETS = set(SERVICES.values())
THROUGH = BaseClient._make_api_call
"""botocore's own, whatever stands in its place while a test runs."""

Choose = Callable[[str, dict[str, Any]], str]


@dataclass
class Weather:
    """`choose(operation, body)` names the fault that a call meets, or "" for none.

    `done(operation, body, answer)` hears of what was done, although its answer may be lost.
    """

    choose: Choose
    done: Callable[[str, dict[str, Any], dict[str, Any]], None] = lambda *_: None
    is_bad: bool = True
    met: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    repeats: list[int] = field(default_factory=list)
    slept_s: float = 0.0
    chance: Random = field(default_factory=lambda: Random(1))

    @contextmanager
    def over(self, cloud: Cloud) -> Iterator["Weather"]:
        """Let it blow over the code that runs inside of a function, on a clock of its own."""
        straight, persist = BaseClient._make_api_call, retries.persist

        def call(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            is_weathered = observe.running() and client.meta.service_model.service_name in TARGETS
            return (THROUGH if is_weathered else straight)(client, operation, params)

        def send(_: URLLib3Session, request: Any) -> AWSResponse:
            return self._meet(cloud, request)

        def counted(attempt: Callable[[bool], Any]) -> Any:
            sent = 0

            def once(in_doubt: bool) -> Any:
                nonlocal sent
                sent += 1
                return attempt(in_doubt)

            try:
                return persist(once)
            finally:
                self.repeats.append(max(sent - 1, 0))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", call)
            patch.setattr(URLLib3Session, "send", send)
            patch.setattr(retries, "persist", counted)
            patch.setattr(retries, "now_s", lambda: self.slept_s)
            patch.setattr(retries, "sleep_s", self._sleep)
            yield self

    def _sleep(self, seconds: float) -> None:
        self.slept_s += seconds

    def _meet(self, cloud: Cloud, request: Any) -> AWSResponse:
        target, _, name = _text(request.headers["X-Amz-Target"]).partition(".")
        body, url = json.loads(request.body), request.url
        self.sent[name] += 1
        fault = self.choose(name, body) if self.is_bad else ""
        if fault:
            self.met[fault] += 1

        def go(asked: dict[str, Any]) -> AWSResponse:
            return _answered_by(cloud, SERVICES[target], name, asked, url)

        match fault:
            case "throttle":
                return _answer(url, 400, _throttle(name))
            case "conflict":
                return _answer(url, 400, _conflict(name, body))
            case "never sent":
                raise EndpointConnectionError(endpoint_url=url)
            case "part left undone":
                return self._part(name, body, url, go)
        answer = go(body)
        if name in {"PutEvents", "SendMessageBatch"}:
            self.done(name, body, json.loads(answer.raw.getvalue()))
        if fault == LOST:
            raise ConnectionClosedError(endpoint_url=url)
        if fault == SLOW:
            self.slept_s += retries.READ_TIMEOUT_S
            raise ReadTimeoutError(endpoint_url=url)
        return answer

    def _part(
        self, name: str, body: dict[str, Any], url: str, go: Callable[[dict[str, Any]], AWSResponse]
    ) -> AWSResponse:
        """Do some of a batch; at least one entry is left."""
        if name in {"PutEvents", "SendMessageBatch"}:
            left = self._some(len(body["Entries"]))
            content = (_events if name == "PutEvents" else _messages)(body["Entries"], left)
            self.done(name, body, content)
            return _answer(url, 200, content)
        key = "UnprocessedKeys" if name == "BatchGetItem" else "UnprocessedItems"
        done: dict[str, Any] = {}
        undone: dict[str, Any] = {}
        for table, asked in body["RequestItems"].items():
            entries = asked["Keys"] if name == "BatchGetItem" else asked
            left = self._some(len(entries))
            for chosen, into in ((left, undone), (set(range(len(entries))) - left, done)):
                kept = [entry for place, entry in enumerate(entries) if place in chosen]
                if kept:
                    into[table] = {**asked, "Keys": kept} if name == "BatchGetItem" else kept
        content: dict[str, Any] = {"Responses": {}}
        if done:
            content = json.loads(go({**body, "RequestItems": done}).raw.getvalue())
        return _answer(url, 200, {**content, key: undone})

    def _some(self, count: int) -> set[int]:
        return set(self.chance.sample(range(count), self.chance.randint(1, count)))


def _answered_by(
    cloud: Cloud, service: str, name: str, body: dict[str, Any], url: str
) -> AWSResponse:
    try:
        return _answer(url, 200, cloud.call(service, name, body))
    except ClientError as error:
        response: dict[str, Any] = dict(error.response)
        code = response.pop("Error")["Code"]
        response.pop("ResponseMetadata")
        return _answer(url, 400, {"__type": f"com.amazonaws#{code}", **response})


def by_chance(chance: Random, shares: Mapping[str, float] = EVERYTHING_AT_ONCE) -> Choose:
    """Let each call meet a fault by its share."""

    def choose(name: str, body: dict[str, Any]) -> str:
        del body
        drawn = chance.random()
        for fault, share in shares.items():
            if fault == CONFLICT and name not in WRITES:
                continue
            if fault == PART and name not in BATCHES:
                continue
            if drawn < share:
                return fault
            drawn -= share
        return ""

    return choose


def first(times: int, fault: str, *names: str) -> Choose:
    """Let the first calls of these operations meet a fault."""
    left = [times]

    def choose(name: str, body: dict[str, Any]) -> str:
        del body
        if name not in names or not left[0]:
            return ""
        left[0] -= 1
        return fault

    return choose


def _throttle(name: str) -> dict[str, Any]:
    of_dynamodb = name not in {"PutEvents", "SendMessageBatch"}
    code = "ProvisionedThroughputExceededException" if of_dynamodb else "ThrottlingException"
    return {"__type": f"com.amazonaws#{code}", "message": "Rate exceeded"}


def _conflict(name: str, body: dict[str, Any]) -> dict[str, Any]:
    if name != "TransactWriteItems":
        return {"__type": "com.amazonaws#TransactionConflictException", "message": "ongoing"}
    reasons = [{"Code": "None"} for _ in body["TransactItems"]]
    reasons[0] = {"Code": "TransactionConflict", "Message": "ongoing for the item"}
    return {
        "__type": "com.amazonaws#TransactionCanceledException",
        "message": "Transaction cancelled, please refer cancellation reasons",
        "CancellationReasons": reasons,
    }


def _events(entries: list[Any], left: set[int]) -> dict[str, Any]:
    told = [
        {"ErrorCode": "ThrottlingException", "ErrorMessage": ""}
        if place in left
        else {"EventId": str(place)}
        for place in range(len(entries))
    ]
    return {"FailedEntryCount": len(left), "Entries": told}


def _messages(entries: list[Any], left: set[int]) -> dict[str, Any]:
    taken, failed = [], []
    for place, entry in enumerate(entries):
        if place in left:
            failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "ServiceUnavailable"})
        else:
            taken.append({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": ""})
    return {"Successful": taken, "Failed": failed}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _answer(url: str, status: int, content: dict[str, Any]) -> AWSResponse:
    raw: Any = _Raw(json.dumps(content).encode())
    return AWSResponse(url, status, {"content-type": "application/x-amz-json-1.0"}, raw)


class _Raw(io.BytesIO):
    """What botocore reads an answer's body from."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()
