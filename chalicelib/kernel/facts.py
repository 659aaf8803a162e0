"""Facts: what happened, past tense, immutable, versioned and self-sufficient."""

from typing import ClassVar

from msgspec import Struct


class Fact(Struct, frozen=True, kw_only=True):
    """Something that happened. Subclasses set `name` (`<context>.<Fact>`) and `version`.

    `id` is a ULID made when the fact was committed, or derived from its cause; `occurred_at` is
    RFC 3339 in UTC. `aggregate` (see each fact) is the id whose history the fact belongs to.
    """

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1

    id: str
    occurred_at: str

    @property
    def aggregate(self) -> str:
        """The id under which the outbox keeps this fact's history."""
        raise AssertionError("a fact names its aggregate")
