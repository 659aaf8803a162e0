"""Tables and buckets: what must outlive every deployment."""

from infra.stack.cfn import Json, att, ref, resource, sub, when
from infra.wiring import (
    ARRIVALS,
    BUCKETS,
    INDEXES,
    MEDIA,
    SEARCH,
    STATIC,
    TABLES,
    UPLOADS,
    Bucket,
    Table,
)

UPLOADS_KEPT_DAYS = 30
INDEXES_KEPT_DAYS = 7
"""The search index is built daily and not read when it is three days old."""
ARRIVAL_QUEUES = tuple(dict.fromkeys(queue for _, queue in ARRIVALS))

KEEP = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
"""Deleting a stack must never delete what people bought."""


def resources(stage: str) -> Json:
    """Every table and bucket of the stage, with the policies of the buckets."""
    found: Json = {table.logical_id: _table(table, stage) for table in TABLES}
    for bucket in BUCKETS:
        found[bucket.logical_id] = _bucket(bucket, stage)
        found[f"{bucket.logical_id}Policy"] = _bucket_policy(bucket)
    return found


def bucket_name(bucket: Bucket, stage: str) -> Json:
    """Bucket names are global, so the account and the region are part of them."""
    return sub(f"{stage}-souk-{bucket.purpose}-${{AWS::AccountId}}-${{AWS::Region}}")


def _table(table: Table, stage: str) -> Json:
    indexes = _indexes(table)
    keys = {"pk", "sk"} | {key["AttributeName"] for index in indexes for key in index["KeySchema"]}
    properties: Json = {
        "TableName": table.name(stage),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": "S"} for key in sorted(keys)
        ],
        "KeySchema": _key_schema("pk", "sk"),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
    }
    if stage == "prod":
        properties["DeletionProtectionEnabled"] = True
    if indexes:
        properties["GlobalSecondaryIndexes"] = indexes
    if table.has_stream:
        properties["StreamSpecification"] = {"StreamViewType": "NEW_IMAGE"}
    return resource("AWS::DynamoDB::Table", properties, **KEEP)


def _indexes(table: Table) -> list[Json]:
    return [
        {
            "IndexName": name,
            "KeySchema": _key_schema(*INDEXES[name]),
            "Projection": {"ProjectionType": "ALL"},
        }
        for name in table.indexes
    ]


def _key_schema(hash_key: str, range_key: str) -> list[Json]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]


def _bucket(bucket: Bucket, stage: str) -> Json:
    properties: Json = {
        "BucketName": bucket_name(bucket, stage),
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            ]
        },
    }
    if bucket is SEARCH:
        properties |= _forgetting("forget-old-indexes", INDEXES_KEPT_DAYS)
    if bucket is not UPLOADS:
        return resource("AWS::S3::Bucket", properties, **KEEP)
    properties |= _uploads_extras()
    policies = [f"{queue}Policy" for queue in ARRIVAL_QUEUES]
    return resource("AWS::S3::Bucket", properties, DependsOn=policies, **KEEP)


def _forgetting(name: str, days: int) -> Json:
    rule = {
        "Id": name,
        "Status": "Enabled",
        "ExpirationInDays": days,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    return {"LifecycleConfiguration": {"Rules": [rule]}}


def _uploads_extras() -> Json:
    """Files come straight from a merchant's browser, are worked on and then forgotten."""
    return {
        **_forgetting("forget-uploads", UPLOADS_KEPT_DAYS),
        "CorsConfiguration": {
            "CorsRules": [
                {
                    "AllowedMethods": ["POST"],
                    "AllowedOrigins": [when("HasShopUrl", ref("ShopUrl"), "https://*")],
                    "AllowedHeaders": ["*"],
                    "MaxAge": 3600,
                }
            ]
        },
        "NotificationConfiguration": {
            "QueueConfigurations": [
                {
                    "Event": "s3:ObjectCreated:*",
                    "Queue": att(queue, "Arn"),
                    "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}},
                }
                for prefix, queue in ARRIVALS
            ]
        },
    }


def _bucket_policy(bucket: Bucket) -> Json:
    arn = att(bucket.logical_id, "Arn")
    objects = sub(f"${{{bucket.logical_id}.Arn}}/*")
    statements: list[Json] = [
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, objects],
            "Condition": {
                "Bool": {"aws:SecureTransport": "false"},
            },
        }
    ]
    if bucket in {MEDIA, STATIC}:
        statements.append(_distribution_may_read(arn, objects))
    return resource(
        "AWS::S3::BucketPolicy",
        {
            "Bucket": ref(bucket.logical_id),
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        },
    )


def _distribution_may_read(arn: Json, objects: Json) -> Json:
    """Listing is allowed so that a missing picture is a 404 and not a 403."""
    return {
        "Sid": "DistributionReads",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [arn, objects],
        "Condition": {
            "StringEquals": {
                "AWS:SourceArn": sub(
                    "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}"
                    ":distribution/${Distribution}"
                )
            }
        },
    }
