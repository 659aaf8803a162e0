"""boto3 clients other than DynamoDB's: made on first use, kept for the container's life."""

from functools import cache
from typing import Any

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 10
ATTEMPTS_MAX = 4


@cache
def client(service: str) -> Any:
    """Return the client of one AWS service, with bounded timeouts and jittered retries.

    boto3 takes a quarter of a second to import, and most requests need DynamoDB alone.
    """
    import boto3
    from botocore.config import Config

    make: Any = boto3.client  # its stubs know services by literal names only
    return make(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
        ),
    )
