"""The writes that close an account for good."""

from chalicelib.aws import reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.model import Audience
from chalicelib.contexts.identity.store import (
    AccountItem,
    IdentityItem,
    LoginItem,
    account_key,
    login_key,
)
from chalicelib.contexts.identity.store.linked import LinkEntryItem, LinkItem
from chalicelib.contexts.identity.store.listing import left
from chalicelib.contexts.identity.store.passkeys import PasskeyEntryItem, PasskeyItem, passkey_key
from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotFound

PROFILE, SESSION = "PROFILE", "SESSION#"
"""Sessions may be more than a transaction holds: they are ended one by one afterwards."""


def closing(account_id: str) -> list[Write]:
    """Contribute the end of all that leads into an account, and of what it says of a person."""
    place = account_key(account_id)
    rows = reads.query(IdentityItem, place.pk).items
    account = next((row for row in rows if isinstance(row, AccountItem)), None)
    if account is None:
        raise NotFound
    writes = [
        transact.update(
            AccountItem(place.pk, place.sk),
            [
                AccountItem.email.set(""),
                AccountItem.phone.set(""),
                AccountItem.name.set(""),
                AccountItem.closed_at.set(clock.iso(clock.now())),
            ],
            (AccountItem.email == account.email) & (AccountItem.phone == account.phone),
        )
    ]
    writes.append(left(account_id))
    for login in filter(None, (account.email, account.phone)):
        at = login_key(Audience(account.audience), login)
        writes.append(transact.delete(LoginItem(at.pk, at.sk)))
    for row in rows:
        if row.sk == PROFILE or row.sk.startswith(SESSION):
            continue
        writes.append(transact.delete(IdentityItem(row.pk, row.sk)))
        if isinstance(row, LinkEntryItem):
            writes.append(transact.delete(LinkItem(row.link, "LINK")))
        if isinstance(row, PasskeyEntryItem):
            at = passkey_key(row.credential_id)
            writes.append(transact.delete(PasskeyItem(at.pk, at.sk)))
    return writes


def still_open(account_id: str) -> Write:
    """Contribute that the account is there and not closed. Refuses `request.not_found`."""
    place = account_key(account_id)
    return transact.check(
        AccountItem(place.pk, place.sk),
        AccountItem.pk.exists() & AccountItem.closed_at.does_not_exist(),
        refuse=lambda _old: NotFound(),
    )
