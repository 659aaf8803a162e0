"""`/static/…` straight from the checkout, with the types and the caution of a file server."""

import hashlib
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote_to_bytes

from infra.assets import content_type
from infra.local.door.server import Request, Response

FRESH = b"no-cache"
"""Ask again each time: on one machine a changed stylesheet is to be seen at once."""


def find(root: Path, request: Request, prefix: bytes) -> Response | None:
    """The file that `request` names below `root`, None where there is none that may be seen."""
    name = unquote_to_bytes(request.raw_path.removeprefix(prefix))
    if b"\0" in name or b"\\" in name:
        return None
    try:
        path = (root / name.decode()).resolve()
        if not path.is_relative_to(root.resolve()) or not path.is_file():
            return None
        facts = path.stat()
        tag = hashlib.sha256(f"{facts.st_mtime_ns}-{facts.st_size}".encode()).hexdigest()[:16]
        headers = [
            (b"ETag", f'"{tag}"'.encode()),
            (b"Cache-Control", FRESH),
            (b"Last-Modified", formatdate(facts.st_mtime, usegmt=True).encode()),
            (b"X-Content-Type-Options", b"nosniff"),
        ]
        if f'"{tag}"'.encode() in request.header(b"if-none-match"):
            return Response(304, headers)
        headers.append((b"Content-Type", content_type(path.name).encode()))
        return Response(200, headers, path.read_bytes())
    except (OSError, UnicodeDecodeError):
        return None
