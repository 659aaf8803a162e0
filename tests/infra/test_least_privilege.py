"""The guard that holds every test of the suite against the policies must itself be able to fail."""

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws import observe
from tests.makers import least_privilege
from tests.makers.least_privilege import allows, needs
from tests.makers.quick_moto import create_stage
from tests.makers.stage import stage_environment

KEY = {"pk": {"S": "1"}, "sk": {"S": "1"}}


@pytest.fixture
def engine(monkeypatch):
    for name, value in stage_environment().items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        create_stage()
        yield boto3.client("dynamodb")


def test_a_function_that_reaches_too_far_fails_its_test(engine):
    with (
        pytest.raises(AssertionError, match=r"notifications_on_fact has no dynamodb:PutItem on Or"),
        least_privilege.held(),
        observe.run("notifications_on_fact"),
    ):
        engine.put_item(TableName="test-souk-orders", Item=KEY)


def test_a_swallowed_reach_is_found_all_the_same(engine):
    def swallowing() -> None:
        with observe.run("settlement_on_fact"):
            try:
                boto3.client("s3").get_object(Bucket="test-souk-media", Key="a")
            except Exception:  # noqa: BLE001 - as each_message does
                return

    with (
        pytest.raises(AssertionError, match="s3:GetObject on MediaBucket/a"),
        least_privilege.held(),
    ):
        swallowing()


def test_what_a_test_does_by_itself_is_its_own_affair(engine):
    with least_privilege.held():
        engine.put_item(TableName="test-souk-orders", Item=KEY)
        engine.scan(TableName="test-souk-orders")


def test_a_function_may_do_what_its_policy_says(engine):
    with least_privilege.held(), observe.run("settlement_on_fact"):
        engine.put_item(TableName="test-souk-settlement", Item=KEY)
        engine.transact_write_items(
            TransactItems=[{"Put": {"TableName": "test-souk-outbox", "Item": KEY}}]
        )


@pytest.mark.parametrize(
    ("group", "action", "resource", "allowed"),
    [
        ("api", "dynamodb:Query", "OrdersTable/index/by_owner", True),
        ("api", "dynamodb:Scan", "OrdersTable", False),
        ("api", "s3:PutObject", "UploadsBucket/imports/1.csv", True),
        ("api", "s3:PutObject", "UploadsBucket/elsewhere/1.csv", False),
        ("notifications", "ses:SendEmail", "identity/sender", True),
        ("catalog", "ses:SendEmail", "identity/sender", False),
        ("relay", "events:PutEvents", "Bus", True),
        ("inventory", "sqs:SendMessage", "CatalogImportsQueue", False),
    ],
)
def test_policies_are_read_as_aws_reads_them(group, action, resource, allowed):
    assert allows(group, action, resource) is allowed


@pytest.mark.parametrize(
    ("service", "operation", "params", "needed"),
    [
        (
            "dynamodb",
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "dev-souk-orders"}},
                    {"ConditionCheck": {"TableName": "dev-souk-cart"}},
                ]
            },
            [("dynamodb:PutItem", "OrdersTable"), ("dynamodb:ConditionCheckItem", "CartTable")],
        ),
        (
            "dynamodb",
            "Query",
            {"TableName": "dev-souk-orders", "IndexName": "by_due"},
            [("dynamodb:Query", "OrdersTable/index/by_due")],
        ),
        (
            "sqs",
            "SendMessageBatch",
            {"QueueUrl": "https://sqs/1/dev-souk-catalog-pictures"},
            [("sqs:SendMessage", "CatalogPicturesQueue")],
        ),
        (
            "s3",
            "HeadObject",
            {"Bucket": "dev-souk-uploads", "Key": "imports/1"},
            [("s3:GetObject", "UploadsBucket/imports/1")],
        ),
    ],
)
def test_calls_are_known_by_what_they_need(service, operation, params, needed):
    assert needs(service, operation, params) == needed


def test_a_service_that_nobody_thought_of_is_an_error():
    with pytest.raises(AssertionError, match=r"kms\.Decrypt"):
        needs("kms", "Decrypt", {})
