"""The operator's view of the queues, and what sending dead letters back does."""

import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from infra import access, outputs, queues
from infra.access import CannotOperate
from infra.queues import Depth
from infra.wiring import QUEUES, STREAM


@pytest.fixture
def stack(monkeypatch):
    """Every queue of a stage, and outputs that name them."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        sqs = boto3.client("sqs")
        urls = {
            f"{STREAM.dead_logical_id}Url": sqs.create_queue(QueueName=STREAM.dead_name("dev"))[
                "QueueUrl"
            ]
        }
        for queue in QUEUES:
            for name, key in (
                (queue.name("dev"), queue.logical_id),
                (queue.dead_name("dev"), queue.dead_logical_id),
            ):
                urls[f"{key}Url"] = sqs.create_queue(QueueName=name)["QueueUrl"]
        monkeypatch.setattr(outputs, "stack_outputs", lambda stage: urls)
        yield urls


def put(url: str, *bodies: str) -> None:
    for body in bodies:
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody=body)


def bodies(url: str) -> list[str]:
    sqs, found = boto3.client("sqs"), []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in batch]
    return sorted(found)


def test_status_counts_every_queue_and_its_dead(stack):
    put(stack["SettlementFactsQueueUrl"], "a", "b")
    put(stack["SettlementFactsDeadQueueUrl"], "c")
    put(stack["OutboxRelayDeadQueueUrl"], "d")
    depths = {depth.queue: depth for depth in queues.status("dev")}
    assert set(depths) == {queue.key for queue in QUEUES} | {STREAM.key}
    assert depths["settlement"] == Depth("settlement", waiting=2, in_flight=0, dead=1)
    assert depths["outbox-relay"] == Depth("outbox-relay", waiting=0, in_flight=0, dead=1)
    assert depths["inventory"] == Depth("inventory", waiting=0, in_flight=0, dead=0)


def test_redrive_sends_every_dead_letter_back_once(stack):
    letters = [f"letter {number:02}" for number in range(23)]
    put(stack["SettlementFactsDeadQueueUrl"], *letters)
    assert queues.redrive("dev", "settlement") == 23
    assert bodies(stack["SettlementFactsQueueUrl"]) == letters
    assert bodies(stack["SettlementFactsDeadQueueUrl"]) == []


def test_redrive_of_an_empty_queue_moves_nothing(stack):
    assert queues.redrive("dev", "orders-timeline") == 0


def test_redrive_of_an_unknown_queue_names_the_known(stack):
    with pytest.raises(CannotOperate, match="orders-timeline"):
        queues.redrive("dev", "nothing")


def test_the_relays_notes_are_dropped_only_after_a_good_sweep(stack, monkeypatch):
    put(stack["OutboxRelayDeadQueueUrl"], "note")
    swept: list[str] = []

    def failing(stage: str) -> None:
        raise CannotOperate("the bus is down")

    monkeypatch.setattr(queues, "_sweep_outbox", failing)
    with pytest.raises(CannotOperate):
        queues.redrive("dev", "outbox-relay")
    assert queues.status("dev")[-1].dead == 1
    monkeypatch.setattr(queues, "_sweep_outbox", swept.append)
    assert queues.redrive("dev", "outbox-relay") == 1
    assert swept == ["dev"]
    assert queues.status("dev")[-1].dead == 0


@pytest.mark.parametrize("said", [{"FunctionError": "Unhandled"}, {}])
def test_the_relays_notes_stay_while_the_bus_refuses_a_fact(stack, monkeypatch, said) -> None:
    put(stack["OutboxRelayDeadQueueUrl"], "note")
    answer = {"Payload": io.BytesIO(b'{"sent": 3, "refused": 2}'), **said}
    found = {"StackResourceDetail": {"PhysicalResourceId": "sweep"}}
    real = boto3.client
    others = {
        "cloudformation": SimpleNamespace(describe_stack_resource=lambda **_: found),
        "lambda": SimpleNamespace(invoke=lambda **_: answer),
    }
    monkeypatch.setattr(queues.boto3, "client", lambda name: others.get(name) or real(name))
    with pytest.raises(CannotOperate, match="refuses 2 facts" if not said else "sweep fails"):
        queues.redrive("dev", "outbox-relay")
    assert queues.status("dev")[-1].dead == 1


def test_a_stage_without_a_stack_is_named(monkeypatch):
    monkeypatch.setattr(outputs, "stack_outputs", lambda stage: {})
    with pytest.raises(CannotOperate, match="no stack dev-souk"):
        queues.status("dev")


@pytest.fixture
def no_endpoint(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    return monkeypatch


def test_the_local_stage_never_reaches_an_account(no_endpoint, tmp_path):
    file = tmp_path / "stack.json"
    with pytest.raises(access.NotRunning, match="make start"):
        access.use("local", stack_file=file)
    assert "AWS_ENDPOINT_URL" not in os.environ
    file.write_text(json.dumps({"aws_endpoint_url": "http://127.0.0.1:1", "region": "eu-west-2"}))
    access.use("local", stack_file=file)
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert os.environ["AWS_DEFAULT_REGION"] == "eu-west-2"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "test"
    assert "AWS_PROFILE" not in os.environ


def test_other_stages_keep_the_users_own_environment(no_endpoint, tmp_path):
    access.use("prod", stack_file=tmp_path / "none")
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert os.environ["AWS_PROFILE"] == "mine"


def test_a_local_stack_that_was_stopped_is_named(tmp_path):
    (tmp_path / "stack.json").write_text(
        json.dumps({"aws_endpoint_url": "http://127.0.0.1:9", "region": "eu-west-2"})
    )
    done = subprocess.run(
        [sys.executable, "-m", "infra.operate", "local", "status"],
        env={"PATH": os.environ["PATH"], "SOUK_LOCAL_DIR": str(tmp_path), "AWS_MAX_ATTEMPTS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == "The local stack is not running; start it with `make start`.\n"
