"""What this room holds about a member, and forgetting it."""

from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.contexts.members import store
from chalicelib.contexts.members.model.addresses import AddressBook
from chalicelib.contexts.members.model.birthdays import Birthday
from chalicelib.contexts.members.model.favourites import Favourites
from chalicelib.contexts.members.model.profile import Profile
from chalicelib.contexts.members.service import avatars, points


def held_about(account_id: str) -> dict[str, Any]:
    """Gather a member's documents, points and tier."""
    shapes: dict[str, Any] = {
        "profile": Profile,
        "addresses": AddressBook,
        "favourites": Favourites,
        "birthday": Birthday,
    }
    rows = reads.batch([store.key(shape, account_id) for shape in shapes.values()])
    documents = {
        name: store.document_of(shape, row)
        for (name, shape), row in zip(shapes.items(), rows, strict=True)
    }
    return documents | points.held_about(account_id)


def forget_member(account_id: str) -> None:
    """Remove everything of a member, the picture's files first; what is gone stays so.

    Each row by itself: a transaction that is sent again within ten minutes is not done again.
    """
    avatars.forget_files(account_id)
    points.forget_points(account_id)
    for write in store.forget(account_id):
        transact.commit([write])
