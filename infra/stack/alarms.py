"""What wakes somebody up: anything in a dead-letter queue, failing answers, a relay that lags."""

from infra.stack.cfn import Json, att, ref, resource
from infra.wiring import API_STAGE, QUEUES, SCHEDULES, STREAM, function

API_FAILURES_PER_5_MIN = 5
RELAY_LAG_MS_MAX = 60_000
PERIOD_S = 300


def resources(stage: str) -> Json:
    """One topic and the alarms that speak to it."""
    found: Json = {
        "AlarmTopic": resource("AWS::SNS::Topic", {"TopicName": f"{stage}-souk-alarms"}),
        "AlarmMail": resource(
            "AWS::SNS::Subscription",
            {
                "TopicArn": ref("AlarmTopic"),
                "Protocol": "email",
                "Endpoint": ref("AlarmAddress"),
            },
            Condition="HasAlarmAddress",
        ),
        "ApiFailuresAlarm": _alarm(
            "The API answers with server errors",
            ("AWS/ApiGateway", "5XXError", {"ApiName": f"{stage}-souk", "Stage": API_STAGE}),
            API_FAILURES_PER_5_MIN,
            "Sum",
        ),
        "RelayLagAlarm": _alarm(
            "Facts wait too long for the bus",
            ("AWS/Lambda", "IteratorAge", _function(STREAM.handler)),
            RELAY_LAG_MS_MAX,
            "Maximum",
        ),
    }
    for dead_id in [queue.dead_logical_id for queue in QUEUES] + [STREAM.dead_logical_id]:
        found[f"{dead_id}Alarm"] = _dead_letters(dead_id)
    for schedule in SCHEDULES:
        found[f"{function(schedule.handler).logical_id}Alarm"] = _alarm(
            f"The schedule {schedule.handler} fails",
            ("AWS/Lambda", "Errors", _function(schedule.handler)),
            1,
            "Sum",
        )
    return found


def _dead_letters(dead_id: str) -> Json:
    metric = "ApproximateNumberOfMessagesVisible"
    return _alarm(
        "Messages were given up; see `make status` and `make redrive`",
        ("AWS/SQS", metric, {"QueueName": att(dead_id, "QueueName")}),
        1,
        "Maximum",
    )


def _function(handler: str) -> Json:
    return {"FunctionName": ref(function(handler).logical_id)}


def _alarm(description: str, metric: tuple[str, str, Json], threshold: int, statistic: str) -> Json:
    namespace, name, dimensions = metric
    return resource(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmDescription": description,
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            "Statistic": statistic,
            "Period": PERIOD_S,
            "EvaluationPeriods": 1,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [ref("AlarmTopic")],
            "OKActions": [ref("AlarmTopic")],
        },
    )
