"""The table `members`: a row for each of a member's profile, address book and favourites."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, retries, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.members.model.addresses import AddressBook
from chalicelib.contexts.members.model.favourites import Favourites
from chalicelib.contexts.members.model.profile import Profile
from chalicelib.kernel.errors import Busy, Refusal

D = TypeVar("D", AddressBook, Favourites, Profile)


class MembersItem(Item):
    class Meta:
        room = "members"

    kind = DiscriminatorAttribute()


class DocumentItem(MembersItem, discriminator="DOCUMENT"):
    """What a member's rows have in common: a document and how often it was changed."""

    version = NumberAttribute()
    document: DocumentAttribute[Any]


class ProfileItem(DocumentItem, discriminator="PROFILE"):
    document: DocumentAttribute[Profile] = DocumentAttribute(Profile)


class AddressBookItem(DocumentItem, discriminator="ADDRESSES"):
    """One row, so that at most twenty are in it and one of them comes first, whoever writes."""

    document: DocumentAttribute[AddressBook] = DocumentAttribute(AddressBook)


class FavouritesItem(DocumentItem, discriminator="FAVOURITES"):
    document: DocumentAttribute[Favourites] = DocumentAttribute(Favourites)


class MembersMarkerItem(MembersItem, discriminator="DONE"):
    fact = UnicodeAttribute()


ITEMS: dict[type[Any], tuple[type[DocumentItem], str]] = {
    Profile: (ProfileItem, "PROFILE"),
    AddressBook: (AddressBookItem, "ADDRESSES"),
    Favourites: (FavouritesItem, "FAVOURITES"),
}


def partition(account_id: str) -> str:
    return f"MEMBER#{account_id}"


def key(shape: type[Any], account_id: str) -> Key:
    """Where a member's document of this shape lies."""
    item, sk = ITEMS[shape]
    return Key(item, partition(account_id), sk)


def document_of(shape: type[D], row: Any) -> D:
    """Return the document that a row holds; an empty one where there is no row."""
    found: D = row.document if row is not None else shape()
    return found


def read(shape: type[D], account_id: str) -> D:
    """Read a member's document. One round trip."""
    place = key(shape, account_id)
    return document_of(shape, reads.get(place.item, place.pk, place.sk))


def change(
    shape: type[D],
    account_id: str,
    make: Callable[[D], D],
    beside: Callable[[D], list[Write]] = lambda _: [],
) -> D:
    """Change a member's document, as often as others change it meanwhile. Two round trips.

    `make` may refuse; what it leaves as it is is not written. `beside` is written with it.
    """
    for attempt in range(retries.ROUNDS_MAX):
        seen = read(shape, account_id)
        made = make(seen)
        if made == seen:
            return seen
        try:
            return _written(shape, account_id, seen, made, beside(made))
        except _Changed:
            retries.pause(attempt)
    raise Busy


def _written(shape: type[D], account_id: str, seen: D, made: D, beside: list[Write]) -> D:
    item, sk = ITEMS[shape]
    fresh = _counted(made, seen.version + 1)
    row = item(partition(account_id), sk, version=fresh.version, document=fresh)
    unchanged = item.version == seen.version if seen.version else item.pk.does_not_exist()
    transact.commit([transact.put(row, unchanged, refuse=lambda _old: _Changed()), *beside])
    return fresh


def _counted(made: D, version: int) -> D:
    return replace(made, version=version)


class _Changed(Refusal):
    """Another request changed the row meanwhile: read and make it again."""


def forget(account_id: str) -> list[Write]:
    """Contribute the end of all documents of a member."""
    pk = partition(account_id)
    return [transact.delete(item(pk, sk)) for item, sk in ITEMS.values()]
