"""The list of members: who has an account, in the order of their ids, which is that of time.

| pk | sk | row |
|---|---|---|
| `MEMBERS#shard` | account's id | that this account is a member's; it goes when the account is closed |
"""

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.store import IdentityItem
from chalicelib.kernel.shards import home_shard

SHARDS = 16


class MemberNameItem(IdentityItem, discriminator="MEMBER_NAME"):
    """That there is such a member."""


def entered(account_id: str) -> Write:
    """Contribute that an account is a member's."""
    return transact.put(_row(account_id))


def left(account_id: str) -> Write:
    """Contribute that an account is nobody's any more."""
    return transact.delete(_row(account_id))


def between(shard: int, first: str, last: str, limit: int) -> list[str]:
    """Read up to so many ids of members of one shard, both ends included. One round trip."""
    rows = reads.query(
        MemberNameItem, f"MEMBERS#{shard}", between=(first, last), limit=limit, attributes=("sk",)
    )
    return [row.sk for row in rows.items]


def member_key(account_id: str) -> Key:
    """Where it lies that an account is a member's."""
    row = _row(account_id)
    return Key(MemberNameItem, row.pk, row.sk)


def _row(account_id: str) -> MemberNameItem:
    return MemberNameItem(f"MEMBERS#{home_shard(account_id, SHARDS)}", account_id)
