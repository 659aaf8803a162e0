"""Use cases of members, by subject: addresses, favourites, the profile."""

from chalicelib.contexts.members.service.addresses import (
    add_address,
    addresses_of,
    change_address,
    prefer_address,
    remove_address,
)

__all__ = [
    "add_address",
    "addresses_of",
    "change_address",
    "prefer_address",
    "remove_address",
]
