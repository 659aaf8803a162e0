"""boto3 clients other than DynamoDB's: made on first use, kept for the container's life."""

from functools import cache
from typing import Any

from chalicelib.aws import retries


def call(service: str, operation: str, **arguments: Any) -> Any:
    """Call a service by the method's name, as often as `retries` allows. Refuses `Busy`."""
    return retries.persist(lambda _: getattr(client(service), operation)(**arguments))


@cache
def client(service: str) -> Any:
    """Return the client of one AWS service, with bounded timeouts, which sends once.

    boto3 takes a quarter of a second to import, and most requests need DynamoDB alone.
    """
    import boto3
    from botocore.config import Config

    make: Any = boto3.client  # its stubs know services by literal names only
    return make(
        service,
        config=Config(
            connect_timeout=retries.CONNECT_TIMEOUT_S,
            read_timeout=retries.READ_TIMEOUT_S,
            retries=retries.SEND_ONCE,
            # Left alone, forms for us-east-1 are signed in a way that new buckets refuse.
            signature_version="s3v4" if service == "s3" else None,
        ),
    )
