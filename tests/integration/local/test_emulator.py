"""The emulator under our hand: what it keeps over a stop and a start."""

import io
import os
import textwrap
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra.local.emulator import REGION, Emulator
from infra.local.layout import Layout, Ports

WAIT_S = 15
HANDLER = """
    import sys
    import boto3

    def handle(event, context):
        sqs = boto3.client("sqs")
        for record in event["Records"]:
            fact = record["dynamodb"]["Keys"]["pk"]["S"]
            sqs.send_message(QueueUrl="QUEUE", MessageBody=fact)
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


def a_stream_with_a_reader(aws: Aws) -> str:
    """A table whose new rows a function sends to a queue; the queue's address."""
    queue = aws.sqs.create_queue(QueueName="seen")["QueueUrl"]
    table = aws.dynamodb.create_table(
        TableName="facts",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("reader.py", textwrap.dedent(HANDLER).replace("QUEUE", queue))
    getattr(aws, "lambda").create_function(
        FunctionName="reader",
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/reader",
        Handler="reader.handle",
        Code={"ZipFile": code.getvalue()},
        Timeout=30,
    )
    getattr(aws, "lambda").create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"],
        FunctionName="reader",
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
    )
    return queue


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


def test_a_stop_leaves_no_process_and_no_unpacked_function_behind(emulator, aws, places):
    queue = a_stream_with_a_reader(aws)
    write(aws, "a")
    heard(aws, queue, 1)
    assert [place.name for place in places.scratch.iterdir() if "reader" in place.name]
    group = emulator._process.pid
    emulator.stop()
    assert not places.scratch.exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
