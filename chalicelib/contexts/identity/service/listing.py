"""The list of members, for whoever has to do with all of them."""

from chalicelib.aws import outbox
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.facts import joined
from chalicelib.contexts.identity.store import listing
from chalicelib.kernel import ids
from chalicelib.kernel.shards import home_shard

SHARDS = listing.SHARDS


def members_between(shard: int, first: str, last: str, limit: int) -> list[str]:
    """Read up to so many members' ids of one of `SHARDS` shards, in their order, which is that of
    their sign-up; both ends are included. Those who left are not among them. One round trip.
    """
    return listing.between(shard, first, last, limit)


def newcomer(member_id: str, at: str) -> list[Write]:
    """Contribute that somebody became a member: listed, and told."""
    return [listing.entered(member_id), outbox.write(joined(member_id, at, ids.ulid()))]


def shard_of(member_id: str) -> int:
    """In which shard a member is listed."""
    return home_shard(member_id, SHARDS)
