"""API keys: a merchant's programs show one; it reaches that merchant's data alone."""

from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity import model, store
from chalicelib.contexts.identity.model import ApiKey
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor, ActorKind
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn

PREFIX = "key_"
HINT_LENGTH = 4


def make_api_key(actor: Actor, merchant_id: str, label: str) -> tuple[ApiKey, str]:
    """Make an API key; the token (`key_…`) is given here once and never again.

    Asked for by an owner of the merchant or the operator. Refuses `identity.too_many_keys`.
    """
    _as_keeper(actor, merchant_id)
    if len(store.api_key_entries(merchant_id)) >= model.API_KEYS_MAX:
        raise model.TooManyKeys
    key, token, writes = first_api_key(actor, merchant_id, label)
    transact.commit(writes)
    return key, token


def first_api_key(actor: Actor, merchant_id: str, label: str) -> tuple[ApiKey, str, list[Write]]:
    """What `make_api_key` would write, for the transaction that also makes the merchant."""
    _as_keeper(actor, merchant_id)
    written = model.plain_name(label, "label", length_max=model.LABEL_LENGTH_MAX)
    token = ids.secret("key")
    key = ApiKey(
        id=ids.new("api"),
        merchant_id=merchant_id,
        label=written,
        hint=token[-HINT_LENGTH:],
        created_at=clock.iso(clock.now()),
        created_by=actor.id,
    )
    made = store.audit(actor, "api_key_made", merchant_id, key.id)
    return key, token, [*store.new_api_key(key, token), made]


def api_keys(actor: Actor) -> list[ApiKey]:
    """List the merchant's keys, oldest first. For its owner."""
    return [store.api_key_of(row) for row in store.api_key_entries(actor.as_owner())]


def revoke_api_key(actor: Actor, key_id: str) -> None:
    """End a key at once. Refuses `request.not_found` for a key that is not this merchant's."""
    merchant_id = actor.as_owner()
    place = store.api_key_entry_key(merchant_id, key_id)
    row = reads.get(store.ApiKeyEntryItem, place.pk, place.sk)
    if row is None:
        raise NotFound
    transact.commit(
        [*store.drop_api_key(row), store.audit(actor, "api_key_revoked", merchant_id, key_id)]
    )


def merchant(token: str) -> Actor:
    """Tell which merchant a bearer token acts for. One round trip; refuses 401 for all else."""
    place = merchant_place(token)
    return merchant_in(reads.get(store.ApiKeyItem, place.pk, place.sk))


def merchant_place(token: str) -> Key:
    """Where a token's row lies, for reading it together with other rows; 401 for no such token."""
    if not token.startswith(PREFIX):
        raise NotSignedIn
    return store.api_key_key(token)


def merchant_in(row: Any) -> Actor:
    """Tell the merchant from the row read at `merchant_place`; refuses 401 when there is none."""
    if row is None:
        raise NotSignedIn
    return Actor(ActorKind.MERCHANT, row.key_id, row.merchant_id)


def _as_keeper(actor: Actor, merchant_id: str) -> None:
    if actor.kind is not ActorKind.SYSTEM and actor.as_owner() != merchant_id:
        raise Forbidden
