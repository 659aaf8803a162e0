"""People to test with: merchants with their keys, members with their tokens."""

from dataclasses import dataclass
from typing import Any

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import Merchant
from chalicelib.kernel.actors import SYSTEM, Actor, ActorKind, Role

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Seller:
    """An approved merchant; `actor` is its API key, `owner` its owner's console session."""

    merchant: Merchant
    actor: Actor
    token: str
    owner: Actor

    @property
    def id(self) -> str:
        return self.merchant.id

    @property
    def authorization(self) -> dict[str, str]:
        """The header to send as keyword arguments of `Http`."""
        return {"authorization": f"Bearer {self.token}"}


def a_merchant(code: str = "acme", **changes: Any) -> Seller:
    fields = {"name": code.title(), "email": f"owner@{code}.example", "code": code, **changes}
    merchant = merchants.open_merchant(SYSTEM, **fields)
    _, token = identity.make_api_key(SYSTEM, merchant.id, "tests")
    owner = Actor(ActorKind.STAFF, f"acc_{code}", merchant.id, Role.OWNER)
    return Seller(merchant, identity.merchant(token), token, owner)


def a_member(email: str = "ada@shop.example", **changes: Any) -> tuple[Actor, str]:
    """A member and its bearer token."""
    _, token = identity.register(**{"email": email, "password": PASSWORD, **changes})
    return identity.member(token), token
