"""What makes some bytes a picture that Souk takes, as far as bytes alone can tell.

A file that is a picture and something else at once, a polyglot, is refused, though what Souk keeps
is painted anew: whoever made it meant no good.
"""

from enum import StrEnum

BYTES_MAX = 20_000_000
SIDE_MAX_PX = 12_000
PIXELS_MAX = 60_000_000
"""What is decoded takes four bytes a pixel, and the worker has a gigabyte."""

SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
)
HEAD_BYTES = 1_024
TAIL_BYTES = 66_000
"""Readers of archives look for the directory in the last 64 KB."""

MARKS_ANYWHERE = (b"<script", b"<?php", b"<!doctype html", b"<html", b"<svg")
MARKS_AT_THE_HEAD = (b"%pdf-",)
MARKS_AT_THE_TAIL = (
    (b"pk\x03\x04", b"pk\x05\x06"),
    (b"%pdf-", b"%%eof"),
    (b"mz\x90\x00", b"pe\0\0"),
)


class PictureProblem(StrEnum):
    """Why a picture or video cannot be taken; stable, shown to whoever handed it in."""

    TOO_LARGE = "picture.too_large"
    TOO_MANY_PIXELS = "picture.too_many_pixels"
    UNKNOWN_KIND = "picture.unknown_kind"
    POLYGLOT = "picture.polyglot"
    BROKEN = "picture.broken"
    NOT_FETCHED = "picture.not_fetched"


class PictureRefused(ValueError):
    """Some bytes are no picture that Souk takes. Trying again would not help."""

    def __init__(self, problem: PictureProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def kind_of(body: bytes) -> tuple[str, str] | None:
    """Tell content type and extension by the first bytes, whatever the sender said."""
    for signature, content_type, extension in SIGNATURES:
        if body.startswith(signature):
            return content_type, extension
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp", "webp"
    return None


def check_bytes(body: bytes) -> None:
    """Raise `PictureRefused` for what is too large, of another kind, or of two kinds at once."""
    if len(body) > BYTES_MAX:
        raise PictureRefused(PictureProblem.TOO_LARGE)
    if kind_of(body) is None:
        raise PictureRefused(PictureProblem.UNKNOWN_KIND)
    lower = body.lower()
    if any(mark in lower for mark in MARKS_ANYWHERE):
        raise PictureRefused(PictureProblem.POLYGLOT)
    if any(mark in lower[:HEAD_BYTES] for mark in MARKS_AT_THE_HEAD):
        raise PictureRefused(PictureProblem.POLYGLOT)
    tail = lower[-TAIL_BYTES:]
    if any(all(mark in tail for mark in marks) for marks in MARKS_AT_THE_TAIL):
        raise PictureRefused(PictureProblem.POLYGLOT)


def check_size(width: int, height: int) -> None:
    """Raise `PictureRefused` for more pixels than are decoded."""
    if max(width, height) > SIDE_MAX_PX or width * height > PIXELS_MAX:
        raise PictureRefused(PictureProblem.TOO_MANY_PIXELS)
