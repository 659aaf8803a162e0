"""The tables of a stage made directly on an engine, without CloudFormation.

Tests and benchmarks use it; the descriptions are those of the template, so an index that the
template lacks is lacking here too.
"""

from typing import Any

from infra.stack.storage import resources
from infra.wiring import TABLES

CREATE_ARGUMENTS = (
    "TableName",
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
)


def create_tables(dynamodb: Any, stage: str) -> None:
    """Create every table. `dynamodb` is a boto3 client."""
    described = resources(stage)
    for table in TABLES:
        properties = described[table.logical_id]["Properties"]
        arguments = {name: properties[name] for name in CREATE_ARGUMENTS if name in properties}
        dynamodb.create_table(**arguments)
