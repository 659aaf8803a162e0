"""Accounts: members register, the operator and owners add people of the console."""

from chalicelib.aws import reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity import model, store
from chalicelib.contexts.identity.model import Account, Audience, AuditEntry
from chalicelib.contexts.identity.service import listing, passwords
from chalicelib.contexts.identity.store import sessions as entries
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import SYSTEM, Actor, ActorKind, Role
from chalicelib.kernel.errors import Forbidden, NotFound
from chalicelib.kernel.paging import PAGE_SIZE, Page

PLATFORM = "platform"


def register(
    *,
    email: str | None = None,
    phone: str | None = None,
    password: str,
    name: str = "",
    locale: str = "en",
    device: str = "",
    prefix: str = "mbr",
) -> tuple[Account, str]:
    """Make a member's account with its first session: a bearer's token (`mbr`) or a cookie's (`ses`).

    One of `email` and `phone` is given. Refuses `request.malformed` with the field, and
    `identity.cannot_register` for an address in use, which takes as long as a success.
    """
    login = model.normal_login(email, phone)
    chosen = model.new_password(password)
    now = clock.now()
    account = Account(
        id=ids.new("acc"),
        audience=Audience.SHOP,
        email=login if email is not None else "",
        phone=login if phone is not None else "",
        name=model.plain_name(name),
        locale=locale,
        role="",
        merchant_id="",
        created_at=clock.iso(now),
    )
    token = ids.secret(prefix)
    transact.commit(
        [
            *store.new_account(account, login, passwords.hashed(chosen)),
            *listing.newcomer(account.id, account.created_at),
            *entries.begin(account, ActorKind.MEMBER, token, now, device),
        ]
    )
    return account, token


def add_staff(
    merchant_id: str,
    email: str,
    password: str,
    name: str = "",
    role: str = Role.STAFF,
    *,
    actor: Actor = SYSTEM,
    locale: str = "en",
) -> Account:
    """Make a console sign-in for a person of a merchant, OWNER or STAFF.

    Asked for by the operator, the platform, or an owner of that merchant. Refuses
    `identity.cannot_register` for an address that has a console sign-in already.
    """
    person, writes = joining(merchant_id, email, password, name, role, actor=actor, locale=locale)
    transact.commit(writes)
    return person


def joining(
    merchant_id: str,
    email: str,
    password: str,
    name: str = "",
    role: str = Role.STAFF,
    *,
    actor: Actor = SYSTEM,
    locale: str = "en",
) -> tuple[Account, list[Write]]:
    """What `add_staff` would write, for the transaction that also makes the merchant."""
    if actor.kind not in {ActorKind.SYSTEM, ActorKind.PLATFORM}:
        _own(actor, merchant_id)
    assert role in {Role.OWNER, Role.STAFF}, "the platform's people are not a merchant's"
    person = _person(merchant_id, email, name, Role(role), locale)
    return person, _added(actor, person, password)


def bootstrap_platform(email: str, password: str, name: str = "") -> Account:
    """Make the platform's own console sign-in. For the operator's command."""
    person = _person("", email, name, Role.PLATFORM, "en")
    transact.commit(_added(SYSTEM, person, password))
    return person


def account(account_id: str) -> Account:
    """Read an account. Refuses `request.not_found`."""
    place = store.account_key(account_id)
    row = reads.get(store.AccountItem, place.pk, place.sk)
    if row is None:
        raise NotFound
    return store.account_of(row)


def audit_trail(
    actor: Actor, subject: str, *, limit: int = PAGE_SIZE, cursor: str = ""
) -> Page[AuditEntry]:
    """List privileged actions on a merchant (by id) or on `platform`, newest first.

    The platform sees all, a merchant's owner that merchant's.
    """
    if actor.kind is ActorKind.STAFF:
        _own(actor, subject)
    else:
        actor.as_platform()
    return store.audit_trail(subject, limit, cursor)


def _person(merchant_id: str, email: str, name: str, role: Role, locale: str) -> Account:
    return Account(
        id=ids.new("acc"),
        audience=Audience.CONSOLE,
        email=model.normal_email(email),
        phone="",
        name=model.plain_name(name),
        locale=locale,
        role=role,
        merchant_id=merchant_id,
        created_at=clock.iso(clock.now()),
    )


def _added(actor: Actor, person: Account, password: str) -> list[Write]:
    hashed = passwords.hashed(model.new_password(password))
    subject = person.merchant_id or PLATFORM
    return [
        *store.new_account(person, person.email, hashed),
        store.audit(actor, "staff_added", subject, f"{person.id} {person.role}"),
    ]


def _own(actor: Actor, merchant_id: str) -> None:
    if actor.as_owner() != merchant_id:
        raise Forbidden
