"""What each group of functions may do: as little as its work needs, and written out by hand."""

import json

import pytest

from infra.package import ROOT
from infra.wiring import FUNCTIONS, QUEUES, TABLES, function

GROUPS = sorted({one.group for one in FUNCTIONS})
READ = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
WRITE = {
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
}
CONSUME = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
}
ANY_RESOURCE = {("relay", "dynamodb:ListStreams"), ("notifications", "sns:Publish")}
"""AWS lets these actions be granted on every resource or on none; a phone has no name of its own."""

ROOMS = {table.room for table in TABLES} - {"outbox"}
WRITES = {
    "api": ROOMS,
    "relay": {"outbox"},
    "catalog": {"catalog"},
    "inventory": {"inventory"},
    "members": {"members"},
    "promotions": {"promotions"},
    "orders": {"orders", "inventory", "payments", "shipping", "promotions", "members"},
    "payments": {"payments"},
    "settlement": {"settlement"},
    "notifications": {"notifications"},
    "privacy": {
        "privacy",
        "identity",
        "members",
        "promotions",
        "cart",
        "orders",
        "aftersales",
    },
    "search": {"catalog"},
}
READS = {
    "catalog": {"merchants"},
    "notifications": {"identity"},
    "promotions": {"identity", "members"},
    "search": {"merchants"},
}
SILENT = {"relay", "notifications", "search"}
"""Groups that tell no facts."""


def statements(group: str) -> list[dict]:
    document = json.loads((ROOT / ".chalice" / f"policy-{group}.json").read_text())
    assert document["Version"] == "2012-10-17"
    return document["Statement"]


def granted(group: str, actions: set[str]) -> set[str]:
    """Logical ids (and Sub texts) on which all of these actions are allowed."""
    per_action = [
        {
            name
            for statement in statements(group)
            if action in statement["Action"]
            for name in _names(statement["Resource"])
        }
        for action in actions
    ]
    return set.intersection(*per_action)


def _names(resource: object) -> set[str]:
    if isinstance(resource, str):
        return {resource}
    assert isinstance(resource, list)
    return {_name(one) for one in resource}


def _name(value: dict) -> str:
    match value:
        case {"Fn::GetAtt": [logical_id, _]}:
            return logical_id
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), _]}:
            return text
    raise AssertionError(value)


def tables(rooms: set[str]) -> set[str]:
    found = {table.logical_id for table in TABLES if table.room in rooms}
    return found | {
        f"${{{table.logical_id}.Arn}}/index/*"
        for table in TABLES
        if table.room in rooms and table.indexes
    }


@pytest.mark.parametrize("group", GROUPS)
def test_everything_is_allowed_by_name_and_nothing_by_star(group: str):
    for statement in statements(group):
        assert statement["Effect"] == "Allow"
        assert statement["Sid"].isalnum()
        for action in statement["Action"]:
            assert "*" not in action
            assert action != "dynamodb:Scan"
            stars = [name for name in _names(statement["Resource"]) if name == "*"]
            assert bool(stars) is ((group, action) in ANY_RESOURCE)


@pytest.mark.parametrize("group", [one for one in GROUPS if one != "relay"])
def test_a_group_writes_its_own_tables(group: str):
    assert granted(group, READ | WRITE) == tables(WRITES[group])


def test_the_relay_marks_rows_and_deletes_none():
    assert granted("relay", READ | {"dynamodb:UpdateItem"}) == tables({"outbox"})
    assert granted("relay", {"dynamodb:DeleteItem"}) == set()


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_reads_what_it_writes_and_little_more(group: str):
    expected = tables(WRITES[group] | READS.get(group, set()))
    if group in {"api", "privacy"}:
        expected |= {"OutboxTable"}
    assert granted(group, {"dynamodb:Query", "dynamodb:GetItem"}) == expected


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_takes_from_its_own_queues_alone(group: str):
    own = {queue.logical_id for queue in QUEUES if function(queue.handler).group == group}
    assert granted(group, CONSUME) == own


@pytest.mark.parametrize("group", [one for one in GROUPS if one not in SILENT])
def test_whoever_has_effects_can_tell_them(group: str):
    assert "OutboxTable" in granted(group, {"dynamodb:PutItem"})


def test_a_late_picture_is_held_to_open_accounts_and_reads_none_of_them():
    assert granted("members", {"dynamodb:ConditionCheckItem"}) == tables({"members", "identity"})
    assert granted("members", {"dynamodb:GetItem"}) == tables({"members"})
    assert granted("promotions", {"dynamodb:ConditionCheckItem"}) == tables(
        {"promotions", "identity"}
    )


def test_only_the_relay_publishes_and_only_notifications_mail():
    for group in GROUPS:
        assert bool(granted(group, {"events:PutEvents"})) is (group == "relay")
        assert bool(granted(group, {"ses:SendEmail"})) is (group == "notifications")


@pytest.mark.parametrize("group", GROUPS)
def test_logs_go_to_this_stack_alone(group: str):
    (name,) = granted(group, {"logs:CreateLogStream", "logs:PutLogEvents"})
    assert "log-group:/aws/lambda/${AWS::StackName}-*" in name


def test_policies_reach_the_roles(resources: dict):
    for declared in FUNCTIONS:
        role = resources[f"{'ApiHandler' if declared.group == 'api' else declared.logical_id}Role"]
        (policy,) = role["Properties"]["Policies"]
        assert policy["PolicyDocument"]["Statement"] == statements(declared.group)
