"""Who asks. Every verb of a service takes an actor and decides by it, never by the route."""

from enum import StrEnum

from msgspec import Struct

from chalicelib.kernel.errors import Forbidden, NotSignedIn


class ActorKind(StrEnum):
    """MERCHANT is a program with an API key, STAFF a person in a merchant's console."""

    ANONYMOUS = "anonymous"
    MEMBER = "member"
    MERCHANT = "merchant"
    STAFF = "staff"
    PLATFORM = "platform"
    SYSTEM = "system"


class Role(StrEnum):
    """What a person of the console may do. OWNER and STAFF belong to one merchant."""

    OWNER = "owner"
    STAFF = "staff"
    PLATFORM = "platform"


class Actor(Struct, frozen=True):
    """Who asks: `id` is an account's, an API key's, or the name of a command.

    `merchant_id` is set for MERCHANT and STAFF alone, `role` for people of the console.
    """

    kind: ActorKind
    id: str
    merchant_id: str = ""
    role: str = ""

    def for_merchant(self) -> str:
        """Return the id of the merchant this actor acts for.

        Refuses `identity.not_signed_in` without a sign-in, `identity.forbidden` with another one.
        """
        if self.kind is ActorKind.ANONYMOUS:
            raise NotSignedIn
        if self.kind not in {ActorKind.MERCHANT, ActorKind.STAFF}:
            raise Forbidden
        assert self.merchant_id, "a merchant's actor names its merchant"
        return self.merchant_id

    def as_owner(self) -> str:
        """Return the id of the merchant this actor owns; staff and API keys are refused."""
        merchant_id = self.for_merchant()
        if self.kind is not ActorKind.STAFF or self.role != Role.OWNER:
            raise Forbidden
        return merchant_id

    def as_platform(self) -> None:
        """Refuse everyone but the platform's people and the operator."""
        if self.kind is ActorKind.ANONYMOUS:
            raise NotSignedIn
        if self.kind not in {ActorKind.PLATFORM, ActorKind.SYSTEM}:
            raise Forbidden

    def as_member(self) -> str:
        """Return the member's account id; refuses everyone else."""
        if self.kind is ActorKind.ANONYMOUS:
            raise NotSignedIn
        if self.kind is not ActorKind.MEMBER:
            raise Forbidden
        return self.id


ANONYMOUS = Actor(ActorKind.ANONYMOUS, "")
SYSTEM = Actor(ActorKind.SYSTEM, "operator")
