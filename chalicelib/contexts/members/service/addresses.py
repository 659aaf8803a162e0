"""The address book: written by its member alone, read by whoever sells to them."""

from collections.abc import Mapping

from chalicelib.contexts.members import store
from chalicelib.contexts.members.model import addresses as model
from chalicelib.contexts.members.model.addresses import Address, AddressBook
from chalicelib.kernel import ids
from chalicelib.kernel.actors import Actor


def addresses_of(actor: Actor) -> AddressBook:
    """Read the address book of the member who asks. One round trip; refuses everybody else."""
    return store.read(AddressBook, actor.as_member())


def add_address(
    actor: Actor, given: Mapping[str, str], *, is_default: bool = False, cause: str = ""
) -> Address:
    """Put an address into the member's book; the first one is taken first.

    The same `cause` (a form's or request's key) adds it once. Refuses `request.malformed` with the
    fields, `members.too_many_addresses`.
    """
    account_id = actor.as_member()
    address_id = ids.derived("adr", account_id, cause) if cause else ids.new("adr")
    address = model.checked(given, address_id)
    store.change(
        AddressBook, account_id, lambda book: model.added(book, address, is_default=is_default)
    )
    return address


def change_address(
    actor: Actor, address_id: str, given: Mapping[str, str], *, is_default: bool = False
) -> Address:
    """Write an address anew. Refuses `request.not_found` and what `add_address` does."""
    account_id, address = actor.as_member(), model.checked(given, address_id)
    store.change(
        AddressBook, account_id, lambda book: model.changed(book, address, is_default=is_default)
    )
    return address


def remove_address(actor: Actor, address_id: str) -> None:
    """Take an address out of the book. Refuses `request.not_found`."""
    store.change(AddressBook, actor.as_member(), lambda book: model.removed(book, address_id))


def prefer_address(actor: Actor, address_id: str) -> None:
    """Take an address first from now on. Refuses `request.not_found`."""
    store.change(AddressBook, actor.as_member(), lambda book: model.preferred(book, address_id))
