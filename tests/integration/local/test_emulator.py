"""The emulator under our hand: what it keeps over a stop and a start."""

import io
import os
import signal
import socket
import textwrap
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra.local.emulator import REGION, Emulator
from infra.local.layout import Layout, Ports
from infra.local.problems import LocalProblem

WAIT_S = 15
HANDLER = """
    import sys
    import boto3

    def handle(event, context):
        sqs = boto3.client("sqs")
        seen = sqs.get_queue_url(QueueName="seen")["QueueUrl"]
        for record in event["Records"]:
            fact = record.get("body") or record["dynamodb"]["Keys"]["pk"]["S"]
            sqs.send_message(QueueUrl=seen, MessageBody=fact)
        print(len(event["Records"]), "records", file=sys.stderr)
"""


@pytest.fixture
def ports(free_port: int) -> Ports:
    return Ports(1, free_port, 2)


@pytest.fixture
def places(tmp_path) -> Layout:
    found = Layout(tmp_path / "local")
    found.make()
    return found


@pytest.fixture
def emulator(places, ports) -> Iterator[Emulator]:
    made = Emulator(places, ports)
    made.start()
    yield made
    made.stop()


class Aws:
    """Clients of this emulator, closed at the end."""

    def __init__(self, ports: Ports) -> None:
        self._clients: dict[str, Any] = {}
        self._url = ports.aws_url

    def __getattr__(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self._url,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@pytest.fixture
def aws(ports) -> Iterator[Aws]:
    made = Aws(ports)
    yield made
    made.close()


def a_reader(aws: Aws, source: str, **more: Any) -> str:
    """A function that tells a queue what it reads from the source; the queue's address."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("reader.py", textwrap.dedent(HANDLER))
    functions = getattr(aws, "lambda")
    functions.create_function(
        FunctionName="reader",
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/reader",
        Handler="reader.handle",
        Code={"ZipFile": code.getvalue()},
        Timeout=30,
    )
    functions.create_event_source_mapping(
        EventSourceArn=source, FunctionName="reader", BatchSize=10, **more
    )
    found: str = aws.sqs.create_queue(QueueName="seen")["QueueUrl"]
    return found


def a_stream_with_a_reader(aws: Aws) -> str:
    """A table whose new rows a function tells of."""
    table = aws.dynamodb.create_table(
        TableName="facts",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    return a_reader(aws, table["LatestStreamArn"], StartingPosition="TRIM_HORIZON")


def write(aws: Aws, *facts: str) -> None:
    for fact in facts:
        aws.dynamodb.put_item(TableName="facts", Item={"pk": {"S": fact}})


def heard(aws: Aws, queue: str, count: int) -> set[str]:
    """Wait for as many messages."""
    found: set[str] = set()
    while len(found) < count:
        batch = aws.sqs.receive_message(
            QueueUrl=queue, WaitTimeSeconds=WAIT_S, MaxNumberOfMessages=10
        ).get("Messages", [])
        if not batch:
            return found
        for message in batch:
            aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            found.add(message["Body"])
    return found


def test_a_stream_is_read_on_after_a_stop_and_a_start(emulator, aws):
    queue = a_stream_with_a_reader(aws)
    write(aws, "a", "b", "c")
    assert heard(aws, queue, 3) == {"a", "b", "c"}
    emulator.stop()
    emulator.start()
    kept = aws.dynamodb.scan(TableName="facts")["Items"]
    assert {row["pk"]["S"] for row in kept} == {"a", "b", "c"}
    write(aws, "d")
    assert heard(aws, queue, 1) == {"d"}


def test_a_queue_is_read_on_after_a_start_on_another_port(emulator, aws, places, ports):
    aws.sqs.create_queue(QueueName="asked")
    seen = a_reader(aws, "arn:aws:sqs:us-east-1:000000000000:asked")
    aws.sqs.send_message(
        QueueUrl=aws.sqs.get_queue_url(QueueName="asked")["QueueUrl"], MessageBody="a"
    )
    assert heard(aws, seen, 1) == {"a"}
    emulator.stop()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        moved = Ports(ports.shop, probe.getsockname()[1], ports.sandbox)
    second, there = Emulator(places, moved), Aws(moved)
    second.start()
    try:
        asked = there.sqs.get_queue_url(QueueName="asked")["QueueUrl"]
        assert f":{moved.aws}/" in asked
        there.sqs.send_message(QueueUrl=asked, MessageBody="b")
        seen = there.sqs.get_queue_url(QueueName="seen")["QueueUrl"]
        assert heard(there, seen, 1) == {"b"}
    finally:
        there.close()
        second.stop()


def test_a_stop_leaves_no_process_and_a_start_no_unpacked_function(emulator, aws, places):
    queue = a_stream_with_a_reader(aws)
    write(aws, "a")
    heard(aws, queue, 1)
    assert [place.name for place in places.scratch.iterdir() if "reader" in place.name]
    group = emulator._process.pid
    emulator.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
    emulator.start()
    assert not [place.name for place in places.scratch.iterdir() if "reader" in place.name]


def test_one_that_does_not_stop_is_ended_and_that_is_said(emulator, monkeypatch):
    monkeypatch.setattr("infra.local.emulator.STOP_TIMEOUT_S", 0.2)
    group = emulator._process.pid
    os.kill(group, signal.SIGSTOP)
    with pytest.raises(LocalProblem, match="may be lost"):
        emulator.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
