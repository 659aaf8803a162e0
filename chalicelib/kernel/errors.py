"""Refusals: typed no's that a caller can cause. Each carries a stable dotted code and a status."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec import Struct


class FieldError(Struct, frozen=True):
    """What is wrong with one field of a request; `field` is its dotted path."""

    field: str
    code: str
    detail: str


class Refusal(Exception):
    """A "no" that a caller can cause. Subclasses set `code`, `status` and a `title`.

    `detail` tells this caller what happened and what to do; `extra` joins the problem document
    (RFC 9457); `errors` names the fields; `retry_after_s` becomes the Retry-After header.
    """

    code: ClassVar[str] = "souk.refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The request was refused"
    retry_after_s: int | None = None

    def __init__(
        self,
        detail: str = "",
        *,
        extra: Mapping[str, Any] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = dict(extra or {})
        self.errors = tuple(errors)

    def joined(self, others: Sequence["Refusal"]) -> "Refusal":
        """Make one refusal of several of this kind. The first speaks unless a kind can list them."""
        del others
        return self


class Malformed(Refusal):
    """The request cannot be read: syntax, a type, a missing, unknown or out-of-range field."""

    code, status, title = "request.malformed", 400, "The request cannot be read"


class BadCursor(Malformed):
    code, title = "request.bad_cursor", "The cursor is not one that Souk gave"


class NotSignedIn(Refusal):
    code, status, title = "identity.not_signed_in", 401, "Sign in first"


class Forbidden(Refusal):
    code, status, title = "identity.forbidden", 403, "Your role does not allow this"


class NotFound(Refusal):
    """Absent, or belonging to somebody else: the two look the same from outside."""

    code, status, title = "request.not_found", 404, "There is nothing here"


class Conflict(Refusal):
    """Somebody else changed it meanwhile."""

    code, status, title = "request.conflict", 409, "It was changed meanwhile; read it again"


class TooLarge(Refusal):
    code, status, title = "request.too_large", 413, "The request is too large"


class UnsupportedMedia(Refusal):
    code, status, title = "request.unsupported_media", 415, "This media type is not taken here"


class TooManyRequests(Refusal):
    code, status, title = "request.too_many", 429, "Too many requests; slow down"
    retry_after_s = 60


class Busy(Refusal):
    """The same rows are being written by too many at once; trying again helps."""

    code, status, title = "request.busy", 503, "Busy; try again in a moment"
    retry_after_s = 1
