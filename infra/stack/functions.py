"""What Chalice cannot say about a function: its settings by reference, its event sources in full."""

import json

from infra.stack.cfn import NO_VALUE, Json, att, ref, sub, when
from infra.wiring import (
    BUCKETS,
    FUNCTIONS,
    QUEUES,
    SANDBOX_STAGES,
    SCHEDULES,
    STREAM,
    TABLES,
    Queue,
    Schedule,
    function,
    pascal,
)

NEW_ROWS_ONLY = json.dumps({"eventName": ["INSERT"]})

LOCAL_WORKERS_MAX = 2
"""Workers a queue on one machine, where each is a process to start; AWS takes no fewer than 2."""

SHOP_GROUPS = ("api", "payments", "orders")
"""The only functions that speak to a payment company or courier, or hear from one."""

OPTIONAL_SETTINGS = {
    "SOUK_EDGE_SECRET": ("EdgeSecret", ("api",)),
    "SOUK_LOGINS": ("Logins", ("api",)),
    "SOUK_STRIPE_KEY": ("StripeKey", SHOP_GROUPS),
    "SOUK_STRIPE_WEBHOOK_SECRET": ("StripeWebhookSecret", SHOP_GROUPS),
    "SOUK_STRIPE_URL": ("StripeUrl", SHOP_GROUPS),
    "SOUK_SANDBOX_URL": ("SandboxUrl", SHOP_GROUPS),
    "SOUK_SANDBOX_PAYMENT_SECRET": ("SandboxPaymentSecret", SHOP_GROUPS),
    "SOUK_SANDBOX_COURIER_SECRET": ("SandboxCourierSecret", SHOP_GROUPS),
    "SOUK_PICTURE_HOSTS": ("PictureHosts", ("catalog",)),
}
"""Variable -> the parameter that carries it and the groups that get it, where it is set at all."""

SANDBOX_ONLY = (
    "StripeUrl",
    "SandboxUrl",
    "SandboxPaymentSecret",
    "SandboxCourierSecret",
    "PictureHosts",
)
"""Parameters that a stage with real money does not even have."""


def resources(stage: str) -> Json:
    """Overrides for the functions that Chalice generates; each must meet one of the same name.

    The API's log group is one because Chalice renames that function after it has named the group.
    """
    found: Json = {
        declared.logical_id: {"Properties": {"Environment": {"Variables": optional}}}
        for declared in FUNCTIONS
        if (optional := optional_settings(stage, declared.group))
    }
    found["ApiHandlerLogGroup"] = {"Properties": {"LogGroupName": sub("/aws/lambda/${APIHandler}")}}
    for queue in QUEUES:
        _properties(found, queue.handler)["Events"] = _queue_events(queue, stage)
    _properties(found, STREAM.handler)["Events"] = _stream_events()
    for schedule in SCHEDULES:
        properties = _properties(found, schedule.handler)
        properties["Events"] = _schedule_events(schedule)
        properties["EventInvokeConfig"] = {"MaximumRetryAttempts": schedule.retries}
    return found


def shared_settings() -> Json:
    """Variables that every function gets and that only CloudFormation knows."""
    settings: Json = {table.setting: ref(table.logical_id) for table in TABLES}
    settings |= {queue.setting: ref(queue.logical_id) for queue in QUEUES if queue.setting}
    settings |= {bucket.setting: ref(bucket.logical_id) for bucket in BUCKETS if bucket.setting}
    settings |= {
        "SOUK_BUS": ref("Bus"),
        "SOUK_VERSION": ref("Version"),
        "SOUK_SHOP_URL": when("HasShopUrl", ref("ShopUrl"), "https://localhost"),
        "SOUK_MAIL_FROM": ref("MailFrom"),
        "SOUK_TOKEN_SECRET": ref("TokenSecret"),
    }
    return settings


def optional_settings(stage: str, group: str) -> Json:
    """Variables that only this group gets, and only where the operator has set them."""
    return {
        name: when(f"Has{parameter}", ref(parameter), NO_VALUE)
        for name, (parameter, groups) in OPTIONAL_SETTINGS.items()
        if group in groups and (stage in SANDBOX_STAGES or parameter not in SANDBOX_ONLY)
    }


def _properties(found: Json, handler: str) -> Json:
    properties: Json = found.setdefault(function(handler).logical_id, {"Properties": {}})[
        "Properties"
    ]
    return properties


def _queue_events(queue: Queue, stage: str) -> Json:
    most: Json = {"ScalingConfig": {"MaximumConcurrency": LOCAL_WORKERS_MAX}}
    return {
        f"{pascal(queue.handler)}SqsEventSource": {
            "Properties": {
                "Queue": att(queue.logical_id, "Arn"),
                "BatchSize": queue.batch_size,
                "MaximumBatchingWindowInSeconds": queue.window_s,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                **(most if stage == "local" else {}),
            }
        }
    }


def _stream_events() -> Json:
    """One bad row is cut out by bisection and parked; the others must not wait behind it."""
    return {
        f"{pascal(STREAM.handler)}DynamodbEventSource": {
            "Properties": {
                "Stream": att(f"{pascal(STREAM.table)}Table", "StreamArn"),
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": STREAM.batch_size,
                "BisectBatchOnFunctionError": True,
                "MaximumRetryAttempts": STREAM.retries,
                "MaximumRecordAgeInSeconds": STREAM.age_s,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "FilterCriteria": {"Filters": [{"Pattern": NEW_ROWS_ONLY}]},
                "DestinationConfig": {
                    "OnFailure": {"Type": "SQS", "Destination": att(STREAM.dead_logical_id, "Arn")}
                },
            }
        }
    }


def _schedule_events(schedule: Schedule) -> Json:
    return {f"{pascal(schedule.handler)}Event": {"Properties": {"Schedule": schedule.expression}}}
