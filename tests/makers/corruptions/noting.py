"""Where corruptions are noted by the invariant that they break."""

from collections.abc import Callable
from typing import Any

from tests.makers.patient import Patient

Spoil = Callable[[Patient], Any]
CORRUPTIONS: dict[str, Spoil] = {}


def breaks(slug: str) -> Callable[[Spoil], Spoil]:
    """Say which invariant a corruption breaks."""

    def note(spoil: Spoil) -> Spoil:
        assert slug not in CORRUPTIONS
        CORRUPTIONS[slug] = spoil
        return spoil

    return note
