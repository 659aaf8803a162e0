"""Rows of the identity table. Tokens and passwords are here as hashes only."""

import hashlib
from datetime import datetime
from typing import Any

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.aws import reads, retries, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.model import (
    ADDRESS_WINDOW_S,
    FAILURES_MEMORY_S,
    LIFETIMES,
    Account,
    ApiKey,
    Audience,
    AuditEntry,
    CannotRegister,
    Session,
    SignInThrottled,
    throttle_s,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor, ActorKind
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.paging import Page


class IdentityItem(Item):
    class Meta:
        room = "identity"

    kind = DiscriminatorAttribute()


class AccountItem(IdentityItem, discriminator="ACCOUNT"):
    audience = UnicodeAttribute()
    email = UnicodeAttribute(default="")
    phone = UnicodeAttribute(default="")
    name = UnicodeAttribute(default="")
    locale = UnicodeAttribute(default="en")
    role = UnicodeAttribute(default="")
    merchant_id = UnicodeAttribute(default="")
    created_at = UnicodeAttribute()
    verified_at = UnicodeAttribute(default="")
    closed_at = UnicodeAttribute(null=True)


class CredentialItem(IdentityItem, discriminator="CREDENTIAL"):
    """A password's argon2id hash, with its own salt and costs in the text."""

    password_hash = UnicodeAttribute()
    changed_at = UnicodeAttribute()


class LoginItem(IdentityItem, discriminator="LOGIN"):
    """One login belongs to one account: this row's key is what makes it unique."""

    account_id = UnicodeAttribute()


class SessionItem(IdentityItem, discriminator="SESSION"):
    """All that a request needs to know who asks, so that knowing costs one read."""

    account_id = UnicodeAttribute()
    audience = UnicodeAttribute()
    actor_kind = UnicodeAttribute()
    merchant_id = UnicodeAttribute(default="")
    role = UnicodeAttribute(default="")
    name = UnicodeAttribute(default="")
    email = UnicodeAttribute(default="")
    locale = UnicodeAttribute(default="en")
    created_at = UnicodeAttribute()
    seen_at = UnicodeAttribute()


class ApiKeyItem(IdentityItem, discriminator="KEY"):
    """What a token opens: found by the token's hash."""

    key_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()


class ApiKeyEntryItem(IdentityItem, discriminator="KEY_ENTRY"):
    """What a merchant's console lists, in the merchant's own partition."""

    key_id = UnicodeAttribute()
    label = UnicodeAttribute(default="")
    hint = UnicodeAttribute()
    token_hash = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute()


class ThrottleItem(IdentityItem, discriminator="THROTTLE"):
    """Failed sign-ins of one login or one address; a successful one removes a login's row."""

    failures = NumberAttribute(default=0)
    blocked_until = NumberAttribute(default=0)


class AuditItem(IdentityItem, discriminator="AUDIT"):
    at = UnicodeAttribute()
    actor = UnicodeAttribute()
    action = UnicodeAttribute()
    subject = UnicodeAttribute()
    detail = UnicodeAttribute(default="")


def token_hash(token: str) -> str:
    """The hash under which a token is kept. 160 bits of chance need no salt and no stretching."""
    return hashlib.sha256(token.encode()).hexdigest()


def account_key(account_id: str) -> Key:
    return Key(AccountItem, f"ACCOUNT#{account_id}", "PROFILE")


def credential_key(account_id: str) -> Key:
    return Key(CredentialItem, f"ACCOUNT#{account_id}", "CREDENTIAL#password")


def login_key(audience: Audience, login: str) -> Key:
    return Key(LoginItem, f"LOGIN#{audience}#{login}", "LOGIN")


def session_key(token: str) -> Key:
    return Key(SessionItem, f"SESSION#{token_hash(token)}", "SESSION")


def api_key_key(token: str) -> Key:
    return _api_key_place(token_hash(token))


def throttle_key(audience: Audience, login: str) -> Key:
    """Failures of a login, whether or not there is such an account."""
    return Key(ThrottleItem, f"THROTTLE#{token_hash(f'{audience}#{login}')}", "THROTTLE")


def guess_key(about: str) -> Key:
    """Failures of guessing what another room keeps."""
    return Key(ThrottleItem, f"THROTTLE#{token_hash(f'guess#{about}')}", "THROTTLE")


def address_key(address: str, now: datetime) -> Key:
    """Failures of a network address within the present minute."""
    window = clock.epoch(now) // ADDRESS_WINDOW_S
    return Key(ThrottleItem, f"THROTTLE#address#{token_hash(address)}", f"WINDOW#{window}")


def new_account(account: Account, login: str, password_hash: str) -> list[Write]:
    """Contribute an account with its login and password; refuses a login that is taken."""
    account_at, credential_at = account_key(account.id), credential_key(account.id)
    login_at = login_key(account.audience, login)
    return [
        transact.create(
            LoginItem(login_at.pk, login_at.sk, account_id=account.id),
            refuse=lambda _old: CannotRegister(),
        ),
        transact.create(
            AccountItem(
                account_at.pk,
                account_at.sk,
                audience=account.audience.value,
                email=account.email,
                phone=account.phone,
                name=account.name,
                locale=account.locale,
                role=account.role,
                merchant_id=account.merchant_id,
                created_at=account.created_at,
            )
        ),
        transact.create(
            CredentialItem(
                credential_at.pk,
                credential_at.sk,
                password_hash=password_hash,
                changed_at=account.created_at,
            )
        ),
    ]


def verified(account_id: str, now: datetime) -> Write:
    """Contribute that the account's login has proved to be its member's."""
    place = account_key(account_id)
    actions = [AccountItem.verified_at.set(clock.iso(now))]
    return transact.update(AccountItem(place.pk, place.sk), actions, AccountItem.pk.exists())


def account_of(row: AccountItem) -> Account:
    return Account(
        id=row.pk.removeprefix("ACCOUNT#"),
        audience=Audience(row.audience),
        email=row.email,
        phone=row.phone,
        name=row.name,
        locale=row.locale,
        role=row.role,
        merchant_id=row.merchant_id,
        created_at=row.created_at,
        is_verified=bool(row.verified_at),
    )


def new_session(account: Account, kind: ActorKind, token: str, now: datetime) -> Write:
    place = session_key(token)
    lifetime = LIFETIMES[account.audience]
    return transact.create(
        SessionItem(
            place.pk,
            place.sk,
            account_id=account.id,
            audience=account.audience.value,
            actor_kind=kind.value,
            merchant_id=account.merchant_id,
            role=account.role,
            name=account.name,
            email=account.email,
            locale=account.locale,
            created_at=clock.iso(now),
            seen_at=clock.iso(now),
            expires_at=clock.epoch(lifetime.until(now, now)),
        )
    )


def session_of(row: Any, now: datetime) -> Session | None:
    """Read a session's row; None when there is none or its time is over (TTL lags)."""
    if row is None or int(row.expires_at or 0) <= clock.epoch(now):
        return None
    actor = Actor(ActorKind(row.actor_kind), row.account_id, row.merchant_id, row.role)
    ends = datetime.fromtimestamp(int(row.expires_at or 0), tz=now.tzinfo)
    return Session(actor, row.account_id, row.name, row.email, row.locale, clock.iso(ends))


def is_due_for_renewal(row: SessionItem, now: datetime) -> bool:
    """Tell whether a session was last seen long enough ago to be worth a write."""
    renew_s = LIFETIMES[Audience(row.audience)].renew_s
    return clock.later(clock.parse(row.seen_at), renew_s) <= now


def renew(row: SessionItem, now: datetime) -> Write:
    """Contribute a later end of a session, unless it was renewed or ended meanwhile."""
    until = LIFETIMES[Audience(row.audience)].until(clock.parse(row.created_at), now)
    return transact.update(
        SessionItem(row.pk, row.sk),
        [SessionItem.seen_at.set(clock.iso(now)), SessionItem.expires_at.set(clock.epoch(until))],
        SessionItem.seen_at == row.seen_at,
    )


def new_api_key(key: ApiKey, token: str) -> list[Write]:
    """Contribute a key: the row that a token opens, and the row that the console lists."""
    place, entry = api_key_key(token), api_key_entry_key(key.merchant_id, key.id)
    return [
        transact.create(ApiKeyItem(place.pk, place.sk, key_id=key.id, merchant_id=key.merchant_id)),
        transact.create(
            ApiKeyEntryItem(
                entry.pk,
                entry.sk,
                key_id=key.id,
                label=key.label,
                hint=key.hint,
                token_hash=token_hash(token),
                created_at=key.created_at,
                created_by=key.created_by,
            )
        ),
    ]


def api_key_entry_key(merchant_id: str, key_id: str) -> Key:
    return Key(ApiKeyEntryItem, f"MERCHANT#{merchant_id}", f"KEY#{key_id}")


def api_key_entries(merchant_id: str) -> list[ApiKeyEntryItem]:
    """Read a merchant's keys, oldest first. One round trip."""
    return reads.query(ApiKeyEntryItem, f"MERCHANT#{merchant_id}", begins_with="KEY#").items


def api_key_of(row: ApiKeyEntryItem) -> ApiKey:
    return ApiKey(
        id=row.key_id,
        merchant_id=row.pk.removeprefix("MERCHANT#"),
        label=row.label,
        hint=row.hint,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def drop_api_key(row: ApiKeyEntryItem) -> list[Write]:
    """Contribute a key's end; refuses one that is gone already."""
    place = _api_key_place(row.token_hash)
    return [
        transact.delete(
            ApiKeyEntryItem(row.pk, row.sk),
            ApiKeyEntryItem.pk.exists(),
            refuse=lambda _old: NotFound(),
        ),
        transact.delete(ApiKeyItem(place.pk, place.sk)),
    ]


def clear_failures(key: Key, now: datetime) -> Write:
    """Contribute forgetting a login's failures; refuses while the login must wait.

    The condition is what a burst of guesses at one moment meets: the failures that were written
    meanwhile count.
    """
    at = clock.epoch(now)
    return transact.delete(
        ThrottleItem(key.pk, key.sk),
        ThrottleItem.pk.does_not_exist() | (ThrottleItem.blocked_until <= at),
        refuse=lambda old: SignInThrottled(wait_s(old, now)),
    )


def wait_s(row: ThrottleItem | None, now: datetime) -> int:
    """How many seconds a login must still wait; 0 when it need not."""
    return max(int(row.blocked_until) - clock.epoch(now), 0) if row is not None else 0


def failures_of(row: ThrottleItem | None, now: datetime) -> int:
    """How many failures count still."""
    if row is None or int(row.expires_at or 0) <= clock.epoch(now):
        return 0
    return int(row.failures)


def add_failure(key: Key, row: ThrottleItem | None, now: datetime) -> None:
    """Count one more failure of a login, exactly, however many are counted at once."""
    for attempt in range(retries.ROUNDS_MAX):
        failures = failures_of(row, now) + 1
        unchanged: Condition = ThrottleItem.pk.does_not_exist()
        if row is not None:
            unchanged = ThrottleItem.failures == row.failures
        counted = ThrottleItem(
            key.pk,
            key.sk,
            failures=failures,
            blocked_until=clock.epoch(now) + throttle_s(failures),
            expires_at=clock.epoch(now) + FAILURES_MEMORY_S,
        )
        try:
            transact.commit([transact.put(counted, unchanged)])
        except transact.ConditionFailed as failed:
            row = failed.old
            retries.pause(attempt)
        else:
            return


def add_address_failure(key: Key, now: datetime) -> None:
    """Count one more failure of an address in the present minute."""
    actions = [
        ThrottleItem.failures.set((ThrottleItem.failures | 0) + 1),
        ThrottleItem.kind.set(ThrottleItem),
        ThrottleItem.expires_at.set(clock.epoch(now) + 2 * ADDRESS_WINDOW_S),
    ]
    transact.commit([transact.update(ThrottleItem(key.pk, key.sk), actions)])


def audit(actor: Actor, action: str, subject: str, detail: str = "") -> Write:
    """Contribute a line of the audit trail of `subject`, a merchant's id or `platform`."""
    return transact.create(
        AuditItem(
            pk=f"AUDIT#{subject}",
            sk=ids.ulid(),
            at=clock.iso(clock.now()),
            actor=f"{actor.kind}:{actor.id}",
            action=action,
            subject=subject,
            detail=detail,
        )
    )


def audit_trail(subject: str, limit: int, cursor: str) -> Page[AuditEntry]:
    """Read a subject's privileged actions, newest first."""
    rows = reads.page(
        AuditItem,
        f"AUDIT#{subject}",
        scope=f"audit {subject}",
        limit=limit,
        cursor=cursor,
        forward=False,
    )
    entries = [
        AuditEntry(row.at, row.actor, row.action, row.subject, row.detail) for row in rows.items
    ]
    return Page(entries, rows.next_cursor)


def _api_key_place(hashed: str) -> Key:
    return Key(ApiKeyItem, f"KEY#{hashed}", "KEY")
