"""Files in S3: pictures, uploads."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.aws.clients import call, client

PRESIGNED_TTL_S = 3_600


def put(bucket: str, key: str, body: bytes, *, content_type: str, cache_control: str = "") -> None:
    """Store a file."""
    extra = {"CacheControl": cache_control} if cache_control else {}
    call("s3", "put_object", Bucket=bucket, Key=key, Body=body, ContentType=content_type, **extra)


def get(bucket: str, key: str) -> bytes | None:
    """Read a whole file; None where there is none."""
    try:
        answer = call("s3", "get_object", Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            return None
        raise
    body: bytes = answer["Body"].read()
    return body


def stream(bucket: str, key: str) -> Any:
    """Open a file for reading piece by piece (botocore's StreamingBody)."""
    return call("s3", "get_object", Bucket=bucket, Key=key)["Body"]


def pieces(
    bucket: str, key: str, *, start: int = 0, size_bytes: int = 4_000_000
) -> Iterator[bytes]:
    """Read a file piece by piece from a byte on, a request each, so that no connection grows old.

    Ends at once where there is no file.
    """
    while True:
        wanted = f"bytes={start}-{start + size_bytes - 1}"
        try:
            answer = call("s3", "get_object", Bucket=bucket, Key=key, Range=wanted)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404", "InvalidRange", "416"}:
                return
            raise
        piece: bytes = answer["Body"].read()
        yield piece
        start += len(piece)
        if len(piece) < size_bytes:
            return


def size(bucket: str, key: str) -> int | None:
    """How many bytes a file has; None where there is none."""
    try:
        answer = call("s3", "head_object", Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404", "NotFound"}:
            return None
        raise
    length: int = answer["ContentLength"]
    return length


def upload_form(
    bucket: str, key: str, *, size_bytes_max: int, content_type: str, back: str = ""
) -> dict[str, Any]:
    """Make a form that lets a browser or program upload one file: `{"url", "fields"}`.

    `back` is the address that a browser goes on to when the file has arrived.
    """
    fields = {"Content-Type": content_type}
    if back:
        fields["success_action_redirect"] = back
    form: dict[str, Any] = client("s3").generate_presigned_post(
        Bucket=bucket,
        Key=key,
        Fields=fields,
        Conditions=[
            ["content-length-range", 1, size_bytes_max],
            *({name: value} for name, value in fields.items()),
        ],
        ExpiresIn=PRESIGNED_TTL_S,
    )
    return form


def remove(bucket: str, key: str) -> None:
    """Remove a file; one that is gone stays so."""
    call("s3", "delete_object", Bucket=bucket, Key=key)


def download_url(bucket: str, key: str, *, ttl_s: int) -> str:
    """Make an address at which whoever has it may fetch one file for a while."""
    url: str = client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=ttl_s
    )
    return url
