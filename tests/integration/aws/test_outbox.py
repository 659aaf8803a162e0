"""The outbox: committed means published, by the stream's relay or by the sweeper."""

import json
from typing import Any

import boto3
import pytest

from chalicelib.aws import bus, outbox, reads, transact
from chalicelib.aws.outbox import FactItem
from chalicelib.aws.workers import outbox_relay, outbox_sweep
from chalicelib.kernel import clock
from chalicelib.kernel.facts import Fact

ARN = "arn:aws:sqs:eu-west-1:123456789012:listener"


class KettleBoiled(Fact, frozen=True, kw_only=True):
    name = "kitchen.KettleBoiled"

    kettle: str

    @property
    def aggregate(self) -> str:
        return self.kettle


def a_fact(number: int) -> KettleBoiled:
    return KettleBoiled(id=f"01FACT{number:020d}", occurred_at=clock.iso(clock.now()), kettle="k1")


def commit(*numbers: int) -> None:
    transact.commit([outbox.write(a_fact(number)) for number in numbers])


def stream_event(*rows: FactItem, kind: str = "INSERT") -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": kind,
                "eventID": str(place),
                "awsRegion": "eu-west-1",
                "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/s",
                "dynamodb": {
                    "Keys": {},
                    "SequenceNumber": f"seq-{place}",
                    "NewImage": row.to_dynamodb_dict(),
                },
            }
            for place, row in enumerate(rows)
        ]
    }


def rows() -> list[FactItem]:
    return list(outbox.history("k1"))


def heard(queue: str) -> list[dict[str, Any]]:
    messages = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in messages.get("Messages", [])]


@pytest.fixture
def listener(stage) -> str:
    """A queue that hears everything on the bus."""
    queue = boto3.client("sqs").create_queue(QueueName="listener")["QueueUrl"]
    events = boto3.client("events")
    rule = {"Name": "all", "EventBusName": "test-souk-bus"}
    events.put_rule(**rule, EventPattern=json.dumps({"source": ["souk"]}))
    events.put_targets(Rule="all", EventBusName="test-souk-bus", Targets=[{"Id": "1", "Arn": ARN}])
    return queue


class TestRelay:
    def test_puts_new_rows_on_the_bus_and_marks_them(self, listener) -> None:
        commit(1, 2)
        assert outbox_relay(stream_event(*rows()), None) == {"batchItemFailures": []}
        got = sorted(heard(listener), key=lambda event: event["detail"]["id"])
        assert [event["detail-type"] for event in got] == ["kitchen.KettleBoiled"] * 2
        assert got[0]["detail"] == {
            "id": a_fact(1).id,
            "occurred_at": a_fact(1).occurred_at,
            "kettle": "k1",
            "version": 1,
        }
        assert [row.due_shard for row in rows()] == [None, None]

    def test_leaves_changed_rows_alone(self, listener) -> None:
        commit(1)
        outbox_relay(stream_event(*rows(), kind="MODIFY"), None)
        assert heard(listener) == []

    def test_reports_what_the_bus_refused_and_keeps_it_unsent(self, stage, monkeypatch) -> None:
        commit(1, 2)
        refused = a_fact(2).id
        monkeypatch.setattr(bus, "put", lambda _facts: {refused})
        answer = outbox_relay(stream_event(*rows()), None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "seq-1"}]}
        assert [bool(row.due_shard) for row in rows()] == [False, True]


class TestSweeper:
    def test_sends_what_the_stream_missed(self, listener, stage) -> None:
        commit(1, 2, 3)
        stage.forward(outbox.SWEEP_AFTER_S + 1)
        assert outbox_sweep(a_tick(), None) == {"sent": 3, "refused": 0}
        assert len(heard(listener)) == 3
        assert outbox_sweep(a_tick(), None) == {"sent": 0, "refused": 0}

    def test_leaves_fresh_rows_to_the_stream(self, listener) -> None:
        commit(1)
        assert outbox_sweep(a_tick(), None) == {"sent": 0, "refused": 0}
        assert heard(listener) == []


@pytest.mark.usefixtures("stage")
def test_nothing_is_published_that_was_not_committed() -> None:
    transact.commit([outbox.write(a_fact(1))])
    taken = transact.create(FactItem(pk="k1", sk=a_fact(1).id, name="x", fact_version=1, body="{}"))
    with pytest.raises(transact.ConditionFailed):
        transact.commit([outbox.write(a_fact(2)), taken])
    assert reads.get(FactItem, "k1", a_fact(2).id) is None


def a_tick() -> dict[str, Any]:
    return {
        "version": "0",
        "account": "123456789012",
        "region": "eu-west-1",
        "detail": {},
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": "2026-03-02T09:00:00Z",
        "id": "tick",
        "resources": [],
    }
