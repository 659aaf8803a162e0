"""Members: what belongs to a person who is signed in, beside the sign-in itself.

Owns the table `members`: profiles (nickname, picture, language), address books, favourites. Reacts to
members' files arriving in the uploads' bucket: checks the pictures and paints them anew. A room
on a higher floor reads an address book with `service.addresses_of`.
"""

from chalicelib.contexts.members.model.addresses import Address, AddressBook

__all__ = ["Address", "AddressBook"]
