"""Tables and buckets: recoverable, kept, private, and with the indexes that the code reads."""

import re
from pathlib import Path

import pytest

from chalicelib.aws.settings import TABLES as SETTINGS_TABLES
from infra.wiring import BUCKETS, INDEXES, TABLES, Bucket, Table

CONTEXTS = Path(__file__).resolve().parents[2] / "chalicelib" / "contexts"
INDEX_READ = re.compile(r'"(by_(?:owner|state|due))"')


def test_every_room_that_has_settings_for_a_table_has_the_table():
    assert {table.room for table in TABLES} == set(SETTINGS_TABLES)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.room)
def test_a_table_can_be_brought_back(table: Table, resources: dict):
    found = resources[table.logical_id]
    assert found["DeletionPolicy"] == "Retain"
    assert found["UpdateReplacePolicy"] == "Retain"
    properties = found["Properties"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.room)
def test_a_table_is_named_after_its_stage_and_room(table: Table, templates: dict):
    for stage, template in templates.items():
        properties = template["Resources"][table.logical_id]["Properties"]
        assert properties["TableName"] == f"{stage}-souk-{table.room}"
        assert properties.get("DeletionProtectionEnabled", False) is (stage == "prod")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.room)
def test_a_table_describes_each_key_attribute_once(table: Table, resources: dict):
    properties = resources[table.logical_id]["Properties"]
    schemas = [properties["KeySchema"]]
    schemas += [index["KeySchema"] for index in properties.get("GlobalSecondaryIndexes", [])]
    used = {key["AttributeName"] for schema in schemas for key in schema}
    assert [one["AttributeName"] for one in properties["AttributeDefinitions"]] == sorted(used)


def test_only_the_outbox_streams(resources: dict):
    streams = {
        name: one["Properties"]["StreamSpecification"]
        for name, one in resources.items()
        if "StreamSpecification" in one.get("Properties", {})
    }
    assert streams == {"OutboxTable": {"StreamViewType": "NEW_IMAGE"}}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.room)
def test_a_room_has_the_indexes_it_reads_and_no_others(table: Table):
    assert set(table.indexes) == indexes_read_by(table.room)


def indexes_read_by(room: str) -> set[str]:
    """Every query names its index in the same way; the outbox and its neighbours live in aws/."""
    folder = CONTEXTS / room
    paths = list(folder.rglob("*.py")) if folder.exists() else []
    if room in {"outbox", "idempotency"}:
        paths = [CONTEXTS.parent / "aws" / f"{room}.py"]
    found = {name for path in paths for name in INDEX_READ.findall(path.read_text())}
    assert found <= set(INDEXES)
    return found


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.purpose)
def test_a_bucket_is_private_and_kept(bucket: Bucket, resources: dict):
    found = resources[bucket.logical_id]
    assert found["DeletionPolicy"] == "Retain"
    blocked = found["Properties"]["PublicAccessBlockConfiguration"]
    assert len(blocked) == 4
    assert all(blocked.values())


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.purpose)
def test_only_the_distribution_reads_what_it_serves(bucket: Bucket, resources: dict):
    policy = resources[f"{bucket.logical_id}Policy"]["Properties"]["PolicyDocument"]
    allowed = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    if bucket.purpose in {"uploads", "search"}:
        assert allowed == []
        return
    (statement,) = allowed
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "${Distribution}" in str(statement["Condition"]["StringEquals"]["AWS:SourceArn"])


def test_an_upload_is_told_to_the_queue_that_works_on_it(resources: dict):
    notices = resources["UploadsBucket"]["Properties"]["NotificationConfiguration"][
        "QueueConfigurations"
    ]
    told = {
        notice["Filter"]["S3Key"]["Rules"][0]["Value"]: notice["Queue"]["Fn::GetAtt"][0]
        for notice in notices
    }
    assert told == {
        "imports/": "CatalogImportsQueue",
        "pictures/": "CatalogPicturesQueue",
        "videos/": "CatalogPicturesQueue",
        "avatars/": "MembersPicturesQueue",
    }
    waits_for = resources["UploadsBucket"]["DependsOn"]
    assert {f"{queue}Policy" for queue in told.values()} == set(waits_for) <= set(resources)
