"""Members: what belongs to a person who is signed in, beside the sign-in itself.

Owns the table `members`: profiles (nickname, picture, language), address books, favourites, points and
tiers. Emits `members.PointsMoved` and `members.TierChanged`. Reacts to members' files arriving in the
uploads' bucket: checks the pictures and paints them anew; and to orders that are paid, completed and
refunded: they earn points and tiers, or take them back. A room on a higher floor reads an address
book with `service.addresses_of`, and lets a purchase spend points with `service.points`.
"""

from chalicelib.contexts.members.model.addresses import Address, AddressBook
from chalicelib.contexts.members.model.points import PointsChanged, PointsShort

__all__ = ["Address", "AddressBook", "PointsChanged", "PointsShort"]
