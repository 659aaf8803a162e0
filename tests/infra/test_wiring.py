"""What the decorators say and what infra/wiring.py says must be the same, in both directions."""

import importlib

import pytest
from chalice.app import (
    DynamoDBEventConfig,
    ScheduledEventConfig,
    ScheduleExpression,
    SQSEventConfig,
)

from app import app
from chalicelib.aws import worker as worker_module
from chalicelib.aws.worker import UnknownFact
from chalicelib.kernel.facts import Fact
from infra.wiring import (
    API_FUNCTION,
    FUNCTIONS,
    QUEUES,
    SCHEDULES,
    STREAM,
    VISIBILITY_PER_TIMEOUT,
    Queue,
    function,
    pascal,
)
from tests.makers.events import sqs_event
from tests.makers.facts_published import published_facts


def sources(kind: type) -> dict:
    return {source.name: source for source in app.event_sources if isinstance(source, kind)}


def test_every_event_source_is_declared_and_every_declared_one_exists():
    declared = {queue.handler for queue in QUEUES} | {one.handler for one in SCHEDULES}
    assert {source.name for source in app.event_sources} == declared | {STREAM.handler}


def test_every_function_is_declared_and_every_declared_one_exists():
    deployed = {source.name for source in app.event_sources} | {API_FUNCTION}
    deployed |= {one.name for one in app.pure_lambda_functions}
    deployed |= {one.name for one in app.builtin_auth_handlers}
    assert {one.name for one in FUNCTIONS} == deployed


def test_queue_workers_take_the_declared_batches():
    batches = {name: source.batch_size for name, source in sources(SQSEventConfig).items()}
    assert batches == {queue.handler: queue.batch_size for queue in QUEUES}


def test_schedules_tick_as_declared():
    ticks = {
        name: _expression(source.schedule_expression)
        for name, source in sources(ScheduledEventConfig).items()
    }
    assert ticks == {schedule.handler: schedule.expression for schedule in SCHEDULES}


def _expression(value: str | ScheduleExpression) -> str:
    return value if isinstance(value, str) else value.to_string()


def test_the_relay_reads_the_only_stream():
    streams = sources(DynamoDBEventConfig)
    assert {name: one.batch_size for name, one in streams.items()} == {
        STREAM.handler: STREAM.batch_size
    }


def test_rules_name_facts_that_somebody_publishes():
    wanted = {fact for queue in QUEUES for fact in queue.facts}
    assert wanted - published_facts() == set()


@pytest.mark.parametrize(
    "queue", [one for one in QUEUES if one.is_fed_by_bus], ids=lambda queue: queue.key
)
def test_a_rule_lets_through_what_its_worker_knows(queue: Queue, stage, monkeypatch):
    """A worker fails on a fact it does not know, and never sees one that no rule lets through."""
    handler = sources(SQSEventConfig)[queue.handler].handler_string
    module = importlib.import_module(handler.rpartition(".")[0])
    known: set[str] = set()

    def remember(message, facts):
        known.update(fact.name for fact in facts)
        raise UnknownFact(message.body)

    for reader in (worker_module, module):
        monkeypatch.setattr(reader, "read_fact", remember, raising=False)
    answer = app.handler_map[queue.handler](sqs_event(a_stranger()), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert known == set(queue.facts) | {
        fact for fact in published_facts() if fact.startswith(queue.families)
    }


def a_stranger() -> Fact:
    return Fact(id="01ARZ3NDEKTSV4RRFFQ69G5FAV", occurred_at="2026-03-02T09:00:00.000Z")


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.key)
def test_a_queue_waits_long_enough_and_keeps_its_dead(queue: Queue, resources: dict):
    properties = resources[queue.logical_id]["Properties"]
    worker = resources[function(queue.handler).logical_id]["Properties"]
    assert properties["VisibilityTimeout"] >= VISIBILITY_PER_TIMEOUT * worker["Timeout"]
    assert properties["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": [queue.dead_logical_id, "Arn"]
    }
    assert properties["RedrivePolicy"]["maxReceiveCount"] == 5
    assert resources[queue.dead_logical_id]["Properties"]["MessageRetentionPeriod"] == 1_209_600


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.key)
def test_a_worker_takes_from_its_queue_and_reports_single_failures(queue: Queue, resources: dict):
    events = resources[function(queue.handler).logical_id]["Properties"]["Events"]
    assert list(events) == [f"{pascal(queue.handler)}SqsEventSource"]
    (event,) = events.values()
    assert event["Type"] == "SQS"
    assert event["Properties"]["Queue"] == {"Fn::GetAtt": [queue.logical_id, "Arn"]}
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(
    "dead_id", [*(queue.dead_logical_id for queue in QUEUES), STREAM.dead_logical_id]
)
def test_dead_letters_wake_somebody(dead_id: str, resources: dict):
    watched = [
        one["Properties"]
        for one in resources.values()
        if one["Type"] == "AWS::CloudWatch::Alarm"
        and {"Name": "QueueName", "Value": {"Fn::GetAtt": [dead_id, "QueueName"]}}
        in one["Properties"]["Dimensions"]
    ]
    (alarm,) = watched
    assert alarm["Threshold"] == 1
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.handler)
def test_a_failing_schedule_wakes_somebody(schedule, resources: dict):
    logical_id = function(schedule.handler).logical_id
    (event,) = resources[logical_id]["Properties"]["Events"].values()
    assert event == {"Type": "Schedule", "Properties": {"Schedule": schedule.expression}}
    alarm = resources[f"{logical_id}Alarm"]["Properties"]
    assert alarm["MetricName"] == "Errors"
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": logical_id}}]


def test_the_relay_starts_from_the_oldest_row_and_parks_what_it_cannot_publish(resources: dict):
    (event,) = resources["OutboxRelay"]["Properties"]["Events"].values()
    assert event["Type"] == "DynamoDB"
    properties = event["Properties"]
    assert properties["Stream"] == {"Fn::GetAtt": ["OutboxTable", "StreamArn"]}
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["BisectBatchOnFunctionError"] is True
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["FilterCriteria"] == {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]}
    assert properties["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["OutboxRelayDeadQueue", "Arn"]
    }


@pytest.mark.parametrize(
    "queue", [one for one in QUEUES if one.is_fed_by_bus], ids=lambda queue: queue.key
)
def test_a_rule_feeds_its_queue_alone_and_the_queue_lets_it_in(queue: Queue, resources: dict):
    rule = resources[queue.rule_logical_id]["Properties"]
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [queue.logical_id, "Arn"]}
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [queue.dead_logical_id, "Arn"]}
    assert rule["EventPattern"]["source"] == ["souk"]
    assert rule["EventPattern"]["detail-type"] == [
        *queue.facts,
        *({"prefix": family} for family in queue.families),
    ]
    policy = resources[f"{queue.logical_id}Policy"]["Properties"]
    assert policy["Queues"] == [{"Ref": queue.logical_id}, {"Ref": queue.dead_logical_id}]
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == {
            "Fn::GetAtt": [queue.rule_logical_id, "Arn"]
        }
