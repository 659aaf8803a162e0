"""The list of members, for whoever has to do with all of them."""

from collections.abc import Sequence

from chalicelib.aws import outbox, reads
from chalicelib.aws.reads import Key
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.facts import joined
from chalicelib.contexts.identity.model import Audience, normal_email, normal_phone
from chalicelib.contexts.identity.store import listing, login_key
from chalicelib.kernel import ids
from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.shards import home_shard

SHARDS = listing.SHARDS
ACCOUNT = "acc_"
"""Begins every id of an account."""


def members_between(shard: int, first: str, last: str, limit: int) -> list[str]:
    """Read up to so many members' ids of one of `SHARDS` shards, in their order, which is that of
    their sign-up; both ends are included. Those who left are not among them. One round trip.
    """
    return listing.between(shard, first, last, limit)


def members_called(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Find members by email address, phone number or id: their ids, each once, and the names that are
    nobody's. One round trip for each hundred. For staff alone: it tells who has an account.
    """
    places = {name: place for name in names if (place := _place_called(name)) is not None}
    rows = dict(zip(places, reads.batch(list(places.values())), strict=True)) if places else {}
    unknown = [name for name in names if rows.get(name) is None]
    found = [
        row.sk if isinstance(row, listing.MemberNameItem) else row.account_id
        for name in names
        if (row := rows.get(name)) is not None
    ]
    return list(dict.fromkeys(found)), unknown


def _place_called(name: str) -> Key | None:
    """Where a member of this name would lie; None where nobody can be called so."""
    if name.startswith(ACCOUNT):
        return listing.member_key(name)
    try:
        login = normal_email(name) if "@" in name else normal_phone(name)
    except Malformed:
        return None
    return login_key(Audience.SHOP, login)


def newcomer(member_id: str, at: str) -> list[Write]:
    """Contribute that somebody became a member: listed, and told."""
    return [listing.entered(member_id), outbox.write(joined(member_id, at, ids.ulid()))]


def shard_of(member_id: str) -> int:
    """In which shard a member is listed."""
    return home_shard(member_id, SHARDS)
