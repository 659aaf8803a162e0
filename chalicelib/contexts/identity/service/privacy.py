"""What this room holds about a member, and closing an account for good."""

from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity import store
from chalicelib.contexts.identity.store import closing as rows
from chalicelib.contexts.identity.store import linked, passkeys
from chalicelib.contexts.identity.store import sessions as entries
from chalicelib.kernel.errors import NotFound


def held_about(account_id: str) -> dict[str, Any]:
    """Gather an account with how it is entered; of sessions only when they were made and seen."""
    place = store.account_key(account_id)
    account = reads.get(store.AccountItem, place.pk, place.sk)
    if account is None:
        raise NotFound
    credentials, links = linked.ways_in(account_id)
    return {
        "account": store.account_of(account),
        "credentials": [sk.split("#")[1] for sk in credentials],
        "passkeys": [passkeys.passkey_of(row) for row in passkeys.entries(account_id)],
        "linked_logins": [linked.linked_of(row) for row in links],
        "sessions": [
            {"created_at": row.created_at, "seen_at": row.seen_at, "device": row.device}
            for row in entries.entries(account_id)
        ],
    }


def closing(account_id: str) -> list[Write]:
    """What closes an account for good: name, logins, credentials and links go. Two round trips.

    The row of the account stays, empty, so that its id is never another's.
    """
    return rows.closing(account_id)


def still_open(account_id: str) -> Write:
    """What keeps a worker's late write out of a closed account. Refuses `request.not_found`."""
    return rows.still_open(account_id)


def end_sessions(account_id: str) -> None:
    """End every session of an account, in every browser and program.

    Each by itself: a transaction that is sent again within ten minutes is not done again.
    """
    for row in entries.entries(account_id):
        for write in entries.end(account_id, row.token_hash):
            transact.commit([write])
