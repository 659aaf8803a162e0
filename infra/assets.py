"""The files of `static/`, brought to their bucket with the headers that CloudFront passes on."""

import hashlib
import mimetypes
import re
from pathlib import Path

import boto3

from infra.package import Progress

HAS_HASH = re.compile(r"[.-][0-9a-f]{8,}\.")
FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300, stale-while-revalidate=86400"
"""For names that stay while their contents change."""

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
TYPES |= {".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}
TYPES |= {".woff2": "font/woff2", ".webp": "image/webp", ".avif": "image/avif"}


def upload(folder: Path, bucket: str, progress: Progress) -> int:
    """Upload what is new or changed under `folder`; the object's key is the path below it."""
    s3 = boto3.client("s3")
    present = {
        entry["Key"]: entry["ETag"].strip('"')
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for entry in page.get("Contents", [])
    }
    count = 0
    for path in sorted(folder.rglob("*")):
        key = path.relative_to(folder).as_posix()
        if not path.is_file() or path.name.startswith("."):
            continue
        body = path.read_bytes()
        if present.get(key) == hashlib.md5(body, usedforsecurity=False).hexdigest():
            continue
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType=content_type(key),
            CacheControl=cache_control(key),
        )
        count += 1
    progress(f"uploaded {count} static files")
    return count


def content_type(key: str) -> str:
    suffix = Path(key).suffix
    return TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"


def cache_control(key: str) -> str:
    """Names that carry a hash of their contents never change."""
    return FOREVER if HAS_HASH.search(key) else A_WHILE
