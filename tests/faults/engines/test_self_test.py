"""What may be judged on which engine, and that moto may judge none of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from chalicelib.aws import retries, tables, transact
from chalicelib.contexts.inventory import store
from chalicelib.kernel.errors import Busy
from tests.makers.engines import self_test
from tests.makers.engines.engine import client
from tests.makers.scale import tell

SUITE = "engines"


def test_an_engine_fails_what_is_known_and_nothing_else(engine_name, verdicts):
    wrong = verdicts(engine_name)
    for probe in self_test.PROBES:
        tell(
            SUITE,
            f"{engine_name} {probe}",
            f"fails: {wrong[probe]}" if probe in wrong else "passes",
        )
    assert set(wrong) == self_test.EXPECTED_FAILURES[engine_name], wrong


def test_the_self_test_notices_an_engine_without_locks(monkeypatch):
    monkeypatch.setattr(self_test, "pick", lambda _taste, _whole: 200)
    with mock_aws(), closing(client(None, "testing")) as moto:
        wrong = self_test.failures(moto)
    tell(SUITE, "moto", "fails: " + ", ".join(sorted(wrong)))
    assert {"race", "token replay"} <= set(wrong)


class Answer:
    """The body of an answer as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.content


@contextmanager
def conflicting(times: int) -> Iterator[list[str]]:
    """Let the next transactions be answered as DynamoDB answers when another holds a row."""
    sent: list[str] = []
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    body = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled [TransactionConflict, None]",
        "CancellationReasons": reasons,
    }

    def answer(request, **_: object) -> AWSResponse | None:
        sent.append(request.headers["X-Amz-Target"].decode())
        if len(sent) > times:
            return None
        headers = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 400, headers, Answer(json.dumps(body).encode()))

    events = tables.connection().client.meta.events
    events.register_first("before-send.dynamodb.TransactWriteItems", answer, unique_id="conflict")
    yield sent
    events.unregister("before-send.dynamodb.TransactWriteItems", unique_id="conflict")


class TestConflicts:
    """Neither engine raises `TransactionConflict`, so it is put into the app's own client."""

    @pytest.fixture(autouse=True)
    def _unhurried(self, monkeypatch):
        monkeypatch.setattr(retries, "sleep_s", lambda _: None)

    @pytest.fixture
    def commit(self, world) -> Callable[[], None]:
        rows = [store.StockItem(f"STOCK#{number}", "AT", sku="a") for number in range(2)]
        return lambda: transact.commit([self._counted(row) for row in rows])

    @staticmethod
    def _counted(row):
        one = store.StockItem.available.set((store.StockItem.available | 0) + 1)
        return transact.update(row, [one])

    def test_is_tried_again_and_applied_once(self, commit, engine_name):
        with conflicting(3) as sent:
            commit()
        assert len(sent) == 4
        row = tables.connection().dispatch(
            "GetItem",
            {
                "TableName": store.StockItem.table(),
                "Key": {"pk": {"S": "STOCK#0"}, "sk": {"S": "AT"}},
            },
        )["Item"]
        assert row["available"] == {"N": "1"}
        tell(SUITE, f"{engine_name} TransactionConflict", "seen and tried again (injected)")

    def test_that_never_ends_is_refused_as_busy(self, commit):
        with conflicting(1_000) as sent, pytest.raises(Busy):
            commit()
        assert len(sent) == retries.ATTEMPTS_MAX
