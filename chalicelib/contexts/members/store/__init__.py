"""The table `members`: a row for each of a member's profile, address book, favourites and birthday."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, retries, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.members.model.addresses import AddressBook
from chalicelib.contexts.members.model.birthdays import Birthday
from chalicelib.contexts.members.model.favourites import Favourites
from chalicelib.contexts.members.model.profile import Profile
from chalicelib.kernel.errors import Busy, Refusal

D = TypeVar("D", AddressBook, Birthday, Favourites, Profile)

Due = tuple[str | None, str | None]
"""The shard of the timers, and when; neither for never."""


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


class BirthdayItem(DocumentItem, discriminator="BIRTHDAY"):
    """The timer of the next birthday, too."""

    document: DocumentAttribute[Birthday] = DocumentAttribute(Birthday)


class MembersMarkerItem(MembersItem, discriminator="DONE"):
    fact = UnicodeAttribute()


ITEMS: dict[type[Any], tuple[type[DocumentItem], str]] = {
    Profile: (ProfileItem, "PROFILE"),
    AddressBook: (AddressBookItem, "ADDRESSES"),
    Favourites: (FavouritesItem, "FAVOURITES"),
    Birthday: (BirthdayItem, "BIRTHDAY"),
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
    due: Callable[[D], Due] = lambda _: (None, None),
) -> D:
    """Change a member's document, as often as others change it meanwhile. Two round trips.

    `make` may refuse; what it leaves as it is is not written. `beside` is written with it; `due` says
    in which shard of the timers, and when, somebody is to look at it again.
    """
    item, sk = ITEMS[shape]
    for attempt in range(retries.ROUNDS_MAX):
        seen = read(shape, account_id)
        made: D = make(seen)
        if made == seen:
            return seen
        fresh = _counted(made, seen.version + 1)
        row = item(partition(account_id), sk, version=fresh.version, document=fresh)
        row.due_shard, row.due_at = due(fresh)
        unchanged = item.version == seen.version if seen.version else item.pk.does_not_exist()
        kept = transact.put(row, unchanged, refuse=lambda _old: _Changed())
        try:
            transact.commit([kept, *beside(made)])
        except _Changed:
            retries.pause(attempt)
        else:
            return fresh
    raise Busy


def _counted(made: D, version: int) -> D:
    return replace(made, version=version)


class _Changed(Refusal):
    """Another request changed the row meanwhile: read and make it again."""


def forget(account_id: str) -> list[Write]:
    """Contribute the end of all documents of a member."""
    pk = partition(account_id)
    return [transact.delete(item(pk, sk)) for item, sk in ITEMS.values()]
