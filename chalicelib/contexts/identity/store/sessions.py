"""What a member's list of sessions is made of: a row in the account's partition for each session."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.model import (
    LIFETIMES,
    SESSIONS_AT_ONCE,
    Account,
    Audience,
    SessionEntry,
)
from chalicelib.contexts.identity.store import (
    IdentityItem,
    SessionItem,
    new_session,
    renew,
    token_hash,
)
from chalicelib.kernel import clock
from chalicelib.kernel.actors import ActorKind

ID_LENGTH = 24


class SessionEntryItem(IdentityItem, discriminator="SESSION_ENTRY"):
    """A session as its account lists it; it ends together with the session's own row."""

    token_hash = UnicodeAttribute()
    device = UnicodeAttribute(default="")
    created_at = UnicodeAttribute()
    seen_at = UnicodeAttribute()


def begin(account: Account, kind: ActorKind, token: str, now: datetime, device: str) -> list[Write]:
    """Contribute a session and its place in the account's list."""
    pk, sk = _place(account.id, token_hash(token))
    entry = SessionEntryItem(
        pk,
        sk,
        token_hash=token_hash(token),
        device=device,
        created_at=clock.iso(now),
        seen_at=clock.iso(now),
        expires_at=clock.epoch(LIFETIMES[account.audience].until(now, now)),
    )
    return [new_session(account, kind, token, now), transact.create(entry)]


def renewed(row: SessionItem, now: datetime) -> list[Write]:
    """Contribute a later end of a session, in both places; one that ended meanwhile stays so."""
    hashed = row.pk.removeprefix("SESSION#")
    pk, sk = _place(row.account_id, hashed)
    until = LIFETIMES[Audience(row.audience)].until(clock.parse(row.created_at), now)
    actions: list[Any] = [
        SessionEntryItem.kind.set(SessionEntryItem),
        SessionEntryItem.token_hash.set(hashed),
        SessionEntryItem.created_at.set(row.created_at),
        SessionEntryItem.seen_at.set(clock.iso(now)),
        SessionEntryItem.expires_at.set(clock.epoch(until)),
    ]
    return [renew(row, now), transact.update(SessionEntryItem(pk, sk), actions)]


def end(account_id: str, hashed: str) -> list[Write]:
    """Contribute the end of one session. One that is over already stays so."""
    pk, sk = _place(account_id, hashed)
    return [
        transact.delete(SessionItem(f"SESSION#{hashed}", "SESSION")),
        transact.delete(SessionEntryItem(pk, sk)),
    ]


def entries(account_id: str) -> list[SessionEntryItem]:
    """Read an account's sessions that are not over, the oldest first."""
    now = clock.epoch(clock.now())
    rows = reads.query_all(SessionEntryItem, f"ACCOUNT#{account_id}", begins_with="SESSION#")
    good = [row for row in rows if int(row.expires_at or 0) > now]
    return sorted(good, key=lambda row: row.created_at)


def entry_of(row: SessionEntryItem, current: str) -> SessionEntry:
    ends = datetime.fromtimestamp(int(row.expires_at or 0), tz=UTC)
    return SessionEntry(
        id=row.sk.removeprefix("SESSION#"),
        device=row.device,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=clock.iso(ends),
        is_current=row.token_hash == current,
    )


def end_all(account_id: str, *, but: str = "") -> list[Write]:
    """End all sessions but one; contributes the end of the last ones, for the caller's transaction.

    More than one transaction holds are ended at once, the others with whatever the caller writes.
    """
    hashes = [row.token_hash for row in entries(account_id) if row.token_hash != but]
    while len(hashes) > SESSIONS_AT_ONCE:
        now, hashes = hashes[:SESSIONS_AT_ONCE], hashes[SESSIONS_AT_ONCE:]
        transact.commit(_ends(account_id, now))
    return _ends(account_id, hashes)


def _ends(account_id: str, hashes: Iterable[str]) -> list[Write]:
    return [write for hashed in hashes for write in end(account_id, hashed)]


def _place(account_id: str, hashed: str) -> tuple[str, str]:
    return f"ACCOUNT#{account_id}", f"SESSION#{hashed[:ID_LENGTH]}"
