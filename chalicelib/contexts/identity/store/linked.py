"""Linked logins: who a company's person is here, and by which companies an account is entered.

`LINK#provider#hash` / `LINK` is what a sign-in finds; `ACCOUNT#id` / `LINK#provider` is what its member sees.
One person of a company enters one account, and an account has one person of each company.
"""

import hashlib
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.model import (
    Account,
    AlreadyLinked,
    LastWayIn,
    LinkedElsewhere,
    LinkedLogin,
    LoginUsed,
)
from chalicelib.contexts.identity.store import AccountItem, IdentityItem, account_key
from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotFound

ATTEMPT_KEPT_S = 3_600
CREDENTIAL, LINK = "CREDENTIAL#", "LINK#"


class LinkItem(IdentityItem, discriminator="LINK"):
    """What a sign-in by a company's person finds. The person's id is here as a hash only."""

    account_id = UnicodeAttribute()


class LinkEntryItem(IdentityItem, discriminator="LINK_ENTRY"):
    """What the account's member sees; `link` is the partition of what a sign-in finds."""

    link = UnicodeAttribute()
    name = UnicodeAttribute(default="")
    linked_at = UnicodeAttribute()


class AttemptItem(IdentityItem, discriminator="ATTEMPT"):
    """One way to a company and back that has been used; it is good once."""


def link_key(provider: str, subject: str) -> Key:
    hashed = hashlib.sha256(f"{provider}\0{subject}".encode()).hexdigest()
    return Key(LinkItem, f"{LINK}{provider}#{hashed}", "LINK")


def find(provider: str, subject: str) -> Any:
    """Read whose account a company's person enters. One round trip."""
    place = link_key(provider, subject)
    return reads.get(LinkItem, place.pk, place.sk)


def ways_in(account_id: str) -> tuple[list[str], list[LinkEntryItem]]:
    """Read an account's credentials (their sort keys) and linked logins. Two round trips."""
    partition = account_key(account_id).pk
    credentials = reads.query(IdentityItem, partition, begins_with=CREDENTIAL).items
    links = reads.query(LinkEntryItem, partition, begins_with=LINK).items
    return [row.sk for row in credentials], links


def linked_of(row: LinkEntryItem) -> LinkedLogin:
    return LinkedLogin(row.sk.removeprefix(LINK), row.name, row.linked_at)


def used(attempt: str) -> Write:
    """Contribute that this way to a company and back is used; refuses a second time."""
    hashed = hashlib.sha256(attempt.encode()).hexdigest()
    until = clock.epoch(clock.now()) + ATTEMPT_KEPT_S
    row = AttemptItem(pk=f"ATTEMPT#{hashed}", sk="ATTEMPT", expires_at=until)
    return transact.create(row, refuse=lambda _old: LoginUsed())


def link(account_id: str, provider: str, subject: str, name: str) -> list[Write]:
    """Contribute a link. Refuses a person who enters another account, and a second of one company."""
    place = link_key(provider, subject)
    entry = LinkEntryItem(
        account_key(account_id).pk,
        f"{LINK}{provider}",
        link=place.pk,
        name=name,
        linked_at=clock.iso(clock.now()),
    )
    return [
        transact.create(
            LinkItem(place.pk, place.sk, account_id=account_id),
            refuse=lambda _old: LinkedElsewhere(),
        ),
        transact.create(entry, refuse=lambda _old: AlreadyLinked()),
    ]


def unlink(row: LinkEntryItem, other_way: str) -> list[Write]:
    """Contribute a link's end, as long as the other way in (a sort key) is still there."""
    return [
        transact.delete(
            LinkEntryItem(row.pk, row.sk),
            LinkEntryItem.link == row.link,
            refuse=lambda _old: NotFound(),
        ),
        transact.delete(LinkItem(row.link, "LINK")),
        transact.check(
            IdentityItem(row.pk, other_way),
            IdentityItem.pk.exists(),
            refuse=lambda _old: LastWayIn(),
        ),
    ]


def new_account(account: Account) -> Write:
    """Contribute an account that only linked logins enter: it has no login of its own yet."""
    place = account_key(account.id)
    return transact.create(
        AccountItem(
            place.pk,
            place.sk,
            audience=account.audience.value,
            email=account.email,
            phone=account.phone,
            name=account.name,
            locale=account.locale,
            role=account.role,
            merchant_id=account.merchant_id,
            created_at=account.created_at,
        )
    )
