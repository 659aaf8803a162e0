"""What a member likes: products and merchants, the newest first."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.kernel.errors import Refusal

FAVOURITES_MAX = 200
"""Of each kind; they lie in one row, which a listing reads to show what is liked."""
ID_LENGTH_MAX = 60


class TooManyFavourites(Refusal):
    code, status = "members.too_many_favourites", 422
    title = f"There is room for {FAVOURITES_MAX} favourites of each kind; remove one first"


class Liked(StrEnum):
    """What can be liked."""

    PRODUCT = "product"
    MERCHANT = "merchant"


class Favourite(Struct, frozen=True):
    """One liked thing: a product's or merchant's id, and since when (RFC 3339)."""

    kind: Liked
    id: str
    at: str


class Favourites(Struct, frozen=True):
    """A member's favourites; `version` counts changes."""

    liked: tuple[Favourite, ...] = ()
    version: int = 0

    def of(self, kind: Liked) -> list[Favourite]:
        """Those of one kind, the newest first."""
        return [one for one in reversed(self.liked) if one.kind is kind]

    def has(self, kind: Liked, liked_id: str) -> bool:
        return any((one.kind, one.id) == (kind, liked_id) for one in self.liked)


def with_one(found: Favourites, favourite: Favourite) -> Favourites:
    """Put one in; what is liked already stays as it is. Refuses `members.too_many_favourites`."""
    if found.has(favourite.kind, favourite.id):
        return found
    if len(found.of(favourite.kind)) >= FAVOURITES_MAX:
        raise TooManyFavourites
    return replace(found, liked=(*found.liked, favourite))


def without(found: Favourites, kind: Liked, liked_id: str) -> Favourites:
    """Take one out; what is not liked stays so."""
    if not found.has(kind, liked_id):
        return found
    kept = tuple(one for one in found.liked if (one.kind, one.id) != (kind, liked_id))
    return replace(found, liked=kept)
