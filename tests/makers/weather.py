"""Bad weather between the code and AWS: throttles, conflicts, lost answers, parts left undone.

It stands where botocore sends, below everything of ours, so botocore's parsing and our own retries
are the real ones. moto forgets the tokens of transactions; here a token is honoured as DynamoDB
does: a repeat is answered as the first time and not done again.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from chalicelib.aws import observe, retries

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

Send = Callable[[Any, dict[str, Any]], Any]
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
    _tokens: dict[str, tuple[Any, AWSResponse]] = field(default_factory=dict)

    @contextmanager
    def over(self) -> Iterator["Weather"]:
        """Let it blow over the code that runs inside of a function, on a clock of its own."""
        send, persist = BotocoreStubber.__call__, retries.persist

        def blown(stub: Any, event_name: str, request: Any, **kwargs: Any) -> Any:
            operation = request.headers.get("X-Amz-Target", "")
            name = operation.decode() if isinstance(operation, bytes) else operation
            name = name.rpartition(".")[2]

            def go(body: dict[str, Any]) -> Any:
                request.body = json.dumps(body).encode()
                return send(stub, event_name, request, **kwargs)

            if not name or not observe.running():
                return send(stub, event_name, request, **kwargs)
            return self._meet(name, request, go)

        def counted(call: Callable[[bool], Any]) -> Any:
            sent = 0

            def once(in_doubt: bool) -> Any:
                nonlocal sent
                sent += 1
                return call(in_doubt)

            try:
                return persist(once)
            finally:
                self.repeats.append(max(sent - 1, 0))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BotocoreStubber, "__call__", blown)
            patch.setattr(retries, "persist", counted)
            patch.setattr(retries, "now_s", lambda: self.slept_s)
            patch.setattr(retries, "sleep_s", self._sleep)
            yield self

    def _sleep(self, seconds: float) -> None:
        self.slept_s += seconds

    def _meet(self, name: str, request: Any, go: Callable[[dict[str, Any]], Any]) -> Any:
        body = json.loads(request.body)
        self.sent[name] += 1
        fault = self.choose(name, body) if self.is_bad else ""
        url = request.url
        if fault:
            self.met[fault] += 1
        match fault:
            case "throttle":
                return _error(url, _throttle(name))
            case "conflict":
                return _error(url, _conflict(name, body))
            case "never sent":
                raise EndpointConnectionError(endpoint_url=url)
            case "part left undone":
                return self._part(name, body, url, go)
        answer = self._once(name, body, url, go)
        if name in {"PutEvents", "SendMessageBatch"}:
            content = _content(answer)
            self.done(name, body, content)
            answer = _answer(url, answer.status_code, content)
        if fault in {LOST, SLOW}:
            if fault == SLOW:
                self.slept_s += retries.READ_TIMEOUT_S
                raise ReadTimeoutError(endpoint_url=url)
            raise ConnectionClosedError(endpoint_url=url)
        return answer

    def _once(
        self, name: str, body: dict[str, Any], url: str, go: Callable[[dict[str, Any]], Any]
    ) -> Any:
        token = body.get("ClientRequestToken") if name == "TransactWriteItems" else None
        if token is None:
            return go(body)
        if token in self._tokens:
            items, content = self._tokens[token]
            if items != body["TransactItems"]:
                return _error(url, {"__type": "x#IdempotentParameterMismatchException"})
            return _answer(url, 200, content)
        answer = go(body)
        if answer.status_code == 200:
            self._tokens[token] = (body["TransactItems"], _content(answer))
            return _answer(url, 200, _content(answer))
        return answer

    def _part(
        self, name: str, body: dict[str, Any], url: str, go: Callable[[dict[str, Any]], Any]
    ) -> Any:
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
        content = {"Responses": {}}
        if done:
            content = _content(go({**body, "RequestItems": done}))
        return _answer(url, 200, {**content, key: undone})

    def _some(self, count: int) -> set[int]:
        return set(self.chance.sample(range(count), self.chance.randint(1, count)))


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


def _content(answer: AWSResponse) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(answer.text or "{}")
    return content


def _error(url: str, content: dict[str, Any]) -> AWSResponse:
    return _answer(url, 400, content)


def _answer(url: str, status: int, content: dict[str, Any]) -> AWSResponse:
    raw = MockRawResponse(json.dumps(content))
    return AWSResponse(url, status, {"content-type": "application/x-amz-json-1.0"}, raw)  # type: ignore[arg-type]
