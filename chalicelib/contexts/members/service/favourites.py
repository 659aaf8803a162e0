"""Favourites: liked and let go by their member alone."""

from collections.abc import Iterable
from functools import reduce

from chalicelib.contexts.members import store
from chalicelib.contexts.members.model import favourites as model
from chalicelib.contexts.members.model.favourites import Favourite, Favourites, Liked
from chalicelib.kernel import clock
from chalicelib.kernel.actors import Actor


def favourites_of(actor: Actor) -> Favourites:
    """Read the favourites of the member who asks. One round trip."""
    return store.read(Favourites, actor.as_member())


def like(actor: Actor, kind: Liked, liked_id: str) -> None:
    """Put a product or merchant among the favourites; once is enough.

    Whether there is such a thing is for the door to know. Refuses `members.too_many_favourites`.
    """
    favourite = Favourite(kind, liked_id, clock.iso(clock.now()))
    store.change(Favourites, actor.as_member(), lambda seen: model.with_one(seen, favourite))


def let_go(actor: Actor, kind: Liked, liked_id: str) -> None:
    """Take a favourite out; one that is none stays so."""
    store.change(Favourites, actor.as_member(), lambda seen: model.without(seen, kind, liked_id))


def let_all_go(actor: Actor, unwanted: Iterable[tuple[Liked, str]]) -> None:
    """Take several favourites out at once; those that are none stay so."""
    named = list(unwanted)
    store.change(
        Favourites,
        actor.as_member(),
        lambda seen: reduce(lambda kept, one: model.without(kept, *one), named, seen),
    )
